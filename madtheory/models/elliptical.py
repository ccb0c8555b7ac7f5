"""The multivariate Student law, fitted like a Gaussian: the heavy-tailed member of the elliptical families."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._fields import plain, positive_number
from madtheory.errors import BadInput
from madtheory.models._family import Family
from madtheory.models._mean_covariance import MeanCovariance
from madtheory.random import chi_square, normal
from madtheory.truth import RealLaw, Truth


class MultivariateStudent(MeanCovariance):
    """Student points in d dimensions with known degrees of freedom ν, by mean and covariance.

    The model is given by its covariance, not by the scale matrix, which is (ν−2)/ν times as large: so the fit is consistent,
    and E Σ_t and E‖μ_t − μ_0‖² are those of the Gaussian loop under every schedule of whole batches. In the real law too
    `covariance` is that of a point.

    Attributes:
        dim: d.
        degrees: ν, above 2 (dimensionless).
    """

    kind: ClassVar[str] = "multivariate_student"
    needs_points: ClassVar[bool] = True
    degrees: Any = positive_number(kw_only=True)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        plane = Truth(mean=[0.5, -1.0], covariance=[[1.0, 0.3], [0.3, 2.0]])
        return [(MultivariateStudent(dim=2, degrees=5.0), plane), (MultivariateStudent(dim=1, degrees=3.0), Truth.standard(1))]

    def check(self) -> None:
        if self.degrees <= 2:
            raise BadInput("degrees", "more than 2, for a covariance to fit", plain(self.degrees))

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        word = words.many((self.dim + 2) * rows).reshape(self.dim + 2, rows)
        squares = chi_square((word[-2], word[-1]), self.degrees, dtype)
        return normal(word[:-2], dtype) * jnp.sqrt((jnp.asarray(self.degrees, dtype) - 2) / squares)

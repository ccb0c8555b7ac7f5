"""Multivariate Student points, fitted by mean and covariance: an elliptical family with heavier tails than the Gaussian.

The fit is affine equivariant. Expected means and covariances are those of Gaussian points; all else differs.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from madtheory._fields import array, count, field, plain
from madtheory.errors import BadInput
from madtheory.models._family import Family
from madtheory.models._view import Placed, World
from madtheory.models.gaussian import Gaussian
from madtheory.random import chi_square
from madtheory.truth import RealLaw, Truth


def _check_degrees(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, float) or not 2 < value < math.inf:
        raise BadInput(name, "a finite number above 2, so that there is a covariance", plain(value))


def _number(value: Any) -> Any:
    given = array(value)
    return float(given) if isinstance(given, np.ndarray) and given.ndim == 0 else value


class MultivariateStudent(Family):
    """Student points with known degrees of freedom; mean and covariance are fitted, as are the Gaussian's.

    Attributes:
        dim: d.
        degrees: of freedom, above 2 (dimensionless).
    """

    kind: ClassVar[str] = "multivariate_student"
    truth_type: ClassVar[type[RealLaw]] = Truth
    view: ClassVar[type] = Placed
    estimators: ClassVar[tuple[str, ...]] = ("unbiased", "mle")
    biased: ClassVar[bool] = True
    distinct: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    needs_points: ClassVar[bool] = True
    carriers: ClassVar[tuple[str, ...]] = ("mean_square_drift", "variance")
    dim: int = count()
    degrees: float = field(_number, _check_degrees, static=True)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(MultivariateStudent(dim=2, degrees=8.0), Truth(mean=[0.5, -1.0], covariance=[[1.0, 0.3], [0.3, 2.0]]))]

    @property
    def gaussian(self) -> Gaussian:
        """The family with the same means, covariances and coordinates."""
        return Gaussian(dim=self.dim)

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        self.gaussian.check_truth(truth)

    def world(self, truth: Truth, dtype: Any) -> World:
        return self.gaussian.world(truth, dtype)

    def data(self, truth: Truth, dtype: Any) -> np.ndarray | None:
        return self.gaussian.data(truth, dtype)

    def truth(self, world: Any, dtype: Any) -> Any:
        return self.gaussian.truth(world, dtype)

    def standard(self, dtype: Any) -> Any:
        return self.gaussian.standard(dtype)

    def frame(self, dtype: Any) -> Any:
        return self.gaussian.frame(dtype)

    def draw_points(self, words: Any, model: Any, rows: int, bias: Any) -> Any:
        """A normal vector divided by the root of an independent chi-square, scaled to the model's covariance."""
        dtype = model.mean.dtype
        normal = self.gaussian.draw_points(words, model, rows, bias)
        more = words.at(jnp.arange(2 * rows, dtype=jnp.uint32) + np.uint32(self.dim * rows))
        squares = chi_square((more[:rows], more[rows:]), self.degrees, dtype)
        return model.mean + (normal - model.mean) * jnp.sqrt((self.degrees - 2) / squares)[:, None]

    def summarise(self, points: Any, n: Any) -> Any:
        return self.gaussian.summarise(points, n)

    def own_fit(self, summary: Any, settled: Any, estimator: str) -> Any:
        return self.gaussian.own_fit(summary, settled, estimator)

    def fit(self, summary: Any, estimator: str, reach: Any, words: Any = None) -> Any:
        return self.gaussian.fit(summary, estimator, reach)

    def see(self, frame: Any, model: Any, first_error: Any, t: Any, moving: bool) -> Placed:
        return Placed(frame, model, first_error, t, settled=moving)

    def failing(self, frame: Any, model: Any, moving: bool) -> Any:
        return self.gaussian.failing(frame, model, moving)

    def heavy_size(self, n: int) -> int | None:
        """The kurtosis makes a sample variance fluctuate as that of fewer points."""
        return max(int(n / (1 + 3 / (self.degrees - 4))), 2) if self.degrees > 4 else 2

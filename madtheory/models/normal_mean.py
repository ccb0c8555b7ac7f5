"""Normal points of known variance: the mean walks at random and nothing else happens."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from scipy.special import ndtr

from madtheory._fields import positive_number
from madtheory.models._average import Average
from madtheory.models._family import Family
from madtheory.models._morris import MeanTruth, Morris
from madtheory.random import normal
from madtheory.truth import RealLaw


class NormalMean(Morris):
    """N(η, σ²) with known σ² and free mean; V(η) = σ². The sampling bias λ multiplies σ² of the draws.

    Attributes:
        known_variance: σ² (squared units of the data).
    """

    kind: ClassVar[str] = "normal_mean"
    biased: ClassVar[bool] = True
    carriers: ClassVar[tuple[str, ...]] = ("mean", "mean_square_drift")
    known_variance: Any = positive_number(default=1.0)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(NormalMean(known_variance=2.0), MeanTruth(mean=-0.5))]

    @property
    def quadratic(self) -> tuple[Any, Any, Any]:
        return self.known_variance, 0.0, 0.0

    def draw(self, words: Any, model: Any, n: Any, bias: Any, tables: Any) -> Any:
        dtype = model.mean.dtype
        n, spread = jnp.asarray(n, dtype), jnp.sqrt(jnp.asarray(bias, dtype) * jnp.asarray(self.known_variance, dtype))
        return Average(n, n, model.mean + spread / jnp.sqrt(n) * normal(words.four(0)[0], dtype)[None])

    def draw_points(self, words: Any, model: Any, rows: int, bias: Any) -> Any:
        dtype = model.mean.dtype
        spread = jnp.sqrt(jnp.asarray(bias, dtype) * jnp.asarray(self.known_variance, dtype))
        return (model.mean + spread * normal(words.many(rows), dtype))[:, None]

    def posterior(self, words: Any, size: Any, mean: Any) -> Any:
        """η is normal."""
        return mean + jnp.sqrt(jnp.asarray(self.known_variance, mean.dtype) / size) * normal(words.four(0)[0], mean.dtype)[None]

    def conjugate_cdf(self, size: Any, mean: Any, x: np.ndarray) -> np.ndarray:
        return ndtr((np.asarray(x) - mean) / np.sqrt(self.known_variance / size))

    def relative_entropy(self, first: Any, second: Any) -> Any:
        return (first.mean[0] - second.mean[0]) ** 2 / (2 * jnp.asarray(self.known_variance, first.mean.dtype))

    def expected(self, model: Any, n: Any, bias: Any) -> Any:
        plain = super().expected(model, n, 1)
        return eqx.tree_at(lambda described: described.cumulants, plain, bias * plain.cumulants)

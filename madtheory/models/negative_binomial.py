"""Negative binomial and geometric points: counts whose variance grows with the square of their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np
from scipy.special import betainc

from madtheory._fields import positive_number
from madtheory.models._divergence import divergence
from madtheory.models._family import Family
from madtheory.models._morris import MeanTruth, Morris
from madtheory.random import expanded, gamma, log_odds, poisson
from madtheory.truth import RealLaw


class Failures(Morris):
    """Failures before the r-th success; r is called `successes`."""

    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    if TYPE_CHECKING:

        @property
        def successes(self) -> Any: ...

    @property
    def quadratic(self) -> tuple[Any, Any, Any]:
        return 0.0, 1.0, 1 / self.successes

    def draw_sum(self, words: Any, model: Any, n: Any, dtype: Any) -> Any:
        """A Poisson count whose rate is a gamma variate (Greenwood & Yule 1920)."""
        first, second, third, fourth = expanded(words, 0)
        rate = gamma((first, second), n * self.successes, dtype) * (model.mean / self.successes)
        return poisson((third, fourth), rate)

    def posterior(self, words: Any, size: Any, mean: Any) -> Any:
        """p = η/(η + r) is a beta variate, so that η/r is its odds."""
        four = tuple(word[None] for word in words.four(0))
        return self.successes * jnp.exp(log_odds(four, size * mean, size * self.successes + 1, mean.dtype))

    def conjugate_cdf(self, size: Any, mean: Any, x: np.ndarray) -> np.ndarray:
        odds = np.maximum(x, 0) / self.successes
        return betainc(size * mean, size * self.successes + 1, odds / (1 + odds))

    def relative_entropy(self, first: Any, second: Any) -> Any:
        a, b = first.mean[0], second.mean[0]
        return divergence(a, b) - divergence(a + self.successes, b + self.successes)

    def heavy_size(self, n: int) -> int | None:
        return None if self.prior_size is not None else int(float(self.successes) * n / 2) + 1


class NegativeBinomial(Failures):
    """Failures before the r-th success, r > 0 real, with free mean η; V(η) = η + η²/r.

    Attributes:
        successes: r (dimensionless).
    """

    kind: ClassVar[str] = "negative_binomial"
    successes: Any = positive_number()

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(NegativeBinomial(successes=2.5), MeanTruth(mean=3.0))]


class Geometric(Failures):
    """Failures before the first success, with free mean η; V(η) = η + η²."""

    kind: ClassVar[str] = "geometric"

    @property
    def successes(self) -> float:
        """r."""
        return 1.0

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Geometric(), MeanTruth(mean=1.5))]

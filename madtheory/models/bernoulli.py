"""Binomial points: the share of successes drifts until it is 0 or 1."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from scipy.special import betainc

from madtheory._fields import count
from madtheory.models._divergence import divergence
from madtheory.models._family import Family
from madtheory.models._morris import MeanTruth, Morris
from madtheory.random import beta, binomial
from madtheory.truth import RealLaw


class Bernoulli(Morris):
    """Binomial(N, p) with free p; a coin for N = 1. η = N p, V(η) = η − η²/N.

    Attributes:
        trials: N of one point (counts).
    """

    kind: ClassVar[str] = "bernoulli"
    trials: int = count(default=1)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Bernoulli(), MeanTruth(mean=0.3)), (Bernoulli(trials=4), MeanTruth(mean=2.5))]

    @property
    def quadratic(self) -> tuple[Any, Any, Any]:
        return 0.0, 1.0, -1 / self.trials

    def inside(self) -> tuple[float, float]:
        return 0.0, float(self.trials)

    def draw_sum(self, words: Any, model: Any, n: Any, dtype: Any) -> Any:
        return binomial(words, n * self.trials, jnp.clip(model.mean / self.trials, 0, 1))

    def posterior(self, words: Any, size: Any, mean: Any) -> Any:
        """η/N is a beta variate."""
        total = size * self.trials
        share = mean / self.trials
        return self.trials * beta(tuple(word[None] for word in words.four(0)), total * share, total * (1 - share), mean.dtype)

    def conjugate_cdf(self, size: Any, mean: Any, x: np.ndarray) -> np.ndarray:
        return betainc(size * mean, size * (self.trials - mean), np.clip(np.asarray(x) / self.trials, 0, 1))

    def relative_entropy(self, first: Any, second: Any) -> Any:
        a, b = first.mean[0], second.mean[0]
        return divergence(a, b) + divergence(self.trials - a, self.trials - b)

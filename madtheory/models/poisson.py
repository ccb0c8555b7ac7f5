"""Poisson points: the rate drifts until every count is 0."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy.special import gammainc

from madtheory.models._divergence import divergence
from madtheory.models._family import Family
from madtheory.models._morris import MeanTruth, Morris
from madtheory.random import gamma, poisson
from madtheory.truth import RealLaw


class Poisson(Morris):
    """Counts of mean η, V(η) = η."""

    kind: ClassVar[str] = "poisson"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Poisson(), MeanTruth(mean=2.0))]

    @property
    def quadratic(self) -> tuple[Any, Any, Any]:
        return 0.0, 1.0, 0.0

    def draw_sum(self, words: Any, model: Any, n: Any, dtype: Any) -> Any:
        return poisson(words, n * model.mean)

    def posterior(self, words: Any, size: Any, mean: Any) -> Any:
        """η is a gamma variate."""
        first, second, *_ = words.four(0)
        return gamma((first[None], second[None]), size * mean, mean.dtype) / size

    def conjugate_cdf(self, size: Any, mean: Any, x: np.ndarray) -> np.ndarray:
        return gammainc(size * mean, size * np.maximum(x, 0))

    def relative_entropy(self, first: Any, second: Any) -> Any:
        return divergence(first.mean[0], second.mean[0])

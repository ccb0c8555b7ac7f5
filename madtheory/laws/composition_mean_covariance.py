"""E (μ_s − μ_0)·(μ_t − μ_0) for every pair of generations, under any schedule."""

from __future__ import annotations

from typing import Any

from madtheory.laws._law import Law
from madtheory.laws._second_moments import second_moments, trace
from madtheory.laws.composition_variance import CompositionVariance
from madtheory.loop import Loop


class CompositionMeanCovariance(Law):
    r"""E (μ_s − μ_0)·(μ_t − μ_0) = tr(Σ_0) P_st."""

    name = "composition-mean-covariance"
    observable = "mean_covariance"
    kind = "exact"
    recursive = True
    statement = r"\mathbb{E}(\mu_s-\mu_0)^\top(\mu_t-\mu_0) = \operatorname{tr}(\Sigma_0)\,w_s^\top B\,w_t"
    source = "madtheory"

    def mean(self, loop: Loop, generations: int) -> Any:
        """(T+1, T+1) over pairs of generations."""
        return second_moments(loop, generations).mean * trace(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return CompositionVariance().cases()

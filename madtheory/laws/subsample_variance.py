"""E Σ_t when each generation fits a random part of an accumulating pool."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import SUBSAMPLE
from madtheory.laws._law import Law
from madtheory.laws._pool import pool_moments
from madtheory.laws._second_moments import trace
from madtheory.loop import Loop
from madtheory.schedules import AccumulateSubsample


class SubsampleVariance(Law):
    r"""E Σ_t = h_t s_t Σ_0, where s_t is the expected 1/N variance of the pool and h_t s_t that of a choice from it."""

    name = "subsample-variance"
    observable = "variance"
    kind = "exact"
    statement = (
        r"\mathbb{E}\Sigma_t = h_t s_t\Sigma_0,\qquad s_{t+1} = s_t\Bigl[\tfrac{N_t}{N_{t+1}}"
        r"+\lambda h_t\tfrac{n_{t+1}-1}{N_{t+1}}+\tfrac{N_t n_{t+1}}{N_{t+1}^2}\bigl(f_t+\tfrac{\lambda h_t}{n_{t+1}}\bigr)\Bigr]"
    )
    source = "madtheory"
    hypotheses = (SUBSAMPLE,)

    def mean(self, loop: Loop, generations: int) -> Any:
        return pool_moments(loop, generations).variance * trace(loop) / loop.dim

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(AccumulateSubsample(n=6), estimator="mle"), 8),
            (gaussian_loop(AccumulateSubsample(n=[4, 6, 8, 5], with_replacement=True), dim=2, sampling_bias=0.8), 4),
        ]

"""The variance floor of a mixed loop with large samples."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import MIXED, mix, more_synthetic
from madtheory.laws._second_moments import trace
from madtheory.loop import Loop
from madtheory.schedules import FixedReal, Fresh, Weighted


class StationaryVarianceLargeN(Quantity):
    r"""S* = (1−a)/(1−aλ), with a the weight of synthetic data: sampling bias costs variance, but there is no collapse."""

    name = "stationary-variance-large-n"
    observable = "stationary_variance"
    kind = "deterministic_equivalent"
    statement = r"S^* = S_0\,\frac{1-a}{1-a\lambda}\ (n\to\infty)"
    source = "alemohammad2024"
    hypotheses = (MIXED,)

    def value(self, loop: Loop) -> Any:
        m = mix(loop)
        return trace(loop) / loop.dim * m.weight / (1 - m.persistence * m.bias)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Fresh(n_real=40, n_synthetic=80), sampling_bias=0.8), 1),
            (gaussian_loop(FixedReal(n_real=40, n_synthetic=80), dim=2, estimator="mle", sampling_bias=0.9), 1),
            (gaussian_loop(Weighted(n_real=40, n_synthetic=40, weight="golden"), dim=2, sampling_bias=0.9), 1),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return more_synthetic(loop)

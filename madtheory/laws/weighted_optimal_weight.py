"""The best constant weight on real data: the golden ratio for equal batches."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import NO_BIAS
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import MIXED, REDRAWN, mix
from madtheory.loop import Loop
from madtheory.schedules import Fresh, Weighted
from madtheory.schedules.weighted import golden_weight


class WeightedOptimalWeight(Quantity):
    r"""w* minimises the stationary variance of every parameter as n → ∞; there it is w*/n_r, so n_e = n_r/w*."""

    name = "weighted-optimal-weight"
    observable = "optimal_weight"
    kind = "limit"
    statement = r"w^*=\frac{\sqrt{1+4k}-1}{2k},\quad k=n_s/n_r;\qquad w^*=1/\varphi=0.618\ (k=1)"
    source = "he2025"
    hypotheses = (MIXED, REDRAWN, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        m = mix(loop)
        return golden_weight(m.n_synthetic / m.n_real)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Weighted(n_real=50, n_synthetic=50, weight=0.5)), 1),
            (gaussian_loop(Fresh(n_real=10, n_synthetic=1000)), 1),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return gaussian_loop(Fresh(n_real=20, n_synthetic=30))

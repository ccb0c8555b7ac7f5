"""The price of a mixed loop in real batches: below one when fresh data come in."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import NO_BIAS
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import MIXED, mix, more_synthetic, settle
from madtheory.loop import Loop
from madtheory.schedules import FixedReal, Fresh, Weighted


class MixedFactorLimit(Quantity):
    r"""A_∞ in units of a real batch: 1/(1+a) for pooled fresh data, (1+2a)/(1+a) ≤ 3/2 for a real batch that is reused."""

    name = "mixed-factor-limit"
    observable = "schedule_factor_limit"
    kind = "limit"
    statement = (
        r"A_\infty=\frac{1}{1+a}\ (\text{fresh}),\quad\frac{1+2a}{1+a}\ (\text{fixed real}),"
        r"\quad n_r\frac{w^2/n_r+u^2/n_s}{1-u^2}\ (\text{weighted})"
    )
    source = "madtheory"
    hypotheses = (MIXED, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        m = mix(loop)
        return m.n_real * settle(m, m.persistence, m.persistence**2 / m.n_synthetic)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Fresh(n_real=40, n_synthetic=80)), 1),
            (gaussian_loop(FixedReal(n_real=40, n_synthetic=80), dim=2, estimator="mle"), 1),
            (gaussian_loop(Weighted(n_real=40, n_synthetic=40, weight="golden"), dim=2), 1),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return more_synthetic(loop)

"""The price of accumulation: between one and two real batches, by the size of the synthetic ones."""

from __future__ import annotations

from typing import Any

from jax.scipy.special import polygamma

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import ACCUMULATE, CONSTANT_SIZE, NO_BIAS
from madtheory.laws._law import Quantity
from madtheory.loop import Loop
from madtheory.schedules import Accumulate
from madtheory.schedules._schedule import initial_size


class AccumulateFactorLimit(Quantity):
    r"""A_∞ = 1 + ρψ'(1+ρ) with ρ the real batch over a synthetic one: 1 (ρ → 0), π²/6 (ρ = 1), 2 (one point at a time)."""

    name = "accumulate-factor-limit"
    observable = "schedule_factor_limit"
    kind = "limit"
    statement = r"A_\infty = 1+\rho\,\psi'(1+\rho),\qquad \rho=n_{\mathrm{initial}}/n"
    source = "deydonoho2024"
    hypotheses = (ACCUMULATE, CONSTANT_SIZE, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        schedule: Any = loop.schedule
        rho = initial_size(schedule.n_initial, schedule.n) / schedule.n
        return 1 + rho * polygamma(1, 1 + rho)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Accumulate(n=n, n_initial=12)), 1) for n in (12, 4)]

    def wrong(self, loop: Loop) -> Loop:
        return gaussian_loop(Accumulate(n=loop.schedule.n + 1, n_initial=12))  # type: ignore[attr-defined]

"""The price of a fixed training budget under accumulation."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import CONSTANT_SIZE, NO_BIAS, SUBSAMPLE
from madtheory.laws._law import Quantity
from madtheory.loop import Loop
from madtheory.schedules import AccumulateSubsample


class SubsampleFactorLimit(Quantity):
    r"""A_∞ = π²/2 − 2 without replacement, π²/3 − 1/4 with it, against π²/6 for training on the whole pool.

    Generation 1 fits the whole real batch; if it were resampled too, the second number would be π²/3.
    """

    name = "subsample-factor-limit"
    observable = "schedule_factor_limit"
    kind = "limit"
    statement = r"A_\infty = \tfrac{\pi^2}{2}-2\ \text{(subset)},\qquad \tfrac{\pi^2}{3}-\tfrac14\ \text{(with replacement)}"
    source = "madtheory"
    hypotheses = (SUBSAMPLE, CONSTANT_SIZE, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        return jnp.pi**2 / 3 - 0.25 if loop.schedule.with_replacement else jnp.pi**2 / 2 - 2  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(AccumulateSubsample(n=8, with_replacement=again)), 1) for again in (False, True)]

    def wrong(self, loop: Loop) -> Loop:
        return gaussian_loop(AccumulateSubsample(n=8, with_replacement=not loop.schedule.with_replacement))  # type: ignore[attr-defined]

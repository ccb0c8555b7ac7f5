"""How fast a memory of K models drifts."""

from __future__ import annotations

from typing import Any

import equinox as eqx

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import CONSTANT_SIZE, NO_BIAS
from madtheory.laws._law import Hypothesis, Quantity
from madtheory.loop import Loop
from madtheory.schedules import Window

WINDOW = Hypothesis("the window schedule", lambda loop: loop.schedule.kind == "window")
EVEN = Hypothesis(
    "a sample size that divides evenly among the models",
    lambda loop: bool(loop.schedule.n % loop.schedule.window == 0),  # type: ignore[attr-defined]
)
NO_REAL = Hypothesis("no fresh real data", lambda loop: loop.schedule.n_real is None)  # type: ignore[attr-defined]


class WindowFactorSlope(Quantity):
    r"""A_{t+1} − A_t → (2/(K+1))²: remembering K models slows the random walk, but does not stop it."""

    name = "window-factor-slope"
    observable = "schedule_factor_slope"
    kind = "limit"
    statement = r"\lim_{t\to\infty}(A_{t+1}-A_t)=\Bigl(\frac{2}{K+1}\Bigr)^2"
    source = "madtheory"
    hypotheses = (WINDOW, CONSTANT_SIZE, EVEN, NO_REAL, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        schedule: Any = loop.schedule
        first = 1.0 if schedule.n_initial is None else schedule.n_initial / schedule.n
        return first * (2 / (schedule.window + 1)) ** 2

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Window(n=12, window=k)), 1) for k in (1, 2, 3, 6)]

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.schedule, loop, Window(n=12, window=4))

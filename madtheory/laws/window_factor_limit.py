"""Fresh data and a memory of K models."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import CONSTANT_SIZE, NO_BIAS
from madtheory.laws._law import Hypothesis, Quantity
from madtheory.laws.window_factor_slope import EVEN, WINDOW
from madtheory.loop import Loop
from madtheory.schedules import Window

FREQUENCIES = 1 << 14  # the trapezoid rule converges geometrically for a periodic analytic integrand
CONSTANT_REAL = Hypothesis(
    "a constant number of fresh real data",
    lambda loop: loop.schedule.n_real is not None and np.ndim(loop.schedule.n_real) == 0,  # type: ignore[attr-defined]
)


class WindowFactorLimit(Quantity):
    r"""A_∞ in units of n_r: white noise of variance 1/n through the filter 1/(1 − (a/K) Σ_{j≤K} L^j)."""

    name = "window-factor-limit"
    observable = "schedule_factor_limit"
    kind = "limit"
    statement = (
        r"A_\infty=\frac{n_r}{n}\,\frac1{2\pi}\int_{-\pi}^{\pi}\Bigl|1-\frac aK\sum_{j=1}^K e^{-ij\omega}\Bigr|^{-2}d\omega,"
        r"\quad n=n_r+n_s,\ a=n_s/n"
    )
    source = "madtheory"
    hypotheses = (WINDOW, CONSTANT_SIZE, CONSTANT_REAL, EVEN, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        schedule: Any = loop.schedule
        total = schedule.n_real + schedule.n
        omega = 2 * jnp.pi * np.arange(FREQUENCIES) / FREQUENCIES
        memory = jnp.mean(jnp.exp(-1j * omega[:, None] * np.arange(1, schedule.window + 1)), axis=1)
        return schedule.n_real / total * jnp.mean(jnp.abs(1 - schedule.n / total * memory) ** -2.0)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Window(n=30, window=k, n_real=n_real)), 1) for k, n_real in ((1, 10), (3, 10), (5, 30))]

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.schedule, loop, Window(n=30, window=2, n_real=11))

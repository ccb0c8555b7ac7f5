"""KL(truth ‖ model) under any schedule, to first order in 1/n."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._hypotheses import FULL_RANK, PARAMETRIC
from madtheory.laws._law import Law
from madtheory.laws._second_moments import path
from madtheory.laws.first_order_log_variance import first_order_cases
from madtheory.loop import Loop


class FirstOrderKLForward(Law):
    r"""E KL(p_0‖p_t) = (d/2)[(1+P)/V − 1 + log V + (d+1)Φ(1/V³ − 1/(2V²))]."""

    name = "first-order-kl-forward"
    observable = "kl_forward"
    kind = "first_order"
    recursive = True
    statement = (
        r"\mathbb{E}\,\mathrm{KL}(p_0\Vert p_t) = \tfrac d2\Bigl[\frac{1+P_t}{V_t}-1+\log V_t"
        r"+(d+1)\Phi_t\Bigl(\frac{1}{V_t^3}-\frac{1}{2V_t^2}\Bigr)\Bigr]+O(n^{-2})"
    )
    source = "madtheory"
    hypotheses = (FULL_RANK, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        scale, drift, spread = path(loop, generations)
        bend = (loop.dim + 1) * spread * (1 / scale**3 - 0.5 / scale**2)
        return 0.5 * loop.dim * ((1 + drift) / scale - 1 + jnp.log(scale) + bend)

    def variance(self, loop: Loop, generations: int) -> Any:
        scale, drift, spread = path(loop, generations)
        d = loop.dim
        linear = 0.5 * d * ((1 - 1 / scale) / scale) ** 2 * spread
        square = d * (d + 1) * (spread * (1 / scale**3 - 0.5 / scale**2)) ** 2
        return linear + 0.5 * d * (drift / scale) ** 2 + square

    def cases(self) -> list[tuple[Loop, int]]:
        return first_order_cases()

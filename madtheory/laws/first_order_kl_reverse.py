"""KL(model ‖ truth) under any schedule, to first order in 1/n."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._hypotheses import FULL_RANK, PARAMETRIC
from madtheory.laws._law import Law
from madtheory.laws._second_moments import path
from madtheory.laws.first_order_log_variance import first_order_cases
from madtheory.loop import Loop


class FirstOrderKLReverse(Law):
    r"""E KL(p_t‖p_0) = (d/2)[V + P − 1 − log V + (d+1)Φ/(2V²)]; at λ = 1 that is d(d+3)/4 times Φ ≈ A_t/n."""

    name = "first-order-kl-reverse"
    observable = "kl_reverse"
    kind = "first_order"
    recursive = True
    statement = (
        r"\mathbb{E}\,\mathrm{KL}(p_t\Vert p_0) = \tfrac d2\Bigl[V_t+P_t-1-\log V_t+\frac{(d+1)\Phi_t}{2V_t^2}\Bigr]+O(n^{-2})"
    )
    source = "madtheory"
    hypotheses = (FULL_RANK, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        scale, drift, spread = path(loop, generations)
        return 0.5 * loop.dim * (scale + drift - 1 - jnp.log(scale) + (loop.dim + 1) * spread / (2 * scale**2))

    def variance(self, loop: Loop, generations: int) -> Any:
        scale, drift, spread = path(loop, generations)
        d = loop.dim
        linear = 0.5 * d * (1 - 1 / scale) ** 2 * spread
        return linear + 0.5 * d * drift**2 + 0.25 * d * (d + 1) * spread**2 / scale**4

    def cases(self) -> list[tuple[Loop, int]]:
        return first_order_cases()

"""A_t: how much a schedule inflates the error of every regular family over that of one real batch."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._fluctuations import schedule_covariance
from madtheory.laws._hypotheses import NO_BIAS
from madtheory.laws._law import Law
from madtheory.laws.first_order_improvement import FirstOrderImprovement, larger_real_batch
from madtheory.loop import Loop


class ScheduleFactor(Law):
    r"""A_t = n Var(μ_t)/S_0 as n → ∞ at fixed t, in units of the real batch of generation 1.

    It is the same for every parameter of every regular family: Cov θ_t = I⁻¹A_t/n, E KL(p_0‖p_t) = k A_t/(2n).
    """

    name = "schedule-factor"
    observable = "schedule_factor"
    kind = "first_order"
    recursive = True
    statement = r"\operatorname{Cov}\hat\theta_t = I^{-1}\frac{A_t}{n}+O(n^{-2}),\qquad A_t = n\,w_t^\top B w_t\big|_{V\equiv1}"
    source = "deydonoho2024"
    hypotheses = (NO_BIAS,)

    def mean(self, loop: Loop, generations: int) -> Any:
        covariance = schedule_covariance(loop, generations)
        return jnp.diagonal(covariance) / covariance[1, 1]

    def cases(self) -> list[tuple[Loop, int]]:
        return FirstOrderImprovement().cases()

    def wrong(self, loop: Loop) -> Loop:
        return larger_real_batch(loop)

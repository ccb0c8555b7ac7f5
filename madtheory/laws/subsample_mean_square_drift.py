"""E‖μ_t − μ_0‖² when each generation fits a random part of an accumulating pool."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._hypotheses import SUBSAMPLE
from madtheory.laws._law import Law
from madtheory.laws._pool import pool_moments
from madtheory.laws._second_moments import trace
from madtheory.laws.subsample_variance import SubsampleVariance
from madtheory.loop import Loop


class SubsampleMeanSquareDrift(Law):
    r"""E‖μ_t − μ_0‖² = tr(Σ_0)(q_t + f_t s_t): the drift of the pool's mean plus that of the choice."""

    name = "subsample-mean-square-drift"
    observable = "mean_square_drift"
    kind = "exact"
    statement = (
        r"\mathbb{E}\lVert\mu_t-\mu_0\rVert^2 = \operatorname{tr}(\Sigma_0)\,(q_t+f_t s_t),\qquad"
        r"q_{t+1} = q_t + \Bigl(\tfrac{n_{t+1}}{N_{t+1}}\Bigr)^2\Bigl(f_t+\tfrac{\lambda h_t}{n_{t+1}}\Bigr)s_t"
    )
    source = "madtheory"
    hypotheses = (SUBSAMPLE,)

    def mean(self, loop: Loop, generations: int) -> Any:
        return jnp.diagonal(pool_moments(loop, generations).mean) * trace(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return SubsampleVariance().cases()

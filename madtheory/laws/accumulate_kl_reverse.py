"""KL(model ‖ truth) under accumulate in one dimension."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._law import Law
from madtheory.laws.accumulate_log_variance import AccumulateLogVariance
from madtheory.laws.accumulate_mean_square_drift import AccumulateMeanSquareDrift
from madtheory.laws.accumulate_variance import AccumulateVariance
from madtheory.loop import Loop


class AccumulateKLReverse(Law):
    r"""E KL(p_t‖p_0) = ½[E S_t + E(μ_t−μ_0)² − 1 − E log S_t] with S_0 = 1, from three exact laws."""

    name = "accumulate-kl-reverse"
    observable = "kl_reverse"
    kind = "exact"
    statement = (
        r"\mathbb{E}\,\mathrm{KL}(p_t\Vert p_0)="
        r"\tfrac12\Bigl[\frac{\mathbb{E}S_t+\mathbb{E}(\mu_t-\mu_0)^2}{S_0}-1-\mathbb{E}\log\frac{S_t}{S_0}\Bigr]"
    )
    source = "madtheory"
    hypotheses = AccumulateLogVariance.hypotheses

    def mean(self, loop: Loop, generations: int) -> Any:
        laws = (AccumulateVariance(), AccumulateMeanSquareDrift(), AccumulateLogVariance())
        variance, drift, log = (law.mean(loop, generations) for law in laws)
        truth = jnp.asarray(loop.truth.covariance)[0, 0]
        return 0.5 * ((variance + drift) / truth - 1 - (log - jnp.log(truth)))

    def cases(self) -> list[tuple[Loop, int]]:
        return AccumulateLogVariance().cases()

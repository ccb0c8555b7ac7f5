"""The conservation law of the mle: what the variance loses, the mean gains."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import MLE, NO_BIAS
from madtheory.laws._law import Law
from madtheory.laws._second_moments import trace
from madtheory.loop import Loop
from madtheory.schedules import Accumulate, AccumulateSubsample, FixedReal, Window


class Conservation(Law):
    r"""E[tr Σ_t + ‖μ_t−μ_0‖²] = tr Σ_0 for every schedule, with the mle and without sampling bias.

    The mle's second moment about μ_0 is an average over points, and every point has the second moment of the law that drew it.
    """

    name = "conservation"
    observable = "total_second_moment"
    kind = "exact"
    statement = r"\mathbb{E}\operatorname{tr}\Sigma_t+\mathbb{E}\lVert\mu_t-\mu_0\rVert^2 = \operatorname{tr}\Sigma_0"
    source = "madtheory"
    hypotheses = (MLE, NO_BIAS)

    def mean(self, loop: Loop, generations: int) -> Any:
        return jnp.full(generations + 1, trace(loop))

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.truth.covariance, loop, 1.05 * loop.truth.covariance)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Accumulate(n=5), estimator="mle"), 8),
            (gaussian_loop(AccumulateSubsample(n=5, with_replacement=True), estimator="mle"), 8),
            (gaussian_loop(FixedReal(n_real=5, n_synthetic=4), dim=2, estimator="mle"), 8),
            (gaussian_loop(Window(n=6, window=3), estimator="mle"), 8),
        ]

"""E‖μ_t − μ_0‖² under accumulate: bounded, because each batch moves the pool's mean by less than the one before."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._accumulate import factors
from madtheory.laws._fourth_moments import accumulated
from madtheory.laws._hypotheses import ACCUMULATE, gaussian_and_univariate
from madtheory.laws._law import Law, running
from madtheory.laws._second_moments import trace
from madtheory.laws.accumulate_variance import AccumulateVariance
from madtheory.loop import Loop


class AccumulateMeanSquareDrift(Law):
    r"""E‖μ_t−μ_0‖² = tr Σ_0 Σ_k λ_k E S_{k−1} n_k/N_k²; with the mle and λ = 1 it is what the variance has lost."""

    name = "accumulate-mean-square-drift"
    observable = "mean_square_drift"
    kind = "exact"
    statement = (
        r"\mathbb{E}\lVert\mu_t-\mu_0\rVert^2=\operatorname{tr}\Sigma_0\sum_{k\le t}\frac{n_k}{N_k^2}\lambda_k"
        r"\frac{\mathbb{E}S_{k-1}}{S_0}"
        r"=\operatorname{tr}\Sigma_0\Bigl[1-\prod_{k\le t}\Bigl(1-\frac1{nk^2}\Bigr)\Bigr]\ (\text{mle},\ \lambda=1)"
    )
    source = "kazdan2024"
    hypotheses = (ACCUMULATE,)

    def mean(self, loop: Loop, generations: int) -> Any:
        r = factors(loop, generations)
        drawn = r.scale * jnp.append(1.0, jnp.cumprod(r.mean())[:-1])  # variance of the draws of each batch, in units of S_0
        return trace(loop) * running(r.size / r.pool**2 * drawn)

    def variance(self, loop: Loop, generations: int) -> Any:
        if not gaussian_and_univariate(loop):
            return None
        joint = accumulated(loop, generations)
        return trace(loop) ** 2 * (joint.mean_fourth - joint.mean_square**2)

    def cases(self) -> list[tuple[Loop, int]]:
        return AccumulateVariance().cases()

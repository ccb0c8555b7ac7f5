"""KL(model ‖ truth) under replace."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._joint_moments import excess, joint, joint_log, mean_log, mean_square_log, or_infinite
from madtheory.laws._law import Law, running
from madtheory.laws._replace import FULL_RANK, exponents, log_growth
from madtheory.laws.replace_mean_square_drift import relative_drift
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceKLReverse(Law):
    r"""E tr Σ_0^{-1}Σ_t and E (μ_t−μ_0)'Σ_0^{-1}(μ_t−μ_0) are d times the one-dimensional values."""

    name = "replace-kl-reverse"
    observable = "kl_reverse"
    kind = "exact"
    statement = (
        r"\mathbb{E}\,\mathrm{KL}(p_t\Vert p_0) = \tfrac12\Bigl[d\prod_{k\le t}c_k"
        r"+ d\sum_{k\le t}\frac{\lambda_k}{n_k}\prod_{j<k}c_j - d"
        r"-\mathbb{E}\log\frac{|\Sigma_t|}{|\Sigma_0|}\Bigr],\qquad c_k=\lambda_k\frac{n_k-1}{n_k-\delta}"
    )
    source = "madtheory"
    hypotheses = (REPLACE, FULL_RANK, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        spread = jnp.expm1(running(log_growth(loop, generations)))
        log_ratio = running(jnp.sum(exponents(loop, generations), axis=1))
        return (loop.dim * (spread + relative_drift(loop, generations)) - log_ratio) / 2

    def variance(self, loop: Loop, generations: int) -> Any:
        """In one dimension, from the second moment of S − 1 − log S + m²."""
        if loop.dim > 1:
            return None
        own = excess(loop, generations, 2.0) - 2 * excess(loop, generations, 1.0)
        with_log = 2 * (joint_log(loop, generations, 0, 1.0) - mean_log(loop, generations))
        square_log = mean_square_log(loop, generations)
        first = joint(loop, generations, 1, 1.0) - joint(loop, generations, 1, 0.0) - joint_log(loop, generations, 1, 0.0)
        second = own - with_log + square_log + 2 * first + joint(loop, generations, 2, 0.0)
        return or_infinite(second / 4 - self.mean(loop, generations) ** 2)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=20), sampling_bias=0.9), 6),
            (gaussian_loop(Replace(n=[12, 14, 16]), dim=3, estimator="mle", sampling_bias=1.1, first=True), 3),
        ]

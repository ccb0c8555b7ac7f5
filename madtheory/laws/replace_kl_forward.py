"""KL(truth ‖ model) under replace: grows exponentially, because a shrunken model calls real data impossible."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._joint_moments import excess, joint, joint_log, mean_log, mean_square_log, or_infinite
from madtheory.laws._law import Hypothesis, Law, running
from madtheory.laws._replace import bias, delta, drift_rate, exponents, recurrence, sizes, smallest
from madtheory.loop import Loop
from madtheory.schedules import Replace

FINITE_INVERSE = Hypothesis(
    "at least d + 3 points in every generation, or the mean is infinite", lambda loop: smallest(loop) > loop.dim + 2
)


class ReplaceKLForward(Law):
    r"""With E W^{-1} = I/(n−d−2), the trace and the quadratic form of Σ_t^{-1} close separately, whatever Σ_0 is."""

    name = "replace-kl-forward"
    observable = "kl_forward"
    kind = "exact"
    statement = (
        r"\mathbb{E}\,\mathrm{KL}(p_0\Vert p_t) = \tfrac12\Bigl[d\prod_{k\le t}\rho_k"
        r"+ d\sum_{k\le t}\frac{\lambda_k}{n_k}\prod_{j=k}^{t}\rho_j - d"
        r"+\mathbb{E}\log\frac{|\Sigma_t|}{|\Sigma_0|}\Bigr],\qquad \rho_k=\frac{n_k-\delta}{\lambda_k(n_k-d-2)}"
    )
    source = "muirhead1982, madtheory"
    hypotheses = (REPLACE, FINITE_INVERSE, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        log_rho = log_inverse_growth(loop, generations)
        quadratic = recurrence(jnp.exp(log_rho), drift_rate(loop, generations))
        log_ratio = running(jnp.sum(exponents(loop, generations), axis=1))
        return (loop.dim * (jnp.expm1(running(log_rho)) + quadratic) + log_ratio) / 2

    def variance(self, loop: Loop, generations: int) -> Any:
        """In one dimension, from the second moment of 1/S − 1 + log S + m²/S; infinite from the first n_k ≤ 5 on."""
        if loop.dim > 1:
            return None
        inverse = excess(loop, generations, -2.0) - 2 * excess(loop, generations, -1.0)
        with_log = 2 * (joint_log(loop, generations, 0, -1.0) - mean_log(loop, generations))
        square_log = mean_square_log(loop, generations)
        first = joint(loop, generations, 1, -2.0) - joint(loop, generations, 1, -1.0) + joint_log(loop, generations, 1, -1.0)
        second = inverse + with_log + square_log + 2 * first + joint(loop, generations, 2, -2.0)
        infinite = np.concatenate([[False], np.logical_or.accumulate(sizes(loop, generations) <= 5)])
        return jnp.where(infinite, jnp.inf, or_infinite(second / 4 - self.mean(loop, generations) ** 2))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=30), sampling_bias=0.95), 5),
            (gaussian_loop(Replace(n=[40, 30, 50]), dim=3, estimator="mle"), 3),
        ]


def log_inverse_growth(loop: Loop, generations: int) -> Any:
    """(T,) log ρ_k: the factor by which the mean of the inverse covariance grows."""
    n = sizes(loop, generations)
    return -jnp.log(bias(loop, generations)) - jnp.log1p((delta(loop) - loop.dim - 2) / (n - delta(loop)))

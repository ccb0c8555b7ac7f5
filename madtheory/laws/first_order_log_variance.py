"""log|Σ_t|/d under any schedule, to first order in 1/n."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._fluctuations import spectrum
from madtheory.laws._hypotheses import FULL_RANK, PARAMETRIC
from madtheory.laws._law import Law
from madtheory.laws._second_moments import path
from madtheory.loop import Loop
from madtheory.schedules import Accumulate, AccumulateSubsample, FixedReal, Fresh, Window


class FirstOrderLogVariance(Law):
    r"""E log|Σ_t|/d = log|Σ_0|/d + log V_t − (d+1)Φ_t/(2V_t²): the fluctuations Φ_t of the scale bend the logarithm down."""

    name = "first-order-log-variance"
    observable = "log_variance"
    kind = "first_order"
    recursive = True
    statement = (
        r"\tfrac1d\mathbb{E}\log|\Sigma_t| = \tfrac1d\log|\Sigma_0|+\log V_t-\frac{(d+1)\Phi_t}{2V_t^2}+O(n^{-2}),\qquad"
        r"\operatorname{Var}\tfrac1d\log|\Sigma_t| = \frac{2\Phi_t}{dV_t^2}+O(n^{-2})"
    )
    source = "madtheory"
    hypotheses = (FULL_RANK, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        scale, _, spread = path(loop, generations)
        start = jnp.mean(jnp.log(spectrum(loop)))
        return start + jnp.log(scale) - (loop.dim + 1) * spread / (2 * scale**2)

    def variance(self, loop: Loop, generations: int) -> Any:
        scale, _, spread = path(loop, generations)
        return 2 * spread / (loop.dim * scale**2)

    def cases(self) -> list[tuple[Loop, int]]:
        return first_order_cases()


def first_order_cases() -> list[tuple[Loop, int]]:
    """Loops of every kind with samples large enough for a first-order law."""
    return [
        (gaussian_loop(Fresh(n_real=200, n_synthetic=300), sampling_bias=0.9), 6),
        (gaussian_loop(FixedReal(n_real=200, n_synthetic=300), dim=2, estimator="mle"), 6),
        (gaussian_loop(Accumulate(n=200), dim=2), 6),
        (gaussian_loop(AccumulateSubsample(n=200), estimator="mle"), 5),
        (gaussian_loop(Window(n=300, window=3), sampling_bias=0.9), 6),
    ]

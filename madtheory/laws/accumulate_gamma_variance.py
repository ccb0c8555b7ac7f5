"""E Σ_T under accumulate with sampling bias, in gamma functions."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.scipy.special import gammaln

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import ACCUMULATE, CONSTANT_BIAS, CONSTANT_SIZE, MLE, NO_INITIAL_SIZE
from madtheory.laws._law import Law
from madtheory.laws._second_moments import trace
from madtheory.loop import Loop
from madtheory.schedules import Accumulate


class AccumulateGammaVariance(Law):
    r"""The product Π E R_t of equal batches: E S_T falls like T^{−(1−λ)}, so λ < 1 collapses even when nothing is thrown away."""

    name = "accumulate-gamma-variance"
    observable = "variance"
    kind = "exact"
    statement = (
        r"\mathbb{E}S_T=S_0\Bigl(1-\frac1n\Bigr)\frac{\Gamma(T+1-\alpha)\Gamma(T+1-\beta)}{\Gamma(2-\alpha)\Gamma(2-\beta)\Gamma(T+1)^2},"
        r"\qquad \alpha,\beta:\ x^2-(1-\lambda)x-\lambda/n=0"
    )
    source = "madtheory"
    hypotheses = (ACCUMULATE, MLE, CONSTANT_SIZE, NO_INITIAL_SIZE, CONSTANT_BIAS)

    def mean(self, loop: Loop, generations: int) -> Any:
        n, bias = loop.schedule.n, jnp.asarray(loop.sampling_bias)  # type: ignore[attr-defined]
        first = bias if loop.bias_first_generation else 1.0
        root = jnp.sqrt((1 - bias) ** 2 + 4 * bias / n)
        pair = jnp.stack([1 - bias + root, 1 - bias - root])[:, None] / 2
        t = jnp.arange(1.0, generations + 1)
        log = jnp.sum(gammaln(t + 1 - pair) - gammaln(2 - pair), axis=0) - 2 * gammaln(t + 1)
        product = first * (1 - 1 / n) * jnp.exp(log)
        return trace(loop) / loop.dim * jnp.append(1.0, product)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Accumulate(n=6), estimator="mle", sampling_bias=0.7), 20)]

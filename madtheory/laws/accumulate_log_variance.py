"""log S_t under accumulate in one dimension: a random walk whose steps shrink."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import digamma, polygamma

from madtheory.laws._accumulate import Factors, factors
from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import ACCUMULATE, FULL_RANK, PARAMETRIC, UNIVARIATE
from madtheory.laws._law import Law, running
from madtheory.loop import Loop
from madtheory.schedules import Accumulate

NODES = 200  # trapezoid nodes for log χ²_{n−1}; the integrands are analytic, so the error falls below rounding
NORMAL = np.arange(0, 9.01, 0.125)  # trapezoid nodes for |z|, χ²_1 = z²
NEGLIGIBLE = 42.0  # −log of the density that is cut off, relative to its peak


class AccumulateLogVariance(Law):
    r"""log S_t = log κ_t + log s_1 + Σ log R_k with independent terms; their means and variances are integrals over two χ²."""

    name = "accumulate-log-variance"
    observable = "log_variance"
    kind = "exact"
    statement = (
        r"\mathbb{E}\log S_t=\log\kappa_t S_0+\psi\bigl(\tfrac{n-1}2\bigr)+\log\tfrac{2\lambda_1}n"
        r"+\sum_{k<t}\mathbb{E}\log R_k,\qquad"
        r"\operatorname{Var}\log S_t=\psi'\bigl(\tfrac{n-1}2\bigr)+\sum_{k<t}\operatorname{Var}\log R_k"
    )
    source = "madtheory"
    hypotheses = (ACCUMULATE, UNIVARIATE, FULL_RANK, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        r = factors(loop, generations)
        first = digamma((r.size[:1] - 1) / 2) + jnp.log(2 * r.scale[:1] / r.size[0])
        steps = jnp.append(first, log_factor_moments(r)[0])
        return jnp.log(jnp.asarray(loop.truth.covariance)[0, 0]) + jnp.log(r.kappa) + running(steps)

    def variance(self, loop: Loop, generations: int) -> Any:
        r = factors(loop, generations)
        return running(jnp.append(polygamma(1, (r.size[:1] - 1) / 2), log_factor_moments(r)[1]))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Accumulate(n=4), estimator="mle"), 12),
            (gaussian_loop(Accumulate(n=[3, 5, 2, 8]), sampling_bias=0.8), 4),
        ]


@jax.jit
def log_factor_moments(r: Factors) -> tuple[Any, Any]:
    """(T−1,) E log R_t and Var log R_t."""

    def one(this: tuple[Any, ...]) -> tuple[Any, Any]:
        old, new, size, scale = this
        x, weight = chi_square_nodes(size - 1)
        ratio = 1 + scale * (x[:, None] + old / new * NORMAL**2) / old
        half = jnp.exp(-(NORMAL**2) / 2) * jnp.where(NORMAL > 0, 1.0, 0.5)
        joint = weight[:, None] * half / half.sum()
        mean = jnp.sum(joint * jnp.log(ratio))
        return mean + jnp.log(old / new), jnp.sum(joint * (jnp.log(ratio) - mean) ** 2)

    return jax.lax.map(one, (r.pool[:-1] * 1.0, r.pool[1:] * 1.0, r.size[1:] * 1.0, r.scale[1:]))


def chi_square_nodes(nu: Any) -> tuple[Any, Any]:
    """Nodes and weights (NODES,) of χ²_ν by the trapezoid rule in log χ²; ν = 0 is the constant 0."""
    k = jnp.maximum(nu, 1) / 2
    c = NEGLIGIBLE / k
    lowest = c / 3 + jnp.sqrt(c**2 / 9 + 2 * c)
    highest = jnp.minimum(jnp.sqrt(2 * c), jnp.log1p(2 * c) + 1)
    v = jnp.linspace(-lowest, highest, NODES)
    density = jnp.exp(k * (v - jnp.expm1(v)))
    return jnp.where(nu > 0, 2 * k * jnp.exp(v), 0.0), density / density.sum()

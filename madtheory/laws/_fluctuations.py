"""The Gaussian fluctuations of a fitted model around its mean, to first order in 1/n, for any schedule.

In coordinates where Σ_0 = I: E Σ_t = V I, Cov μ_t = P I, and the entries of Δ = Σ_t − V I have variance Φ(1+δ_ij),
uncorrelated with each other and with μ_t (V, P and Φ are the `scale`, `drift` and `spread` of `path`). Laws expand their
observable in Δ.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._pool import is_pool, pool_constant_variance
from madtheory.laws._recursion import constant_variance
from madtheory.loop import Loop


def schedule_covariance(loop: Loop, generations: int) -> Any:
    """(T+1, T+1) A_st/n = Cov(θ_s, θ_t) in units of the inverse Fisher information, to first order, at λ = 1."""
    table = loop.schedule.composition(generations)
    return jnp.asarray(pool_constant_variance(table) if is_pool(loop) else constant_variance(table))


def spectrum(loop: Loop) -> Any:
    """(d,) eigenvalues of Σ_0."""
    return jnp.linalg.eigvalsh(jnp.asarray(loop.truth.covariance))

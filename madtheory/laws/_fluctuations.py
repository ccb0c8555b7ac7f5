"""The Gaussian fluctuations of a fitted model around its mean, to first order in 1/n, for any schedule.

In coordinates where Σ_0 = I: E Σ_t = V I, Cov μ_t = P I, and the entries of Δ = Σ_t − V I have variance Φ(1+δ_ij),
uncorrelated with each other and with μ_t. V and P are exact; Φ is first order. Laws expand their observable in Δ.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp

from madtheory.laws._pool import pool_constant_variance, pool_scale_variance
from madtheory.laws._recursion import constant_variance, scale_covariance
from madtheory.laws._second_moments import second_moments
from madtheory.loop import Loop


class Fluctuations(NamedTuple):
    """(T+1,) each: V, P and Φ."""

    scale: Any
    drift: Any
    spread: Any


def fluctuations(loop: Loop, generations: int) -> Fluctuations:
    """V, P and Φ of generations 0…`generations`."""
    mean, scale = second_moments(loop, generations)
    if loop.schedule.composition(1).pool is None:
        spread = jnp.diagonal(scale_covariance(loop, generations, scale))
    else:
        spread = pool_scale_variance(loop, generations, scale)
    return Fluctuations(scale, jnp.diagonal(mean), spread)


def schedule_covariance(loop: Loop, generations: int) -> Any:
    """(T+1, T+1) A_st/n = Cov(θ_s, θ_t) in units of the inverse Fisher information, to first order, at λ = 1."""
    table = loop.schedule.composition(generations)
    return jnp.asarray(constant_variance(table) if table.pool is None else pool_constant_variance(table))


def spectrum(loop: Loop) -> Any:
    """(d,) eigenvalues of Σ_0."""
    return jnp.linalg.eigvalsh(jnp.asarray(loop.truth.covariance))

"""Second moments of any loop, from the engine that its schedule needs."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._pairs import PAIRS, Path, evolve, pairs
from madtheory.laws._pool import is_pool, pool_moments, pool_path
from madtheory.laws._recursion import Moments, moments, scale_covariance
from madtheory.loop import Loop


def second_moments(loop: Loop, generations: int) -> Moments:
    """Exact Cov(μ_s, μ_t) and E Σ_t of generations 0…`generations`, in units of Σ_0."""
    return (pool_moments if is_pool(loop) else moments)(loop, generations)


def exact_path(loop: Loop, generations: int) -> tuple[Any, Any]:
    """(T+1,) E Σ_t and Cov μ_t, exactly, in units of Σ_0."""
    if PAIRS.holds(loop) or is_pool(loop):
        return path(loop, generations)[:2]
    mean, scale = moments(loop, generations)
    return scale, jnp.diagonal(mean)


def path(loop: Loop, generations: int) -> Path:
    """(T+1,) E Σ_t and Cov μ_t, exactly, and Φ to first order."""
    if PAIRS.holds(loop):
        return evolve(pairs(loop, generations))
    if is_pool(loop):
        return pool_path(loop, generations)
    scale, drift = exact_path(loop, generations)
    return Path(scale, drift, jnp.diagonal(scale_covariance(loop, generations, scale)))


def trace(loop: Loop) -> Any:
    """tr Σ_0."""
    return jnp.trace(jnp.asarray(loop.truth.covariance))

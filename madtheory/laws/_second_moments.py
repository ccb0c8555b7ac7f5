"""Second moments of any loop, from the engine that its schedule needs."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._pool import pool_moments
from madtheory.laws._recursion import Moments, moments
from madtheory.loop import Loop


def second_moments(loop: Loop, generations: int) -> Moments:
    """Exact Cov(μ_s, μ_t) and E Σ_t of generations 0…`generations`, in units of Σ_0."""
    engine = moments if loop.schedule.composition(1).pool is None else pool_moments
    return engine(loop, generations)


def trace(loop: Loop) -> Any:
    """tr Σ_0."""
    return jnp.trace(jnp.asarray(loop.truth.covariance))

"""Second-order zonal polynomials: the functions of Σ that one generation of replace multiplies by a number.

(tr Σ)² = C_(2) + C_(1,1) and tr Σ² = C_(2) − C_(1,1)/2; E C_κ(Σ_t) = C_κ(Σ_{t−1}) c² (1+2/ν) or c² (1−1/ν)
with c = λν/(n−δ) (Muirhead 1982, ch. 7). True also where Σ_t is singular.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._law import running
from madtheory.laws._replace import growth, sizes
from madtheory.loop import Loop


def zonal(loop: Loop) -> tuple[Any, Any]:
    """C_(2) and C_(1,1) of Σ_0."""
    sigma = jnp.asarray(loop.truth.covariance, dtype=jnp.float64)
    square, trace_square = jnp.trace(sigma) ** 2, jnp.sum(sigma**2)
    return (square + 2 * trace_square) / 3, 2 * (square - trace_square) / 3


def log_eigenvalues(loop: Loop, generations: int) -> tuple[Any, Any]:
    """(T+1,) logs of the running products of 1+2/ν and 1−1/ν."""
    nu = sizes(loop, generations) - 1
    return running(jnp.log1p(2 / nu)), running(jnp.log1p(-1 / nu))


def squares(loop: Loop, generations: int) -> tuple[Any, Any]:
    """(T+1,) E(tr Σ_t)² and E tr Σ_t²."""
    two, one_one = (c * jnp.exp(e) for c, e in zip(zonal(loop), log_eigenvalues(loop, generations), strict=True))
    scale = growth(loop, generations) ** 2
    return scale * (two + one_one), scale * (two - one_one / 2)

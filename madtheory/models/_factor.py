"""Triangular factors of covariances: never a covariance itself, so nothing is squared and no rank is lost."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

UNROLLED = 8  # dimensions up to which the row loop is written out


def lower_factor(*blocks: Any) -> Any:
    """Lower triangular L (d, d) with L L' = A A' for A = [blocks…] (d, m), by modified Gram–Schmidt on the rows of A.

    A row that depends on the ones before it gives a zero on the diagonal, up to rounding; nothing is divided by it.
    """
    dim = blocks[0].shape[0]
    if dim == 1:
        return jnp.sqrt(sum(jnp.sum(block**2, axis=1, keepdims=True) for block in blocks))
    columns = jnp.concatenate(blocks, axis=1)

    def row(j: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
        rest, factor = carry
        norm = jnp.sqrt(jnp.sum(rest[j] ** 2))
        direction = rest[j] / jnp.where(norm > 0, norm, 1)
        share = rest @ direction
        share = jnp.where(jnp.arange(dim) == j, norm, jnp.where(jnp.arange(dim) > j, share, 0))
        return rest - share[:, None] * direction, factor.at[:, j].set(share)

    start = (columns, jnp.zeros((dim, dim), columns.dtype))
    return jax.lax.fori_loop(0, dim, row, start, unroll=dim if dim <= UNROLLED else 1)[1]


def solve_lower(factor: Any, right: Any) -> Any:
    """L⁻¹ B for L (d, d) of full rank and B (…, d, m)."""
    if factor.shape[0] == 1:
        return right / factor
    return jax.scipy.linalg.solve_triangular(factor, right, lower=True)

"""The Bartlett factor of a Wishart matrix."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.random.chi_square import ChiSquareTable


def bartlett_factor(diagonal: Any, below: Any, nu: Any, table: ChiSquareTable) -> Any:
    """Lower triangular T (d, d) with ν T T' ~ Wishart_d(ν, I).

    √ν T holds √χ²_{ν−j} on the diagonal and standard normals below it (Bartlett 1933). For ν < d the matrix has
    rank ν: the columns from ν on are zero, exactly.

    Args:
        diagonal: (d,) standard normal scores of the chi-squares.
        below: (d, d) standard normal scores, of which those below the diagonal are used.
        nu: () degrees of freedom ν.
        table: the chi-square laws that occur.
    """
    dim = len(diagonal)
    left = nu - jnp.arange(dim, dtype=diagonal.dtype)
    share = jnp.maximum(left, 0) / jnp.maximum(nu, 1)
    chi = jnp.sqrt(share) * jnp.exp(0.5 * table.log_ratio(diagonal, left))
    if dim == 1:
        return chi[:, None]
    row, column = jnp.arange(dim)[:, None], jnp.arange(dim)[None, :]
    normals = jnp.where((row > column) & (left > 0), below * (1 / jnp.sqrt(jnp.maximum(nu, 1))), 0)
    return jnp.where(row == column, chi[:, None], normals)

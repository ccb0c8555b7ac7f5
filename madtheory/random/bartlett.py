"""The Bartlett factor of a Wishart matrix."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.random.chi_square import ChiSquareTable


def bartlett_factor(scores: Any, nu: Any, dim: int, table: ChiSquareTable) -> Any:
    """Lower triangular T with ν T T' ~ Wishart_d(ν, I), from d(d+1)/2 standard normal scores.

    √ν T holds √χ²_{ν−j} on the diagonal and standard normals below it (Bartlett 1933). For ν < d the matrix has
    rank ν: the columns from ν on are zero, exactly.
    """
    left = nu - jnp.arange(dim, dtype=scores.dtype)
    share = jnp.maximum(left, 0) / jnp.maximum(nu, 1)
    diagonal = jnp.sqrt(share) * jnp.exp(0.5 * table.log_ratio(scores[:dim], left))
    if dim == 1:
        return diagonal[:, None]
    rows, columns = jnp.tril_indices(dim, -1)
    below = jnp.where(left[columns] > 0, scores[dim : dim * (dim + 1) // 2], 0) / jnp.sqrt(jnp.maximum(nu, 1))
    return jnp.zeros((dim, dim), scores.dtype).at[rows, columns].set(below) + jnp.diag(diagonal)

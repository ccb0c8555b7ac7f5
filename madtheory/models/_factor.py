"""Triangular factors of covariances: never a covariance itself, so nothing is squared and no rank is lost."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from madtheory import _lapack

UNROLLED = 3  # dimensions up to which loops over rows are written out
KEPT = 0.01  # of a row's square: so two of its digits are lost at most, of 7


def diagonal(square: Any) -> Any:
    """(d,) diagonal of (d, d) as a slice, so that nothing else of the matrix need be made."""
    return square.reshape(-1)[:: len(square) + 1]


def spread_out(entries: Any) -> Any:
    """(d, d) matrix with these on its diagonal."""
    return jnp.where(jnp.eye(len(entries), dtype=bool), entries, 0)


def strictly_lower(entries: Any, dim: int) -> Any:
    """(d, d) matrix with these d(d−1)/2 entries, or the first of more, below its diagonal and 0 elsewhere.

    No entry is gathered. Rows i and D−1−i of a triangle, D even, fill a row of D−1 entries: the longer one from the left, so
    that it is read upside down; the shorter one up to the right end, so that it begins D−2 entries after the one before it.
    """
    if dim <= UNROLLED:
        rows = [jnp.concatenate([entries[i * (i - 1) // 2 :][:i], jnp.zeros(dim - i, entries.dtype)]) for i in range(dim)]
        return jnp.stack(rows)
    half = (dim + 1) // 2
    longer = entries[: half * (2 * half - 1)].reshape(half, 2 * half - 1)[::-1]
    shorter = entries[2 * half - 1 : below(dim)].reshape(half, 2 * half - 2)
    both = jnp.pad(shorter, ((0, half), (0, 2))) + jnp.pad(longer, ((half, 0), (0, 1)))
    return jnp.where(jnp.tri(dim, k=-1, dtype=bool), both[:dim, :dim], 0)


def below(dim: int) -> int:
    """Entries that `strictly_lower` reads."""
    half = (dim + 1) // 2
    return dim * (dim - 1) // 2 if dim <= UNROLLED else 2 * half * half - 1


def lower_factor(*blocks: Any) -> Any:
    """Lower triangular L (d, d) with L L' = A A' for A = [blocks…] (d, m).

    The rows of A are orthogonalised one after the other: one that depends on those before it gives a zero on the diagonal, up to
    rounding, and nothing is divided by it. Where there are many columns and all rows are far from that, squares do as well.
    """
    dim = blocks[0].shape[0]
    if dim == 1:
        return jnp.sqrt(sum(jnp.sum(block**2, axis=1, keepdims=True) for block in blocks))
    columns = jnp.concatenate(blocks, axis=1)
    if dim <= UNROLLED:
        return _written_out(columns)
    return _from_squares(columns.T) if columns.shape[1] >= 2 * dim else _orthogonalised(columns.T)


def _from_squares(rows: Any) -> Any:
    """L by Cholesky's factor of A A', where every row of A keeps the share `KEPT` of its square apart from the rows before it.

    Elsewhere digits would be lost, and the rows are orthogonalised. That is a loop of one round: under `vmap` it is run only
    if some replica needs it, and changes only those that do.

    Args:
        rows: A' (m, d).
    """
    squares = rows.T @ rows
    factor = _lapack.cholesky(squares)
    lost = ~jnp.all(diagonal(factor) ** 2 >= KEPT * diagonal(squares))  # also where the factor is not a number

    def again(state: tuple[Any, Any]) -> tuple[Any, Any]:
        same, _ = jax.lax.optimization_barrier((rows, state[1]))  # else the compiler does it before the loop, and always
        return jnp.bool(False), _orthogonalised(same)

    return jax.lax.while_loop(lambda state: state[0], again, (lost, factor))[1]


def _orthogonalised(rows: Any) -> Any:
    """L by LAPACK's reflections on a CPU, where they are several times faster, else by modified Gram–Schmidt."""
    return _by_reflections(rows) if jax.default_backend() == "cpu" else _by_gram_schmidt(rows.T)


def _by_reflections(rows: Any) -> Any:
    """L by Householder's QR of A', whose rows get the sign that makes the diagonal positive."""
    count, dim = rows.shape
    right = _lapack.right_factor(jnp.pad(rows, ((0, max(dim - count, 0)), (0, 0))))
    return (right * jnp.where(diagonal(right) < 0, -1, 1)[:, None]).T


def _by_gram_schmidt(columns: Any) -> Any:
    """L by modified Gram–Schmidt."""
    dim = len(columns)

    def row(j: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
        rest, factor = carry
        norm = jnp.sqrt(jnp.sum(rest[j] ** 2))
        direction = rest[j] / jnp.where(norm > 0, norm, 1)
        share = rest @ direction
        share = jnp.where(jnp.arange(dim) == j, norm, jnp.where(jnp.arange(dim) > j, share, 0))
        return rest - share[:, None] * direction, factor.at[:, j].set(share)

    start = (columns, jnp.zeros((dim, dim), columns.dtype))
    return jax.lax.fori_loop(0, dim, row, start)[1]


def _written_out(columns: Any) -> Any:
    """L by modified Gram–Schmidt, row by row, without a loop."""
    rows, factor = list(columns), []
    for j, own in enumerate(rows):
        norm = jnp.sqrt(jnp.sum(own**2))
        direction = own / jnp.where(norm > 0, norm, 1)
        shares = [jnp.zeros_like(norm)] * j + [norm] + [jnp.sum(row * direction) for row in rows[j + 1 :]]
        factor.append(jnp.stack(shares))
        rows[j + 1 :] = [row - share * direction for row, share in zip(rows[j + 1 :], shares[j + 1 :], strict=True)]
    return jnp.stack(factor, axis=1)


def solve_lower(factor: Any, right: Any) -> Any:
    """L⁻¹ B for L (d, d) of full rank and B (…, d, m)."""
    if factor.shape[0] == 1:
        return right / factor
    return _lapack.solve_lower(factor, right)

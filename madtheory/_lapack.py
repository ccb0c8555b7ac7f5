"""Factorisations, under `vmap` one matrix after another on a CPU, whose devices share threads.

jaxlib 0.10.2 shares a batch of matrices out among these threads and waits on one of them for the others; two devices that do so
at a time wait for each other for ever. One by one costs a microsecond more per matrix, and devices that work side by side gain
more than that. On an accelerator batches stay batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import sequential_vmap


def _one_by_one(function: Callable[..., Any]) -> Callable[..., Any]:
    alone = sequential_vmap(function)
    return lambda *arrays: (alone if jax.default_backend() == "cpu" else function)(*arrays)


_cholesky = _one_by_one(lambda square: jax.lax.linalg.cholesky(square, symmetrize_input=False))
_qr = _one_by_one(lambda rows: jnp.linalg.qr(rows, mode="r"))
_solve = _one_by_one(lambda factor, right: jax.scipy.linalg.solve_triangular(factor, right, lower=True))
_solve_transposed = _one_by_one(lambda factor, right: jax.scipy.linalg.solve_triangular(factor, right, trans=1, lower=True))
_left = _one_by_one(lambda matrix: jnp.linalg.svd(matrix)[:2])
_svd = _one_by_one(lambda matrix: jnp.linalg.svd(matrix, compute_uv=False))


def cholesky(square: Any) -> Any:
    """Lower triangular L (d, d) with L L' = S, read from the lower half of S; not a number where S is not positive definite."""
    return _cholesky(square)


def right_factor(rows: Any) -> Any:
    """Upper triangular R (d, d) of the QR factorisation of (m, d), m ≥ d, with either sign on its diagonal."""
    return _qr(rows)


def solve_lower(factor: Any, right: Any) -> Any:
    """L⁻¹ B for lower triangular L (d, d) and B (…, d, m)."""
    return _solve(factor, right)


def solve_transposed(factor: Any, right: Any) -> Any:
    """L'⁻¹ b for lower triangular L (d, d) and b (d,)."""
    return _solve_transposed(factor, right)


def singular_values(matrix: Any) -> Any:
    """(d,) singular values, largest first."""
    return _svd(matrix)


def left_singular(matrix: Any) -> tuple[Any, Any]:
    """(d, d) left singular vectors and (d,) singular values of a square matrix."""
    return _left(matrix)

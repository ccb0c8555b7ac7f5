"""Singular values of U diag(e^ℓ) by one-sided Jacobi rotations, with the scales ℓ kept in the log domain.

One-sided Jacobi finds the singular values of a well-conditioned matrix with scaled columns to high relative accuracy
(Demmel & Veselić 1992), and here the scales never leave the log domain, so nothing underflows either.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

SWEEPS = 10


def log_eigenvalues(columns: Any, log_scale: Any) -> Any:
    """(d,) log eigenvalues, descending, of A A' with A = columns · diag(e^log_scale)."""
    dim = columns.shape[1]
    if dim > 1:
        first, second = (jnp.asarray(side) for side in _round_robin(dim))

        def rotate(k: Any, carry: Any) -> Any:
            columns, log_scale = carry
            return _rotate(columns, log_scale, first[k % len(first)], second[k % len(first)])

        columns, log_scale = jax.lax.fori_loop(0, SWEEPS * len(first), rotate, (columns, log_scale))
    return -jnp.sort(-(jnp.log(jnp.sum(columns**2, axis=0)) + 2 * log_scale))


def _rotate(columns: Any, log_scale: Any, p: Any, q: Any) -> tuple[Any, Any]:
    """Make the column pairs (p, q) orthogonal, all pairs at once."""
    p, q = jnp.where(log_scale[p] >= log_scale[q], p, q), jnp.where(log_scale[p] >= log_scale[q], q, p)
    a, b = columns[:, p], columns[:, q]
    dead = jnp.isneginf(log_scale[q])
    ratio = jnp.where(dead, 0, jnp.exp(log_scale[q] - jnp.where(dead, 0, log_scale[p])))
    alpha, beta, gamma = jnp.sum(a**2, axis=0), jnp.sum(b**2, axis=0), jnp.sum(a * b, axis=0)
    gap = beta * ratio**2 - alpha
    root = gap + jnp.where(gap >= 0, 1, -1) * jnp.sqrt(gap**2 + 4 * (gamma * ratio) ** 2)
    slope = 2 * gamma / jnp.where(root == 0, 1, root)  # tan(angle)/ratio
    cosine = 1 / jnp.sqrt(1 + (slope * ratio) ** 2)
    new_a = cosine * (a - slope * ratio**2 * b)
    new_b = cosine * (b + slope * a)
    return columns.at[:, p].set(new_a).at[:, q].set(new_b), log_scale


def _round_robin(dim: int) -> tuple[np.ndarray, np.ndarray]:
    """(rounds, pairs) of column indices so that every pair meets once per sweep and no column twice per round."""
    teams = list(range(dim + dim % 2))
    first, second = [], []
    for _ in range(len(teams) - 1):
        pairs = [(a, b) for a, b in zip(teams[: len(teams) // 2], teams[::-1], strict=False) if max(a, b) < dim]
        first.append([a for a, _ in pairs])
        second.append([b for _, b in pairs])
        teams = [teams[0], teams[-1], *teams[1:-1]]
    return np.array(first), np.array(second)

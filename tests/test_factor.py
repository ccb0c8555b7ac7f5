"""Triangular factors: two ways to make one, and how triangles are filled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from madtheory.models import _factor
from madtheory.models._factor import below, diagonal, lower_factor, strictly_lower

WAYS = [lambda rows: _factor._by_reflections(rows.T), _factor._by_gram_schmidt, lower_factor]


def graded(dim: int, count: int, seed: int = 0) -> np.ndarray:
    """(d, m) rows of very different lengths."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((dim, count)) * 10.0 ** rng.uniform(-8, 3, (dim, 1))).astype(np.float32)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("dim", "count"), [(4, 1), (4, 3), (4, 9), (10, 5), (10, 100), (31, 63)])
def test_a_factor_has_the_products_of_the_rows(way: Callable[..., Any], dim: int, count: int) -> None:
    rows = graded(dim, count)
    found, right = np.asarray(way(jnp.asarray(rows)), float), rows.astype(float) @ rows.T.astype(float)
    scale = np.sqrt(np.outer(np.diag(right), np.diag(right)))
    assert np.max(abs(found @ found.T - right) / scale) < 2e-6
    assert np.all(np.triu(found, 1) == 0)
    assert np.all(np.diag(found) >= 0)


@pytest.mark.parametrize("way", WAYS)
def test_a_row_of_nothing_is_a_dead_direction(way: Callable[..., Any]) -> None:
    rows = graded(5, 9)
    rows[2] = 0
    found = np.asarray(way(jnp.asarray(rows)))
    assert np.all(np.isfinite(found))
    assert np.all(found[2] == 0)


def test_rows_that_nearly_depend_on_others_lose_no_digits() -> None:
    """Squares have half the digits: of a row whose own part is 1e-5 of it they hold nothing, and one like it is among these."""
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((3, 5, 40)).astype(np.float32)
    rows[1, 4] = rows[1, 0] + 1e-5 * rows[1, 4]
    found = np.asarray(jax.vmap(lower_factor)(jnp.asarray(rows)), float)
    exact = np.linalg.cholesky(rows.astype(float) @ rows.astype(float).swapaxes(1, 2))
    np.testing.assert_allclose(found[1, 4, 4], exact[1, 4, 4], rtol=0.02)
    np.testing.assert_allclose(found[[0, 2]], exact[[0, 2]], rtol=1e-5, atol=1e-5)
    squares = jnp.asarray(rows[1] @ rows[1].T)
    assert not abs(np.asarray(jnp.linalg.cholesky(squares))[4, 4] / exact[1, 4, 4] - 1) < 0.02


def test_one_replica_that_depends_changes_no_other() -> None:
    rows = np.random.default_rng(4).standard_normal((3, 5, 40)).astype(np.float32)
    broken = rows.copy()
    broken[1, 4] = broken[1, 0]
    before, after = (np.asarray(jax.jit(jax.vmap(lower_factor))(x)) for x in (rows, broken))
    np.testing.assert_array_equal(before[[0, 2]], after[[0, 2]])


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 7])
def test_blocks_are_put_side_by_side(dim: int) -> None:
    rows = graded(dim, 2 * dim + 1, 1)
    together, apart = lower_factor(jnp.asarray(rows)), lower_factor(*(jnp.asarray(x) for x in np.split(rows, [dim], axis=1)))
    np.testing.assert_allclose(apart, together, rtol=1e-6)
    right = rows.astype(float) @ rows.T.astype(float)
    assert np.max(abs(np.asarray(together, float) @ np.asarray(together, float).T / right - 1)) < 1e-3  # entries may cancel


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 6, 7, 10, 31, 100])
def test_every_place_below_the_diagonal_has_an_entry_of_its_own(dim: int) -> None:
    found = np.asarray(strictly_lower(np.arange(1, below(dim) + 1, dtype=np.float32), dim))
    filled = found[np.tril_indices(dim, -1)]
    assert found.shape == (dim, dim)
    assert np.all(np.triu(found) == 0)
    assert np.all(filled > 0)
    assert len(set(filled)) == dim * (dim - 1) // 2


def test_the_diagonal_is_the_diagonal() -> None:
    square = np.arange(25.0).reshape(5, 5)
    np.testing.assert_array_equal(diagonal(square), np.diag(square))
    np.testing.assert_array_equal(jax.vmap(diagonal)(np.stack([square, square.T])), [np.diag(square)] * 2)

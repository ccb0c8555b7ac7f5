"""Multinomial counts of the living: sums, dead symbols, the exact law, and a replica that does not mind its company."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from madtheory.random import SYNTHETIC, Stream, seed_words, sparse_multinomial
from tests.false_alarms import FALSE_ALARM, worst_z, z_bound

REPLICAS = 2**15
WEIGHTS = np.array([0.0, 3.0, 1.0, 0.0, 0.5, 5.5, 0.0])


def words(replica: Any) -> Any:
    """The words of one replica."""
    return Stream(seed_words(7), replica, jnp.uint32(3)).words(SYNTHETIC)


@jax.jit
def draw(n: Any, weights: Any) -> Any:
    """Counts (B, K) of batches that differ in size and weights."""
    ids = jnp.arange(len(n), dtype=jnp.uint32)
    return jax.vmap(lambda i, size, w: sparse_multinomial(words(i), size, w))(ids, n, weights)


def many(n: int, weights: np.ndarray = WEIGHTS, dtype: Any = np.float32) -> np.ndarray:
    """(REPLICAS, K) counts of equal batches."""
    both = np.full(REPLICAS, n, np.int32), np.broadcast_to(weights.astype(dtype), (REPLICAS, len(weights)))
    return np.asarray(draw(*both))


def marginal_p(counts: np.ndarray, n: int, p: float) -> float:
    """p-value of one symbol's counts against their binomial law."""
    edges = np.unique(stats.binom.ppf(np.arange(1, 12) / 12, n, p))
    expected = np.diff(stats.binom.cdf(edges, n, p), prepend=0, append=1) * len(counts)
    found = np.bincount(np.searchsorted(edges, counts), minlength=len(expected))
    found, expected = found[expected > 0], expected[expected > 0]
    return float(stats.chi2.sf(np.sum((found - expected) ** 2 / expected), len(expected) - 1))


@pytest.mark.parametrize("n", [0, 1, 7, 100, 5000])
def test_counts_sum_to_n_and_the_dead_stay_dead(n: int) -> None:
    counts = many(n)
    assert np.all(counts.sum(axis=1) == n)
    assert np.all(counts >= 0)
    assert np.all(counts[:, WEIGHTS == 0] == 0)


@pytest.mark.parametrize("n", [1, 7, 100, 5000])
def test_every_symbol_has_its_binomial_law(n: int) -> None:
    counts, p = many(n), WEIGHTS / WEIGHTS.sum()
    alive = np.flatnonzero(p)
    assert min(marginal_p(counts[:, k], n, p[k]) for k in alive) > FALSE_ALARM / len(alive)
    apart = (counts - n * p)[:, alive]
    pairs = apart[:, :, None] * apart[:, None, :]
    expected = n * (np.diag(p) - np.outer(p, p))[np.ix_(alive, alive)]
    assert worst_z(pairs, expected) < z_bound(len(alive) ** 2)


def test_wrong_weights_are_rejected() -> None:
    n, p = 100, WEIGHTS / WEIGHTS.sum()
    assert marginal_p(many(n)[:, 1], n, 1.02 * p[1]) < FALSE_ALARM


def test_a_replica_does_not_mind_its_company() -> None:
    rng = np.random.default_rng(0)
    n = rng.integers(1, 3000, 64).astype(np.int32)
    weights = (rng.random((64, 50)) * (rng.random((64, 50)) < rng.random((64, 1)))).astype(np.float32)
    weights[:, 0] += 1e-3
    together, alone = np.asarray(draw(n, weights)), [np.asarray(draw(n[:k], weights[:k])) for k in (1, 5)]
    assert np.array_equal(together[:1], alone[0])
    assert np.array_equal(together[:5], alone[1])
    single = jax.jit(lambda size, w: sparse_multinomial(words(jnp.uint32(0)), size, w))(n[0], weights[0])
    assert np.array_equal(np.asarray(single), together[0])


def test_batches_of_batches_are_batches() -> None:
    rng = np.random.default_rng(1)
    n, weights = rng.integers(1, 500, (3, 4)).astype(np.int32), rng.random((3, 4, 9)).astype(np.float32)
    ids = jnp.arange(3, dtype=jnp.uint32)
    inner = jax.vmap(lambda i, size, w: sparse_multinomial(words(i), size, w), in_axes=(None, 0, 0))
    nested = jax.jit(jax.vmap(inner))(ids, n, weights)
    one = jax.vmap(lambda i, size, w: sparse_multinomial(words(i), size, w))
    flat = one(jnp.repeat(ids, 4), n.ravel(), weights.reshape(12, 9))
    assert np.array_equal(np.asarray(nested).reshape(12, 9), np.asarray(flat))


def test_large_alphabets_in_both_precisions() -> None:
    weights = np.where(np.arange(10_000) % 3 == 0, 1.0, 0.0)
    for dtype in (np.float32, np.float64):
        with jax.enable_x64(dtype == np.float64):
            counts = np.asarray(draw(np.full(8, 10_000, np.int32), np.broadcast_to(weights.astype(dtype), (8, 10_000))))
        assert np.all(counts.sum(axis=1) == 10_000)
        assert np.all(counts[:, weights == 0] == 0)
        assert np.all(abs(counts[:, ::3].mean(axis=1) - 10_000 / 3334) < 1e-9)

"""The Bartlett factor against the moments of the Wishart law, also where the matrix has no full rank."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import digamma, polygamma

from madtheory.random import SYNTHETIC, ChiSquareTable, Stream, bartlett_factor, normal, seed_words
from tests.false_alarms import worst_z, z_bound

DIM = 3
REPLICAS = 2**17
NU = [1, 2, 3, 4, 20, 10**6]
every_nu = pytest.mark.parametrize("nu", NU)


@functools.partial(jax.jit, static_argnums=3)
def factors(key: tuple, nu: jax.Array, table: ChiSquareTable, dim: int) -> jax.Array:
    def one(replica: jax.Array) -> jax.Array:
        words = Stream(key, replica, jnp.uint32(1)).words(SYNTHETIC)
        scores = normal(words.many(dim + dim**2), jnp.float32)
        return bartlett_factor(scores[:dim], scores[dim:].reshape(dim, dim), nu, table)

    return jax.vmap(one)(jnp.arange(REPLICAS, dtype=jnp.uint32))


def drawn(seed: int, nu: int, dim: int = DIM) -> np.ndarray:
    """(R, d, d) factors T with ν T T' ~ Wishart_d(ν, I)."""
    degrees = nu - np.arange(dim)
    table = ChiSquareTable.build(np.resize(degrees[degrees > 0], 4), np.float32)
    return np.asarray(factors(seed_words(seed), jnp.float32(nu), table, dim), float)


def matrices(seed: int, nu: int) -> np.ndarray:
    """(R, d, d) standardised Wishart matrices (W − νI)/√ν: finite however large ν."""
    factor = drawn(seed, nu)
    return (factor @ np.swapaxes(factor, 1, 2) - np.eye(DIM)) * np.sqrt(nu)


def wishart_covariance() -> np.ndarray:
    """(d, d, d, d) Cov(W_ij, W_kl)/ν = δ_ik δ_jl + δ_il δ_jk."""
    one = np.eye(DIM)
    return np.einsum("ik,jl->ijkl", one, one) + np.einsum("il,jk->ijkl", one, one)


@every_nu
def test_first_and_second_moments(nu: int, seed: int) -> None:
    w = matrices(seed, nu)
    below = np.tril_indices(DIM)
    pairs = np.einsum("rij,rkl->rijkl", w, w)[:, below[0], below[1]][:, :, below[0], below[1]]
    covariance = wishart_covariance()[below][:, below[0], below[1]]
    assert worst_z(w[:, *below], np.zeros(6)) < z_bound(42)
    assert worst_z(pairs, covariance) < z_bound(42)


@pytest.mark.parametrize("nu", [3, 4, 20, 10**6])
def test_the_log_determinant(nu: int, seed: int) -> None:
    log_det = 2 * np.sum(np.log(np.diagonal(drawn(seed, nu), axis1=1, axis2=2)), axis=1)
    half = (nu - np.arange(DIM)) / 2
    centred = log_det - np.sum(digamma(half) - np.log(nu / 2))
    moments = np.array([0.0, np.sum(polygamma(1, half)), np.sum(polygamma(2, half))])
    assert worst_z(np.stack([centred, centred**2, centred**3], axis=1), moments) < z_bound(3)


@pytest.mark.parametrize("nu", [1, 2])
def test_a_lost_rank_is_lost_exactly(nu: int) -> None:
    factor = drawn(0, nu)
    assert np.all(factor[:, :, nu:] == 0)
    assert np.all(np.diagonal(factor, axis1=1, axis2=2)[:, :nu] > 0)
    assert np.all(np.isfinite(factor))


def test_the_factor_is_lower_triangular() -> None:
    assert np.all(drawn(0, 20) == np.tril(drawn(0, 20)))


def test_without_degrees_of_freedom_nothing_is_left() -> None:
    assert np.all(drawn(0, 1, dim=1) != 0)
    none = np.asarray(factors(seed_words(0), jnp.float32(0), ChiSquareTable.build(np.ones(1), np.float32), 2))
    assert np.all(none == 0)


def test_one_degree_more_is_rejected(seed: int) -> None:
    w = matrices(seed, 20) + np.sqrt(20) * np.eye(DIM)
    wrong = w * np.sqrt(20 / 21) - np.sqrt(21) * np.eye(DIM)
    below = np.tril_indices(DIM)
    assert worst_z(wrong[:, *below], np.zeros(6)) > z_bound(6)


def test_a_matrix_of_wrong_correlation_is_rejected(seed: int) -> None:
    mixed = np.eye(DIM) + np.diag([0.02, 0.0], -1)
    w = mixed @ matrices(seed, 20) @ mixed.T
    below = np.tril_indices(DIM)
    pairs = np.einsum("rij,rkl->rijkl", w, w)[:, below[0], below[1]][:, :, below[0], below[1]]
    assert worst_z(pairs, wishart_covariance()[below][:, below[0], below[1]]) > z_bound(36)

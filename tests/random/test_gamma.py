"""Gamma, chi-square and beta variates: error of the quantile, law of the draws, edges."""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
import pytest
from scipy import special, stats

from madtheory.random import ChiSquareTable, beta, chi_square, gamma, log_gamma, log_odds, normal
from madtheory.random.chi_square import log_quantile
from madtheory.random.gamma import _log_ratio, log_uniform
from tests.false_alarms import uniform_z, worst_z, z_bound
from tests.random.drawing import four_words

DRAWS = 2**18
SHAPES = [1, 1.01, 1.5, 2, 3.7, 20, 1e3, 1e5, 1e7, 1e9]
FLOAT32 = {1: 4e-6, 1.01: 4e-6, 1.5: 4e-6, 2: 3e-6, 3.7: 1.2e-6}  # of the logarithm, which is as low as −22 there
SCORES = np.linspace(-6.34, 6.34, 2001)
jitted = {function: jax.jit(function, static_argnums=2) for function in (log_gamma, gamma, chi_square)}
jitted |= {function: jax.jit(function, static_argnums=3) for function in (beta, log_odds)}


def drawn(function: Any, words: tuple[np.ndarray, ...], *shapes: Any, dtype: type = np.float32) -> np.ndarray:
    """Draws (DRAWS,), always of one shape: one compilation."""
    parameters = (np.resize(np.array(shape, dtype), DRAWS) for shape in shapes)
    return np.asarray(jitted[function](words, *parameters, dtype), float)


@functools.partial(jax.jit, static_argnums=2)
def read(scores: Any, shape: Any, dtype: Any) -> Any:
    return _log_ratio(scores.astype(dtype), shape.astype(dtype))


def ratio_error(shape: float, dtype: type) -> float:
    """Largest error of log(G/a) at all scores."""
    with jax.enable_x64(True):
        scores = SCORES.astype(dtype)
        found = read(scores, np.array([shape]), dtype)
        return float(np.max(abs(np.asarray(found, float) - log_quantile(scores.astype(float), np.array(2.0 * shape)))))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_float32_quantile(shape: float) -> None:
    """Measured: 3.8e-6 near shape 1, 7e-7 for 3, 3e-7 for 10, 6e-8 for 100: 1e-6 standard deviations."""
    error = ratio_error(shape, np.float32)
    assert error < FLOAT32.get(shape, 1e-6)
    assert error < 1.5e-6 / np.sqrt(shape) or shape < 5


@pytest.mark.parametrize("shape", SHAPES)
def test_the_float64_quantile(shape: float) -> None:
    """Measured: 8e-13 for shape 1, 2e-13 for 2, 1e-13 standard deviations beyond."""
    assert ratio_error(shape, np.float64) < min(1e-12, 5e-12 / np.sqrt(shape))


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 2e-7), (np.float64, 1e-15)])
def test_the_logarithm_of_a_uniform_reaches_both_ends(dtype: type, error: float) -> None:
    words = np.array([0, 1, 2, 3, 2**32 - 2, 2**32 - 1], np.uint32)
    tail = ((words >> 1) + 0.5) / 2**32
    with jax.enable_x64(True):
        found = np.asarray(log_uniform(words, dtype), float)
    right = np.where(words & 1, np.log1p(-tail), np.log(tail))
    assert np.max(abs(found / right - 1)) < error


def log_moments(shape: float) -> np.ndarray:
    return np.array([special.polygamma(1, shape), special.polygamma(2, shape)])


@pytest.mark.parametrize("shape", [0.05, 0.5, 1, 1.7, 20])
def test_the_law_of_the_draws(shape: float, seed: int) -> None:
    x = drawn(log_gamma, four_words(seed, DRAWS)[:2], shape)
    centred = x - special.digamma(shape)
    assert np.all(np.isfinite(x))
    assert worst_z(np.stack([centred, centred**2, centred**3], axis=1), np.array([0.0, *log_moments(shape)])) < z_bound(4)
    assert uniform_z(stats.gamma.cdf(np.exp(x), shape)) < z_bound(4)


def test_shapes_are_traced_one_by_one(seed: int) -> None:
    """Each of four shapes has its own mean and variance, in float64 and with large shapes too."""
    shapes = np.array([0.3, 1.0, 7.0, 1e9])
    with jax.enable_x64(True):
        x = drawn(gamma, four_words(seed, DRAWS)[:2], shapes, dtype=np.float64).reshape(-1, 4)
    standard = (x - shapes) / np.sqrt(shapes)
    assert worst_z(standard, np.zeros(4)) < z_bound(8)
    assert worst_z(standard**2, np.ones(4)) < z_bound(8)


def test_a_wrong_shape_is_rejected(seed: int) -> None:
    x = np.exp(drawn(log_gamma, four_words(seed, DRAWS)[:2], 2.1))
    assert uniform_z(stats.gamma.cdf(x, 2)) > z_bound(1)
    assert worst_z(np.log(x), special.digamma(2)) > z_bound(1)


def test_gamma_is_the_exponential_of_its_logarithm_and_chi_square_is_twice_it() -> None:
    words, shapes = four_words(3, DRAWS)[:2], [0.3, 1.0, 1.5, 80.0]
    x = drawn(gamma, words, shapes)
    assert drawn(log_gamma, words, shapes) == pytest.approx(np.log(x), abs=1e-5)
    assert np.array_equal(drawn(chi_square, words, 2 * np.array(shapes)), 2 * x)


def test_a_table_of_known_shapes_gives_the_same_draws() -> None:
    words, shapes = four_words(3, DRAWS)[:2], np.array([0.5, 1.2, 3.4, 40.0])
    table = ChiSquareTable.build(2 * shapes, np.float32)
    read = jax.jit(lambda table, score, nu: table.log_ratio(score, nu))
    ratio = read(table, normal(words[0], np.float32), np.resize(2 * shapes, DRAWS).astype(np.float32))
    found = np.asarray(ratio, float).reshape(-1, 4) + np.log(shapes)
    assert found[:, 1:] == pytest.approx(drawn(log_gamma, words, shapes).reshape(-1, 4)[:, 1:], abs=1e-5)
    assert abs(np.mean(found[:, 0]) - special.digamma(0.5)) < 0.05


def test_a_bad_shape_is_not_a_number() -> None:
    words, bad = four_words(3, DRAWS), [0.0, -1.0, np.nan, np.inf, -np.inf, 1.1e12]
    for function in (gamma, log_gamma, chi_square):
        assert np.all(np.isnan(drawn(function, words[:2], 2 * np.array(bad))))
    assert np.all(np.isnan(drawn(beta, words, bad, 1.0)))
    assert np.all(np.isnan(drawn(log_odds, words, 1.0, bad)))


@pytest.mark.parametrize(("a", "b"), [(0.05, 0.05), (1, 1), (0.5, 3), (200, 3)])
def test_the_law_of_beta(a: float, b: float, seed: int) -> None:
    words = four_words(seed, DRAWS)
    x, odds = (drawn(function, words, a, b) for function in (beta, log_odds))
    moments = [special.digamma(a) - special.digamma(b), special.polygamma(1, a) + special.polygamma(1, b)]
    centred = odds - moments[0]
    assert worst_z(np.stack([centred, centred**2], axis=1), np.array([0, moments[1]])) < z_bound(5)
    assert worst_z(x, a / (a + b)) < z_bound(5)
    assert uniform_z(stats.beta.cdf(special.expit(odds), a, b)) < z_bound(5) or min(a, b) < 0.1


def test_beta_of_large_shapes_keeps_its_digits(seed: int) -> None:
    odds = drawn(log_odds, four_words(seed, DRAWS), 1e9, 1e9)
    assert worst_z(odds * np.sqrt(0.5e9), 0.0) < z_bound(2)
    assert worst_z(odds**2 * 0.5e9, 1.0) < z_bound(2)


def test_beta_with_wrong_shapes_is_rejected(seed: int) -> None:
    x = drawn(beta, four_words(seed, DRAWS), 2.1, 3.0)
    assert uniform_z(stats.beta.cdf(x, 2, 3)) > z_bound(1)

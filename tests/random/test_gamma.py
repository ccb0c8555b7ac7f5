"""Gamma, chi-square and beta variates: error of the quantile, law of the draws, edges."""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
import pytest
from scipy import special, stats

from madtheory.random import beta, chi_square, gamma, log_gamma, log_odds
from madtheory.random.chi_square import log_quantile
from madtheory.random.gamma import _log_ratio, log_uniform
from tests.false_alarms import uniform_z, worst_z, z_bound
from tests.random.drawing import four_words

DRAWS = 2**18
SHAPES = [1, 1.01, 1.5, 2, 3.7, 20, 1e3, 1e5, 1e7, 1e9]
FLOAT32 = {1: 4e-6, 1.01: 4e-6, 1.5: 4e-6, 2: 3e-6, 3.7: 1.2e-6}  # of the logarithm, which is as low as −22 there
SCORES = np.linspace(-6.34, 6.34, 2001)
draw_log = jax.jit(log_gamma, static_argnums=2)
draw = jax.jit(gamma, static_argnums=2)
draw_chi_square = jax.jit(chi_square, static_argnums=2)
draw_beta = jax.jit(beta, static_argnums=3)
draw_odds = jax.jit(log_odds, static_argnums=3)


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
    x = np.asarray(draw_log(four_words(seed, DRAWS)[:2], shape, np.float32), float)
    centred = x - special.digamma(shape)
    assert np.all(np.isfinite(x))
    assert worst_z(np.stack([centred, centred**2, centred**3], axis=1), np.array([0.0, *log_moments(shape)])) < z_bound(4)
    assert uniform_z(stats.gamma.cdf(np.exp(x), shape)) < z_bound(4)


def test_shapes_are_traced_one_by_one(seed: int) -> None:
    """Shapes (S, 1) against words (R,): each row has its own mean and variance, in float64 and with large shapes too."""
    shapes = np.array([0.3, 1.0, 7.0, 1e9])[:, None]
    with jax.enable_x64(True):
        x = np.asarray(draw(four_words(seed, DRAWS)[:2], shapes, np.float64))
    standard = ((x - shapes) / np.sqrt(shapes)).T
    assert worst_z(standard, np.zeros(4)) < z_bound(8)
    assert worst_z(standard**2, np.ones(4)) < z_bound(8)


def test_a_wrong_shape_is_rejected(seed: int) -> None:
    x = np.asarray(draw(four_words(seed, DRAWS)[:2], 2.1, np.float32), float)
    assert uniform_z(stats.gamma.cdf(x, 2)) > z_bound(1)
    assert worst_z(np.log(x), special.digamma(2)) > z_bound(1)


def test_chi_square_is_twice_a_gamma() -> None:
    words = four_words(3, 1000)[:2]
    assert np.array_equal(draw_chi_square(words, 3.0, np.float32), 2 * np.asarray(draw(words, 1.5, np.float32)))


@pytest.mark.parametrize("shape", [0.0, -1.0, np.nan, np.inf, -np.inf])
def test_a_bad_shape_is_not_a_number(shape: float) -> None:
    words = four_words(3, 4)
    assert np.all(np.isnan(draw(words[:2], shape, np.float32)))
    assert np.all(np.isnan(draw_log(words[:2], shape, np.float32)))
    assert np.all(np.isnan(draw_beta(words, shape, 1.0, np.float32)))


@pytest.mark.parametrize(("a", "b"), [(0.05, 0.05), (1, 1), (0.5, 3), (200, 3)])
def test_the_law_of_beta(a: float, b: float, seed: int) -> None:
    words = four_words(seed, DRAWS)
    x, odds = (np.asarray(f(words, a, b, np.float32), float) for f in (draw_beta, draw_odds))
    moments = [special.digamma(a) - special.digamma(b), special.polygamma(1, a) + special.polygamma(1, b)]
    centred = odds - moments[0]
    assert worst_z(np.stack([centred, centred**2], axis=1), np.array([0, moments[1]])) < z_bound(5)
    assert worst_z(x, a / (a + b)) < z_bound(5)
    assert uniform_z(stats.beta.cdf(special.expit(odds), a, b)) < z_bound(5) or min(a, b) < 0.1


def test_beta_of_large_shapes_keeps_its_digits(seed: int) -> None:
    odds = np.asarray(draw_odds(four_words(seed, DRAWS), 1e9, 1e9, np.float32), float)
    assert worst_z(odds * np.sqrt(0.5e9), 0.0) < z_bound(2)
    assert worst_z(odds**2 * 0.5e9, 1.0) < z_bound(2)


def test_beta_with_wrong_shapes_is_rejected(seed: int) -> None:
    x = np.asarray(draw_beta(four_words(seed, DRAWS), 2.1, 3.0, np.float32), float)
    assert uniform_z(stats.beta.cdf(x, 2, 3)) > z_bound(1)

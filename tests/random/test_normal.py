"""Standard normals: error against the exact quantile of every kind of word, and the law of many."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from numpy.polynomial.polynomial import polyval
from scipy import stats
from scipy.special import ndtri

from madtheory.random import SYNTHETIC, Stream, _normal_fit, normal, seed_words
from madtheory.random.normal import ABOVE, BELOW, LOG
from tests.false_alarms import uniform_z, worst_z, z_bound

POWERS = 2 ** np.arange(32, dtype=np.uint64)
SCALES = np.unique(np.concatenate([POWERS, POWERS - 1, POWERS + 1, POWERS ^ np.uint64(2**32 - 1), 3 * POWERS])) % 2**32
WORDS = np.concatenate([SCALES, np.random.default_rng(0).integers(0, 2**32, 2**18)]).astype(np.uint32)
MOMENTS = np.array([0.0, 1.0, 0.0, 3.0, 15.0])


def exact(words: np.ndarray) -> np.ndarray:
    """The quantile that each word stands for."""
    tail = (np.asarray(words >> np.uint32(1), float) + 0.5) / 2**32
    centre = 0.5 - tail
    near = np.sqrt(2 * np.pi) * centre * (1 + np.pi / 3 * centre**2 * (1 + 7 * np.pi / 10 * centre**2))
    score = np.where(centre < 1e-3, near, -ndtri(tail))
    return np.where(words & np.uint32(1), -score, score)


def drawn(seed: int, count: int, dtype: Any = np.float32) -> np.ndarray:
    return np.asarray(normal(Stream(seed_words(seed), np.uint32(0), np.uint32(1)).words(SYNTHETIC).many(count), dtype), float)


def powers(x: np.ndarray) -> np.ndarray:
    return np.stack([x, x**2, x**3, x**4, x**6], axis=1)


def test_the_float32_quantile() -> None:
    """Measured: 3.8e-7, relative, over all words from the centre to 6.3 standard deviations."""
    assert np.max(abs(np.asarray(normal(WORDS, np.float32), float) / exact(WORDS) - 1)) < 5e-7


def test_the_float64_quantile() -> None:
    """Measured: 1e-13, relative."""
    with jax.enable_x64(True):
        found = np.asarray(normal(WORDS, np.float64))
    assert np.max(abs(found / exact(WORDS) - 1)) < 1e-12


@pytest.mark.slow
def test_the_numbers_are_those_of_the_fit() -> None:
    """To the digits that float32 can see."""
    log, log_error = _normal_fit.fit_log(len(LOG) - 1)
    above, below, error = _normal_fit.fit_score(len(ABOVE) - 1, len(BELOW) - 1)
    assert log_error < 2e-7
    assert error < 1e-8
    s = np.linspace(0, _normal_fit.LARGEST, 1000)
    ratio = polyval(s, above) / polyval(s, below) * polyval(s, BELOW) / polyval(s, ABOVE)
    assert abs(ratio - 1) == pytest.approx(0, abs=1e-8)
    assert polyval(np.linspace(-0.5, 0.5, 100), log - np.array(LOG)) == pytest.approx(0, abs=1e-8)


def test_tails_reach_beyond_six_standard_deviations() -> None:
    found = np.asarray(normal(np.array([0, 1], np.uint32), np.float32), float)
    assert abs(found) == pytest.approx(-ndtri(2.0**-33), rel=1e-6)
    assert -ndtri(2.0**-33) > 6.3


def test_both_sides_are_mirror_images() -> None:
    assert np.array_equal(np.asarray(normal(WORDS, np.float32)), -np.asarray(normal(WORDS ^ np.uint32(1), np.float32)))


def test_the_centre_keeps_its_precision() -> None:
    """The square of a score is a chi-square: its logarithm must be finite and right, however near the centre."""
    central = np.concatenate([np.arange(2**32 - 2**10, 2**32), 2**32 - 2 ** np.arange(1, 30)]).astype(np.uint32)
    assert np.max(abs(np.asarray(normal(central, np.float32), float) / exact(central) - 1)) < 3e-7


def test_moments_and_distribution(seed: int) -> None:
    x = drawn(seed, 2**20)
    assert worst_z(powers(x), MOMENTS) < z_bound(len(MOMENTS) + 1)
    assert uniform_z(stats.norm.cdf(x)) < z_bound(len(MOMENTS) + 1)


def test_a_wrong_law_is_rejected(seed: int) -> None:
    x = drawn(seed, 2**20)
    assert worst_z(powers(1.02 * x), MOMENTS) > z_bound(len(MOMENTS))
    assert uniform_z(stats.norm.cdf(x + 0.03)) > z_bound(1)


def spread(count: int) -> np.ndarray:
    """Words of one side in the middle of equal parts of the probability."""
    return (np.arange(count, dtype=np.uint64) * (2**32 // count) + 2**31 // count).astype(np.uint32)


def test_the_moments_of_words_spread_evenly() -> None:
    """Without sampling: a bias below 1/20 of the error of 10¹¹ draws. Measured: −4e-8 and −3e-7."""
    x, right = np.asarray(normal(spread(2**20), np.float32), float), exact(spread(2**20))
    for power, variance in ((2, 2), (4, 96)):
        assert abs(np.mean(x**power - right**power)) < np.sqrt(variance / 10**11) / 20


@pytest.mark.nightly
def test_the_law_of_all_words() -> None:
    """Exact, without sampling: moments over all 2³² words, less biased than 10¹¹ draws could see."""
    chunk, sums = 2**24, np.zeros(2)
    score = jax.jit(lambda words: normal(words, np.float32))
    for start in range(0, 2**31, chunk):
        x = np.asarray(score(((np.arange(chunk, dtype=np.uint64) + start) << np.uint64(1)).astype(np.uint32)), float)
        sums += [np.sum(x**2), np.sum(x**4)]
    bias = abs(sums / 2**31 - np.array([1, 3]))
    assert np.all(bias < np.sqrt(np.array([2, 96]) / 10**11))

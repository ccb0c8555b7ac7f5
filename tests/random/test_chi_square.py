"""log χ²: error of the quantile in standard deviations, law of the draws, tilt, and which row a rounded ν reads."""

from __future__ import annotations

import jax
import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

from madtheory.models import Gaussian
from madtheory.random import SYNTHETIC, ChiSquareTable, Stream, normal, seed_words
from tests.false_alarms import uniform_z, worst_z, z_bound

NU = [1, 2, 3, 5, 9, 29, 99, 999, 10**6, 10**9]
every_nu = pytest.mark.parametrize("nu", NU)
FLOAT32 = {1: 5e-6, 2: 2.5e-6, 3: 2e-6}  # of log χ², which is as low as −46, −23, −16 there; 1e-6 from then on
DRAWS = 2**18
SCORES = np.linspace(-6.34, 6.34, 4002)  # as far as words reach


@jax.jit
def read(table: ChiSquareTable, scores: jax.Array, nu: jax.Array) -> jax.Array:
    return table.log_ratio(scores, nu)


def log_ratio(nu: float, scores: np.ndarray, dtype: type, tilt: float = 0.0) -> np.ndarray:
    """log(χ²_ν/ν) at the scores, in this precision."""
    with jax.enable_x64(dtype == np.float64):
        table = ChiSquareTable.build(np.array([nu]), dtype, tilt)
        return np.asarray(read(table, scores.astype(dtype), np.array([nu], dtype)), float)


def quantile(nu: float, scores: np.ndarray) -> np.ndarray:
    """log(χ²_ν/ν) by inverting the distribution function at both tails.

    SciPy's inverse has too few digits above ν = 10⁵.
    """
    lower, upper = stats.chi2.ppf(special.ndtr(scores), nu), stats.chi2.isf(special.ndtr(-scores), nu)
    return np.log(np.where(scores < 0, lower, upper) / nu)


def draws(seed: int, count: int, nu: float, dtype: type = np.float32, tilt: float = 0.0) -> np.ndarray:
    words = Stream(seed_words(seed), np.uint32(5), np.uint32(1)).words(SYNTHETIC).many(count)
    return log_ratio(nu, np.asarray(normal(words, dtype)), dtype, tilt)


def cumulants(x: np.ndarray) -> np.ndarray:
    return np.stack([x, x**2, x**3], axis=1)


def log_moments(nu: float, tilt: float = 0.0) -> np.ndarray:
    """First three moments of log(χ²_{ν+2θ}/ν)."""
    half = nu / 2 + tilt
    mean, variance, third = special.digamma(half) - np.log(nu / 2), special.polygamma(1, half), special.polygamma(2, half)
    return np.array([mean, variance + mean**2, third + 3 * mean * variance + mean**3])


@pytest.mark.parametrize("nu", [nu for nu in NU if nu <= 10**5])
def test_the_float64_quantile(nu: int) -> None:
    """Measured: 7e-13 for ν = 1, 3e-13 for ν = 2, below 1e-13 from ν = 9 on."""
    assert np.max(abs(log_ratio(nu, SCORES, np.float64) - quantile(nu, SCORES))) < 1e-12


@pytest.mark.parametrize("nu", [10**6, 10**9])
@pytest.mark.parametrize("score", [-6.0, -2.5, -0.3, 1.0, 4.0])
def test_the_float64_quantile_of_a_large_nu(nu: int, score: float) -> None:
    """Against the distribution function in 40 digits. Measured: 1e-13 standard deviations."""
    log = float(log_ratio(nu, np.array([score]), np.float64)[0])
    assert abs(excess(nu, log, score)) < 1e-12


def excess(nu: int, log: float, score: float) -> float:
    """How far log(χ²/ν) lies from the quantile of a score, in scores, by Temme's uniform expansion (DLMF 8.12.4).

    P(χ² > aλ·2) = Φ(−√a η) + φ(√a η)(c₀ + c₁/a + …)/√a with a = ν/2, η²/2 = λ − 1 − log λ.
    """
    with mp.workdps(40):
        a, rise = mp.mpf(nu) / 2, mp.expm1(mp.mpf(log))
        eta = mp.sign(rise) * mp.sqrt(2 * (rise - mp.mpf(log)))
        c0, c1 = 1 / rise - 1 / eta, 1 / eta**3 - 1 / rise**3 - 1 / rise**2 - 1 / (12 * rise)
        upper = mp.ncdf(-mp.sqrt(a) * eta) + mp.npdf(mp.sqrt(a) * eta) * (c0 + c1 / a) / mp.sqrt(a)
        return float((upper - mp.ncdf(-mp.mpf(score))) / mp.npdf(score))


@every_nu
def test_the_float32_quantile(nu: int) -> None:
    """Absolute in log χ². Measured: 4e-6 to 1.5e-6 for ν = 1 to 3, 7e-7 for ν = 9, 1e-7 for ν = 99, 4e-9 for 10⁵."""
    scores = SCORES.astype(np.float32).astype(float)
    right = quantile(nu, scores) if nu <= 10**5 else log_ratio(nu, scores, np.float64)
    error = np.max(abs(log_ratio(nu, scores, np.float32) - right))
    assert error < FLOAT32.get(nu, 1e-6)
    assert error < 2e-6 * np.sqrt(2 / nu) or nu < 9


@pytest.mark.parametrize(("nu", "short"), [(3, False), (8, False), (9, True), (29, True), (10**9, True)])
def test_a_short_polynomial_says_where_it_suffices(nu: int, short: bool) -> None:
    assert bool(ChiSquareTable.build(np.array([nu, 10**4]), np.float32).short) is short


@pytest.mark.parametrize("nu", [9, 99, 10**6])
def test_the_float32_quantile_of_a_short_polynomial(nu: int) -> None:
    """Measured: 6e-7 for ν = 9, 1e-7 for ν = 99."""
    scores = SCORES.astype(np.float32)
    found = read(ChiSquareTable.build(np.array([nu]), np.float32).quick(), scores, np.array([nu], np.float32))
    right = log_ratio(nu, scores.astype(float), np.float64)
    assert np.max(abs(np.asarray(found, float) - right)) < 2e-6 * np.sqrt(2 / nu)


def test_no_degrees_of_freedom_are_no_sum() -> None:
    table = ChiSquareTable.build(np.array([0, 3]), np.float32)
    for form in (table, table.quick()):
        assert np.all(np.asarray(read(form, np.ones(1, np.float32), np.zeros(1, np.float32))) == -np.inf)


@every_nu
def test_the_float32_law_has_the_right_mean(nu: int) -> None:
    """Without sampling, over words spread evenly: a bias below 1/20 of the error of 10¹¹ draws.

    Measured, in standard deviations: at most 5e-8.
    """
    words = (np.arange(2**16, dtype=np.uint64) * 2**16 + 2**15).astype(np.uint32)
    words = np.concatenate([words, words ^ np.uint32(1)])
    found = log_ratio(nu, np.asarray(normal(words, np.float32)), np.float32)
    exact = log_ratio(nu, np.asarray(normal_in_float64(words)), np.float64)
    assert abs(np.mean(found - exact)) / np.sqrt(2 / nu) < 1 / 20 / np.sqrt(10**11)


def normal_in_float64(words: np.ndarray) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(normal(words, np.float64))


@every_nu
def test_the_law_of_the_draws(nu: int, seed: int) -> None:
    x = draws(seed, DRAWS, nu)
    mean = log_moments(nu)[0]
    centred = x - mean  # else the third moment of a large ν is lost in rounding
    moments = np.array([0.0, special.polygamma(1, nu / 2), special.polygamma(2, nu / 2)])
    assert worst_z(cumulants(centred), moments) < z_bound(4)
    if nu <= 10**6:
        assert uniform_z(stats.chi2.cdf(nu * np.exp(x), nu)) < z_bound(4)


def test_a_wrong_number_of_degrees_is_rejected(seed: int) -> None:
    x = draws(seed, DRAWS, 9)
    assert worst_z(cumulants(x), log_moments(10)) > z_bound(3)
    assert uniform_z(stats.chi2.cdf(10 * np.exp(x), 10)) > z_bound(1)


@pytest.mark.parametrize(("nu", "tilt"), [(1, 0.9), (2, 0.5), (9, 0.9), (99, 0.9), (10**6, 0.9)])
def test_the_tilted_law(nu: int, tilt: float, seed: int) -> None:
    x = draws(seed, DRAWS, nu, tilt=tilt)
    assert worst_z(cumulants(x), log_moments(nu, tilt)) < z_bound(3)


def test_a_law_that_is_not_tilted_is_rejected(seed: int) -> None:
    assert worst_z(cumulants(draws(seed, DRAWS, 1)), log_moments(1, 0.9)) > z_bound(3)


@pytest.mark.parametrize("n", [2**24 - 1, 2**24 + 1, 2**24 + 3, 2**24 + 5, 10**9, 10**9 + 7, 2**31 - 1])
def test_a_rounded_size_reads_its_own_row(n: int) -> None:
    """Sizes beyond 2²⁴ are rounded in float32, also those of all three dimensions in one table."""
    table = Gaussian(dim=3).tables(np.array([20, n]), np.float32)
    nu = np.float32(n) - 1 - np.arange(3, dtype=np.float32)
    found = np.asarray(table.log_ratio(np.ones(3, np.float32), nu))
    assert found == pytest.approx(np.sqrt(2 / n) * np.ones(3), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("nu", [1, 9])
def test_rounding_is_below_the_noise_of_1e8_draws(nu: int, seed: int) -> None:
    """float32 against float64 on the same words, and the mean of 10⁸ draws."""
    score = jax.jit(lambda words: normal(words, np.float32))
    total, rounding, size = 0.0, 0.0, 10**6
    for k in range(100):
        words = np.asarray(Stream(seed_words(seed), np.uint32(k), np.uint32(1)).words(SYNTHETIC).many(size))
        x = log_ratio(nu, np.asarray(score(words)), np.float32)
        total += x.sum() - size * log_moments(nu)[0]
        rounding += np.sum(x - log_ratio(nu, normal_in_float64(words), np.float64))
    error = np.sqrt(special.polygamma(1, nu / 2) * 100 * size)
    assert abs(total) / error < z_bound(2)
    assert abs(rounding) / error < 1 / 20

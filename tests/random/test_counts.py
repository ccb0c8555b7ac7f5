"""Poisson, binomial and multinomial counts: where they step from one count to the next, their law, edges."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from madtheory.random import _counts, binomial, multinomial, poisson
from madtheory.random.binomial import law as binomial_law
from madtheory.random.poisson import law as poisson_law
from tests.false_alarms import worst_z, z_bound
from tests.random.drawing import four_words

DRAWS = 2**16
CATEGORIES = 6
ROUNDING = 1e-14  # of a sum of probabilities
PLACES = 128
jitted = {function: jax.jit(function) for function in (poisson, binomial, multinomial)}
RATES = [1e-7, 0.3, 8.0, 40.0, 40.001, 50.0, 1e3, 1e5]
BINOMIALS = [(1, 0.3), (10, 0.5), (80, 0.5), (82, 0.5), (200, 0.2), (1000, 0.02), (1000, 0.5), (10**5, 0.4), (2**31 - 1, 1e-8)]


def draw_poisson(words: Any, rate: Any) -> np.ndarray:
    """Counts (DRAWS,), always of one shape: one compilation."""
    return np.asarray(jitted[poisson](words, np.broadcast_to(np.float32(rate), DRAWS)))


def draw_binomial(words: Any, n: Any, p: Any) -> np.ndarray:
    """Counts (DRAWS,), always of one shape: one compilation."""
    return np.asarray(jitted[binomial](words, np.broadcast_to(np.int32(n), DRAWS), np.broadcast_to(np.float32(p), DRAWS)))


def draw_multinomial(seed: int, n: int, weights: list[float]) -> np.ndarray:
    """Counts (DRAWS, CATEGORIES), always of one shape: one compilation."""
    words = tuple(np.stack([four_words(seed, DRAWS, k)[i] for k in range(CATEGORIES)], axis=1) for i in (0, 1))
    padded = np.array([*weights, *[0.0] * (CATEGORIES - len(weights))], np.float32)
    return np.asarray(jitted[multinomial](words, np.int32(n), padded), np.int64)


@jax.jit
def invert(tail: Any, upper: Any, law: tuple[Any, ...]) -> tuple[Any, Any]:
    at, law = _counts.Quantile(tail, upper), (poisson_law if len(law) == 1 else binomial_law)(*law)
    return _counts.by_sums(at, law), _counts.by_root(at, law)


def counts(tail: np.ndarray, upper: np.ndarray, *parameters: float) -> np.ndarray:
    """The counts at these places, by the way that is used for this law."""
    few = np.prod(parameters) <= _counts.MEAN_OF_SUMS
    with jax.enable_x64(True):
        tail, upper = (np.resize(x, PLACES) for x in (tail, upper))
        return np.asarray(invert(tail, upper, tuple(np.full(PLACES, float(p)) for p in parameters))[0 if few else 1])


def steps(law: Any, *parameters: float) -> None:
    """At both sides of every F(k) between 10⁻¹⁰ and 1 − 10⁻¹⁰, the count is k and k + 1.

    How near: by sums to the rounding of a sum; by a root to 1e-6 of the tail for means below 100, at its far end, and to
    1e-9 beyond.
    """
    ends = np.logspace(-10, -0.4, 40)
    k = np.unique(np.concatenate([law.ppf(ends), law.isf(ends)]))
    k = np.resize(k[(law.cdf(k) > 0) & (law.sf(k) > 1e-10)], PLACES)
    upper = law.sf(k) < law.cdf(k)
    tail = np.where(upper, law.sf(k), law.cdf(k))
    mean = np.prod(parameters)
    near = np.where(mean <= _counts.MEAN_OF_SUMS, ROUNDING, tail * (1e-6 if mean < 100 else 1e-9))
    assert np.array_equal(counts(tail + np.where(upper, near, -near), upper, *parameters), k)
    assert np.array_equal(counts(tail - np.where(upper, near, -near), upper, *parameters), k + 1)


@pytest.mark.parametrize("rate", RATES)
def test_poisson_steps_where_its_distribution_function_does(rate: float) -> None:
    steps(stats.poisson(rate), rate)


@pytest.mark.parametrize(("n", "p"), BINOMIALS)
def test_binomial_steps_where_its_distribution_function_does(n: int, p: float) -> None:
    steps(stats.binom(n, p), n, p)


@pytest.mark.parametrize("score", [-6.0, -1.0, 0.2, 3.0, 6.0])
def test_the_distribution_function_of_a_large_rate(score: float) -> None:
    """λ = 10⁹ against Temme's expansion in 40 digits (DLMF 8.12.4). Measured: 5e-12 in scores."""
    rate = 1e9
    kappa = rate + np.sqrt(rate) * score
    with jax.enable_x64(True):
        law = poisson_law(jnp.full(1, rate))
        found = float(_counts.score(jnp.full(1, kappa), jnp.full(1, score > 0), law)[0])
    with mp.workdps(40):
        a = mp.mpf(kappa) + 1
        rise = rate / a - 1
        eta = mp.sign(rise) * mp.sqrt(2 * (rise - mp.log1p(rise)))
        c0, c1 = 1 / rise - 1 / eta, 1 / eta**3 - 1 / rise**3 - 1 / rise**2 - 1 / (12 * rise)
        below = mp.ncdf(-mp.sqrt(a) * eta) + mp.npdf(mp.sqrt(a) * eta) * (c0 + c1 / a) / mp.sqrt(a)
        assert abs(float((below - mp.ncdf(mp.mpf(found))) / mp.npdf(found))) < 1e-10


def pooled_z(found: np.ndarray, law: Any) -> float:
    """Chi-square of the counts, cells of at least 20 expected, as a normal score."""
    values = np.arange(int(law.ppf(1e-9)), int(law.isf(1e-9)) + 1)
    expected = law.pmf(values) * len(found)
    edges = values[expected > 20]
    cells = np.clip(found, edges[0], edges[-1]) - edges[0]
    seen = np.bincount(cells.astype(int), minlength=len(edges))
    each = np.concatenate([[law.cdf(edges[0])], law.pmf(edges[1:-1]), [law.sf(edges[-1] - 1)]]) * len(found)
    return float(stats.norm.isf(stats.chi2.sf(np.sum((seen - each) ** 2 / each), len(edges) - 1)))


@pytest.mark.parametrize("rate", [0.4, 8.0, 39.0, 45.0])
def test_the_law_of_poisson(rate: float, seed: int) -> None:
    assert pooled_z(draw_poisson(four_words(seed, DRAWS)[:2], rate), stats.poisson(rate)) < z_bound(1)


@pytest.mark.parametrize(("n", "p"), [(5, 0.3), (100, 0.2), (100, 0.8), (90, 0.5)])
def test_the_law_of_binomial(n: int, p: float, seed: int) -> None:
    assert pooled_z(draw_binomial(four_words(seed, DRAWS)[:2], n, p), stats.binom(n, p)) < z_bound(1)


@pytest.mark.parametrize(("mean", "variance", "drawn"), [
    (1e9, 1e9, lambda words: draw_poisson(words, 1e9)),
    (0.25 * (2**31 - 1), 0.1875 * (2**31 - 1), lambda words: draw_binomial(words, 2**31 - 1, 0.25)),
])  # fmt: skip
def test_large_counts(mean: float, variance: float, drawn: Any, seed: int) -> None:
    x = (np.asarray(drawn(four_words(seed, DRAWS)[:2]), float) - mean) / np.sqrt(variance)
    assert worst_z(np.stack([x, x**2, x**3], axis=1), np.array([0.0, 1.0, 0.0])) < z_bound(3)


def test_a_wrong_law_is_rejected(seed: int) -> None:
    words = four_words(seed, DRAWS)[:2]
    assert pooled_z(draw_poisson(words, 8.2), stats.poisson(8)) > z_bound(1)
    assert pooled_z(draw_binomial(words, 100, 0.205), stats.binom(100, 0.2)) > z_bound(1)


def over(values: list[float]) -> np.ndarray:
    """(DRAWS,) the values, over and over."""
    return np.resize(np.array(values, float), DRAWS)


def test_the_edges_are_exact() -> None:
    words = four_words(1, DRAWS)[:2]
    n, p, right = over([0, 7, 7, 2**31 - 1, 2**31 - 1]), over([0.5, 0.0, 1.0, 1.0, 0.0]), over([0, 0, 7, 2**31 - 1, 0])
    assert np.array_equal(draw_binomial(words, n, p), right)
    assert np.all(draw_poisson(words, 0.0) == 0)


def test_bad_parameters_give_minus_one() -> None:
    words = four_words(1, DRAWS)[:2]
    assert np.all(draw_poisson(words, over([-1, np.nan, np.inf, 2.1e9, -np.inf, -1e-30])) == -1)
    assert np.all(draw_binomial(words, over([-1, 5, 5, 5, 5, 2**31 - 1]), over([0.5, -0.1, 1.1, np.nan, np.inf, -1e-9])) == -1)


def test_multinomial_counts_add_up_and_the_dead_stay_dead() -> None:
    for n in (0, 1, 100, 2 * 10**9):
        found = draw_multinomial(1, n, [0.1, 0.0, 0.2, 1e-9, 0.3, 0.0])
        assert np.all(found.sum(axis=1) == n)
        assert np.all(found[:, [1, 5]] == 0)
        assert np.all(found >= 0)


def test_the_law_of_multinomial(seed: int) -> None:
    n, p, left = 40, np.array([1.0, 0.0, 2.0, 3.0, 0.0, 0.0]) / 6, [0, 0, 0, 2, 2, 3]
    right = [0, 2, 3, 2, 3, 3]
    found = draw_multinomial(seed, n, [1.0, 0.0, 2.0, 3.0]).astype(float)
    covariance = n * (np.diag(p) - np.outer(p, p))
    pairs = (found - n * p)[:, left] * (found - n * p)[:, right]
    assert worst_z(found[:, [0, 2, 3]], n * p[[0, 2, 3]]) < z_bound(9)
    assert worst_z(pairs, covariance[left, right]) < z_bound(9)


def test_multinomial_with_wrong_weights_is_rejected(seed: int) -> None:
    found = draw_multinomial(seed, 40, [1.0, 2.0, 3.1])[:, :3].astype(float)
    assert worst_z(found, 40 * np.array([1, 2, 3]) / 6) > z_bound(3)


@pytest.mark.parametrize("weights", [[0.5, -0.1], [0.5, np.nan], [0.5, np.inf], [0.0, 0.0]])
def test_bad_weights_give_minus_one(weights: list[float]) -> None:
    assert np.all(draw_multinomial(1, 3, weights) == -1)


@pytest.mark.slow
def test_many_categories() -> None:
    weights = 1 / np.arange(1, 10**5 + 1)
    found = np.asarray(jitted[multinomial](tuple(w[None] for w in four_words(1, 10**5)[:2]), 10**6, weights))
    assert found.sum() == 10**6
    assert found[0, 0] == pytest.approx(10**6 * weights[0] / weights.sum(), rel=0.05)


@pytest.mark.slow
def test_vmap_is_the_loop() -> None:
    words, rates = four_words(2, DRAWS)[:2], np.linspace(0, 80, DRAWS, dtype=np.float32)
    together = jax.jit(jax.vmap(lambda a, b, r: poisson((a, b), r)))(*words, rates)
    assert np.array_equal(np.asarray(together), draw_poisson(words, rates))

"""Chains over many generations and with changing sizes, against whole matrices, figures of the theory, and a naive loop."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import xlogy
from scipy.stats import binom

from madtheory.laws import _wright_fisher as chain
from madtheory.laws import _wright_fisher_sizes as changing
from madtheory.laws._wright_fisher_poisson import all_alive_poissonised, mean_extinction_time_poissonised
from tests.false_alarms import z_bound

P = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
STARTS = np.append(P, [0.0, 1.0, 0.999, 1e-5])
SIZES = [15, 40, 8, 8, 25, 12, 12, 6, 30, 10]
REPLICAS = 40_000
ACCURACY = 1e-11


def matrix(before: int, after: int) -> np.ndarray:
    """(before+1, after+1) probabilities of one generation, written out."""
    return binom.pmf(np.arange(after + 1), after, (np.arange(before + 1) / before)[:, None])


def written_out(sizes: list[int], p: np.ndarray) -> np.ndarray:
    """(I, n_T+1) law of the count in the last generation, by the whole matrices."""
    law = binom.pmf(np.arange(sizes[0] + 1), sizes[0], p[:, None])
    for before, after in pairwise(sizes):
        law = law @ matrix(before, after)
    return law


def naive(sizes: list[int], seed: int) -> np.ndarray:
    """(T+1, R, K) counts of a loop that draws symbols and divides their counts by the size."""
    rng, p = np.random.default_rng(seed), np.tile(P, (REPLICAS, 1))
    rows = [p]
    for n in sizes:
        rows.append(rng.multinomial(n, p))
        p = rows[-1] / n
    return np.array(rows)


def worst(runs: np.ndarray, sizes: list[int]) -> float:
    """Largest |z| of what happened against the chains: alphabets down to one symbol, alphabets whole, symbols left."""
    left = (runs > 0).sum(axis=2)[1:]
    shares = [(left == 1, changing.collapsed(P, sizes)[1:]), (left == len(P), changing.all_alive(P, sizes)[1:])]
    z = [(hit.mean(1) - p) / np.sqrt(p * (1 - p) / REPLICAS) * (p * (1 - p) * REPLICAS > 20) for hit, p in shares]
    z.append((left.mean(1) - changing.expected_symbols(P, sizes)[1:]) / (left.std(1) / np.sqrt(REPLICAS)))
    return float(np.max(np.abs(z)))


@pytest.mark.parametrize("n", [3, 40, 300])
def test_rounding_does_not_add_up_over_many_generations(n: int) -> None:
    generations = 40 * n
    found = chain.two_alleles(n).taken_over(STARTS, generations)
    assert np.abs(found[-1] - STARTS).max() < ACCURACY + (1 - 1 / n) ** generations
    power = np.linalg.matrix_power(matrix(n, n), n - 1)
    assert np.abs(found[n] - binom.pmf(np.arange(n + 1), n, STARTS[:, None]) @ power[:, -1]).max() < ACCURACY


@pytest.mark.parametrize("n", [2, 12, 40, 500])
def test_the_mean_time_solves_the_linear_system(n: int) -> None:
    inner = np.arange(1, n) / n
    excess = np.linalg.solve(np.eye(n - 1) - matrix(n, n)[1:-1, 1:-1], inner)
    expected = P + binom.pmf(np.arange(1, n), n, P[:, None]) @ excess
    np.testing.assert_allclose(chain.two_alleles(n).time_lost(P), expected, rtol=1e-11)


@pytest.mark.parametrize("n", [2, 40, 300])
def test_the_tail_is_geometric(n: int) -> None:
    t = 12 * n
    assert 1 - chain.collapsed(P, n, t)[t] == pytest.approx(chain.collapse_tail(P, n) * (1 - 1 / n) ** t, rel=1e-6)


def test_sets_added_up_at_once_are_sets_added_up_one_by_one() -> None:
    weights = np.arange(len(STARTS)) - 3.0
    apart = chain.two_alleles(40).taken_over(STARTS, 60) @ weights
    np.testing.assert_allclose(chain.two_alleles(40).combined(STARTS, weights, 60), apart, rtol=0, atol=ACCURACY)


@pytest.mark.parametrize("n", [200, 2000, 10_000])
def test_large_chains_approach_the_diffusion(n: int) -> None:
    diffusion = -2 * n * np.sum(xlogy(1 - P, 1 - P))
    assert 0 < diffusion - chain.mean_collapse_time(P, n) < np.log(n)
    assert chain.two_alleles(n).tail() == pytest.approx(3, rel=10 / n)


def test_sizes_that_change_meet_the_whole_matrices() -> None:
    lost, taken = changing.absorbed(STARTS, SIZES)
    for t in range(1, len(SIZES) + 1):
        law = written_out(SIZES[:t], STARTS)
        np.testing.assert_allclose([lost[t], taken[t]], [law[:, 0], law[:, -1]], rtol=0, atol=1e-13)


def test_equal_sizes_are_the_chain_of_one_size() -> None:
    lost, taken = changing.absorbed(STARTS, [200] * 300)
    here = chain.two_alleles(200)
    assert np.abs(taken - here.taken_over(STARTS, 300)).max() < ACCURACY
    assert np.abs(lost - here.taken_over(1 - STARTS, 300)).max() < ACCURACY


def test_sizes_in_another_order_are_refused() -> None:
    found = changing.collapsed(P, SIZES[::-1])[-1]
    assert abs(found - changing.collapsed(P, SIZES)[-1]) > 1e-3


def test_heterozygosity_of_the_chain() -> None:
    x = np.arange(SIZES[-1] + 1) / SIZES[-1]
    drift = written_out(SIZES, P) @ (x * (1 - x))
    np.testing.assert_allclose(drift, P * (1 - P) * np.prod(1 - 1 / np.array(SIZES)), rtol=1e-12)


def test_figures_of_the_theory() -> None:
    sums, signs = chain.subsets(P)
    assert -80 * np.sum(xlogy(1 - P, 1 - P)) == pytest.approx(67.03, abs=5e-3)
    assert 80 * signs @ xlogy(sums, sums) == pytest.approx(5.392, abs=5e-4)
    assert mean_extinction_time_poissonised(P, 40) == pytest.approx(4.638, abs=5e-4)
    assert chain.two_alleles(40).tail() == pytest.approx(2.88, abs=5e-3)
    limit = 3 * (1 - P @ P) * (1 - 1 / 40) ** 80
    assert limit == pytest.approx(0.283, abs=5e-4)
    assert 50 * chain.survival_slopes(50)[50] == pytest.approx(1.919, abs=5e-4)
    assert (1 - np.exp(-1 / 6)) ** 2 == pytest.approx(0.0236, abs=5e-5)
    assert 1 - chain.collapsed(np.array([0.5, 0.5]), 100, 600)[-1] == pytest.approx(0.0035, abs=5e-5)


@pytest.mark.parametrize(("p", "n"), [(P, 40), (np.full(4, 0.25), 10)])
def test_the_poissonised_mean_is_the_sum_of_its_law(p: np.ndarray, n: int) -> None:
    assert mean_extinction_time_poissonised(p, n) == pytest.approx(all_alive_poissonised(p, n, 100_000).sum(), rel=1e-9)


def test_two_symbols_have_a_long_poissonised_tail() -> None:
    law = all_alive_poissonised(np.array([0.5, 0.5]), 10, 200_000)
    rest = 100 / 200_000  # the terms are (n/t)² in the end
    assert mean_extinction_time_poissonised(np.array([0.5, 0.5]), 10) == pytest.approx(law.sum() + rest, abs=1e-6)
    assert mean_extinction_time_poissonised(np.array([1.0]), 10) == np.inf


def test_a_naive_loop_meets_the_chains() -> None:
    assert worst(naive(SIZES, seed=11), SIZES) < z_bound(3 * len(SIZES))


@pytest.mark.parametrize("sizes", [[n + 2 for n in SIZES], SIZES[1:] + SIZES[:1]])
def test_a_naive_loop_with_other_sizes_is_rejected(sizes: list[int]) -> None:
    assert worst(naive(sizes, seed=12), SIZES) > z_bound(3 * len(SIZES))

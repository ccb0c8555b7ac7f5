"""Two-allele chains against matrices written out, printed figures, and a naive loop over symbols."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from madtheory.laws._wright_fisher import (
    all_alive,
    collapsed,
    extinct,
    mean_collapse_time,
    mean_extinction_time,
    subsets,
    survival_slopes,
    two_alleles,
)
from tests.false_alarms import z_bound

P = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
ACCURACY = 1e-10


def written_out(n: int, p: np.ndarray, generations: int) -> np.ndarray:
    """(T+1, I) P(taken over by t) by powers of the whole matrix."""
    counts = np.arange(n + 1)
    matrix, start = binom.pmf(counts, n, (counts / n)[:, None]), binom.pmf(counts, n, p[:, None])
    value, rows = (counts == n).astype(float), [(p == 1).astype(float)]
    for _ in range(generations):
        rows.append(start @ value)
        value = matrix @ value
    return np.array(rows)


def naive(n: int, generations: int, replicas: int, seed: int) -> np.ndarray:
    """(T+1, R, K) frequencies of a loop that draws counts and divides them by n."""
    rng, p = np.random.default_rng(seed), np.tile(P, (replicas, 1))
    rows = [p]
    for _ in range(generations):
        p = rng.multinomial(n, p) / n
        rows.append(p)
    return np.array(rows)


@pytest.mark.parametrize("n", [1, 2, 5, 40, 300])
def test_the_chain_is_that_of_the_whole_matrix(n: int) -> None:
    p = np.append(P, [0.0, 1.0, 0.999])
    assert np.abs(two_alleles(n).taken_over(p, 400) - written_out(n, p, 400)).max() < ACCURACY


def test_the_chain_of_many_counts_is_that_of_the_whole_matrix() -> None:
    found = two_alleles(2000).taken_over(P, 60)
    assert np.abs(found - written_out(2000, P, 60)).max() < ACCURACY


def test_a_chain_of_another_size_is_refused() -> None:
    assert np.abs(two_alleles(41).taken_over(P, 100) - written_out(40, P, 100)).max() > 1e-3


def test_printed_figures() -> None:
    assert mean_collapse_time(P, 40) == pytest.approx(65.190, abs=5e-4)
    assert 1 - collapsed(P, 40, 80)[80] == pytest.approx(0.26874, abs=5e-6)
    assert mean_extinction_time(P, 40) == pytest.approx(4.60818, abs=5e-6)
    alike = [mean_collapse_time(np.full(100_000, 1e-5), n) / n for n in (20, 40, 80)]
    assert alike == pytest.approx([1.914, 1.951, 1.973], abs=5e-4)
    assert 1 - np.exp(-10 * survival_slopes(50)[50]) == pytest.approx(0.31871, abs=5e-6)


def test_times_are_sums_over_the_law() -> None:
    assert mean_collapse_time(P, 12) == pytest.approx(np.sum(1 - collapsed(P, 12, 2000)), rel=1e-9)
    assert mean_extinction_time(P, 12) == pytest.approx(np.sum(all_alive(P, 12, 500)), rel=1e-9)


def test_sets_of_symbols() -> None:
    sums, signs = subsets(np.array([0.5, 0.0, 0.3, 0.2]))
    assert len(sums) == 8
    assert signs.sum() == 0
    assert signs @ sums == pytest.approx(0, abs=1e-12)


def test_a_naive_loop_meets_the_chains() -> None:
    n, generations, replicas = 15, 12, 40_000
    runs = naive(n, generations, replicas, seed=3)
    gone = runs == 0
    events = {"collapsed": ((~gone).sum(axis=2) == 1, collapsed(P, n, generations)),
              "alive": (~gone.any(axis=2), all_alive(P, n, generations)),
              "first lost": (gone[:, :, 0], extinct(P, n, generations)[:, 0])}  # fmt: skip
    for happened, law in events.values():
        share, p = happened.mean(axis=1)[1:], law[1:]
        z = (share - p) / np.sqrt(np.maximum(p * (1 - p), 1e-12) / replicas)
        assert np.all(abs(z[p * replicas > 20]) < z_bound(3 * generations))


def test_a_naive_loop_with_another_size_is_rejected() -> None:
    n, generations, replicas = 15, 12, 40_000
    share = (naive(n + 1, generations, replicas, seed=4) > 0).sum(axis=2) == 1
    p = collapsed(P, n, generations)
    z = (share.mean(axis=1) - p)[1:] / np.sqrt(np.maximum(p * (1 - p), 1e-12) / replicas)[1:]
    assert np.max(abs(z)) > z_bound(generations)

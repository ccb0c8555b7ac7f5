"""What a loop keeps of a Zipf law: naive loops over counts, and sums over as many symbols as it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._wright_fisher import survival_slopes
from madtheory.laws._zipf import zipf_loop
from madtheory.laws.symbol_recall_branching import founders
from madtheory.loop import Loop
from madtheory.schedules import Accumulate, Custom, FixedReal, Fresh, Replace, Window
from tests.false_alarms import worst_z, z_bound

K, BETA, T = 60, 1.5, 5
P = np.arange(1.0, K + 1) ** -BETA / np.sum(np.arange(1.0, K + 1) ** -BETA)
Draw = Callable[[int, np.ndarray], np.ndarray]


def tempered(p: np.ndarray, bias: float) -> np.ndarray:
    """(R, K) p^(1/λ)/Z."""
    weights = p ** (1 / bias)
    return weights / weights.sum(axis=1, keepdims=True)


def accumulated(rng: Any, p: np.ndarray, replicas: int) -> np.ndarray:
    """(T, R, K) fitted frequencies: 20 real draws, then 20 of every model into one pool."""
    pool, rows = rng.multinomial(20, p, size=replicas), []
    for _ in range(T):
        rows.append(pool / pool.sum(axis=1, keepdims=True))
        pool = pool + rng.multinomial(20, rows[-1])
    return np.array(rows)


def augmented(rng: Any, p: np.ndarray, replicas: int) -> np.ndarray:
    """(T, R, K): the same 15 real draws with 30 of the last model at temperature 0.7."""
    real, rows = rng.multinomial(15, p, size=replicas), []
    counts = real
    for _ in range(T):
        rows.append(counts / counts.sum(axis=1, keepdims=True))
        counts = real + rng.multinomial(30, tempered(rows[-1], 0.7))
    return np.array(rows)


def refreshed(rng: Any, p: np.ndarray, replicas: int, n_real: int = 200, n_synthetic: int = 400) -> np.ndarray:
    """(T, R, K): new real draws and new ones of the last model."""
    counts, rows = rng.multinomial(n_real, p, size=replicas), []
    for _ in range(T):
        rows.append(counts / counts.sum(axis=1, keepdims=True))
        counts = rng.multinomial(n_real, p, size=replicas) + rng.multinomial(n_synthetic, rows[-1])
    return np.array(rows)


def windowed(rng: Any, p: np.ndarray, replicas: int) -> np.ndarray:
    """(T, R, K): 240 draws of the last three models together."""
    counts, rows = rng.multinomial(240, p, size=replicas), []
    for _ in range(T):
        rows.append(counts / 240)
        last = rows[-3:]
        counts = np.sum([rng.multinomial(240 // len(last), q) for q in last], axis=0)
    return np.array(rows)


def replaced(rng: Any, p: np.ndarray, replicas: int, n: int = 200, top_k: int | None = None) -> np.ndarray:
    """(T, R, K): draws of the last model, or of its k most frequent symbols."""
    q, rows = np.tile(p, (replicas, 1)), []
    for t in range(T):
        if top_k is not None and t:
            rank = np.argsort(np.argsort(-q, axis=1, kind="stable"), axis=1)
            q = np.where(rank < top_k, q, 0)
            q = q / q.sum(axis=1, keepdims=True)
        q = rng.multinomial(n, q) / n
        rows.append(q)
    return np.array(rows)


def recall(rows: np.ndarray, p: np.ndarray) -> np.ndarray:
    """(R, T) Σ p over symbols that are left."""
    return ((rows > 0) @ p).T


def said(name: str, loop: Loop, generations: int = T) -> np.ndarray:
    """(T,) a law from generation 1 on."""
    mean = evaluate(ATLAS[name].mean, loop, generations)
    assert mean is not None
    return mean[1:]


KEPT = {"accumulate": (accumulated, zipf_loop(Accumulate(n=20))),
        "fixed real": (augmented, zipf_loop(FixedReal(n_real=15, n_synthetic=30), sampling_bias=0.7))}  # fmt: skip
BRANCHING = {"fresh": (refreshed, Fresh(n_real=200, n_synthetic=400)), "window": (windowed, Window(n=240, window=3)),
             "replace": (replaced, Replace(n=200))}  # fmt: skip
each_kept = pytest.mark.parametrize(("naive", "loop"), KEPT.values(), ids=list(KEPT))
each_branching = pytest.mark.parametrize(("naive", "schedule"), BRANCHING.values(), ids=list(BRANCHING))


@each_kept
def test_what_was_seen_once_stays(naive: Any, loop: Loop, seed: int) -> None:
    rows = naive(np.random.default_rng(seed), P, 10_000)
    assert worst_z(recall(rows, P), said("kept-recall", loop)) < z_bound(T)
    assert worst_z((rows > 0).sum(axis=2).T, said("kept-symbols", loop)) < z_bound(T)


@each_kept
def test_one_real_point_more_is_rejected(naive: Any, loop: Loop, seed: int) -> None:
    rows, wrong = naive(np.random.default_rng(seed), P, 10_000), ATLAS["kept-recall"].wrong(loop)
    assert worst_z(recall(rows, P), said("kept-recall", wrong)) > z_bound(T)
    assert worst_z((rows > 0).sum(axis=2).T, said("kept-symbols", wrong)) > z_bound(T)


def many() -> np.ndarray:
    """(1000,) a law of which 200 draws see a part."""
    p = np.arange(1.0, 1001) ** -BETA
    return p / p.sum()


@each_branching
def test_rare_symbols_branch(naive: Any, schedule: Any, seed: int) -> None:
    """Few enough runs that the O(1/n) is below their standard error."""
    found = recall(naive(np.random.default_rng(seed), many(), 400), many())
    assert worst_z(found, said("branching-recall", zipf_loop(schedule, 1000))) < z_bound(T)


@each_branching
def test_loss_that_adds_up_is_rejected(naive: Any, schedule: Any, seed: int) -> None:
    found = recall(naive(np.random.default_rng(seed), many(), 400), many())
    once = said("branching-recall", zipf_loop(schedule, 1000))[0]
    assert worst_z(found[:, 1:], 1 - (1 - once) * np.arange(2, T + 1)) > z_bound(T)


def test_the_survival_slopes_of_replace() -> None:
    table = zipf_loop(Replace(n=50)).composition(12)
    assert founders(table) == pytest.approx(50 * survival_slopes(12)[1:], rel=1e-12)


def test_every_real_point_of_a_pool_that_is_kept_has_offspring() -> None:
    assert founders(zipf_loop(Accumulate(n=7)).composition(6)) == pytest.approx([7.0] * 6)
    mixed = Custom(source=[0, 1, 0], size=[12, 8, 6], weights=[[1, 0, 0], [0.5, 0.5, 0], [0.5, 0.25, 0.25]])
    assert founders(mixed.composition(3)) == pytest.approx([12.0, 12.0, 18.0])


def lost(draws: float, beta: float, few: int = 100_000) -> float:
    """Σ p e^(−T p) over all symbols of a Zipf law: the first ones added, the others integrated from the middle between two."""
    constant = 1 / (np.sum(np.arange(1.0, few + 1) ** -beta) + (few + 0.5) ** (1 - beta) / (beta - 1))
    p = constant * np.arange(1.0, few + 1) ** -beta
    rest = quad(lambda y: constant * np.exp((1 - beta) * y - draws * constant * np.exp(-beta * y)), np.log(few + 0.5), 80)[0]
    return float(np.sum(p * np.exp(-draws * p)) + rest)


@pytest.mark.parametrize("beta", [1.3, 1.5, 2.5])
def test_the_constant_and_the_exponent_of_the_lost_mass(beta: float) -> None:
    """With 10⁶ symbols C is within a thousandth of that of all."""
    loop = zipf_loop(Replace(n=1000), 1_000_000, beta)
    constant, exponent = (float(evaluate(ATLAS[f"zipf-loss-{name}"].value, loop)) for name in ("constant", "exponent"))  # type: ignore[attr-defined,arg-type]
    known = np.sum(np.arange(1.0, 1e6 + 1) ** -beta)
    everything = known + (1e6 + 0.5) ** (1 - beta) / (beta - 1)
    constant *= (known / everything) ** (1 / beta)
    for generations in (1, 4, 16):
        draws = 10_000 * survival_slopes(generations)[generations]
        assert lost(draws, beta) == pytest.approx(constant * draws**-exponent, rel=1e-3)
        assert lost(draws, beta) != pytest.approx(constant * draws ** -(exponent + 0.05), rel=0.1)


def test_a_truncated_sampler_keeps_no_more_than_its_symbols(seed: int) -> None:
    found = recall(replaced(np.random.default_rng(seed), P, 2_000, 400, 8), P)
    bound = said("top-k-recall", zipf_loop(Replace(n=400), K, top_k=8))
    assert bound == pytest.approx([1.0] + [P[:8].sum()] * (T - 1))
    assert np.all(found <= bound + 1e-12)
    assert found[:, 1].mean() > P[:7].sum()  # nearly reached

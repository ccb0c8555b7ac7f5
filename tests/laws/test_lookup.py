"""Tables of answers that label each other's questions: naive loops over lists, and the logarithm of the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from madtheory.laws import ATLAS, evaluate
from madtheory.laws.lookup_accuracy import lookup_loop
from madtheory.schedules import Accumulate, Fresh, Replace
from madtheory.simulate import simulate
from tests.false_alarms import worst_z, z_bound

K, BETA, T, REPLICAS = 25, 1.5, 5, 4_000
P = np.arange(1.0, K + 1) ** -BETA / np.sum(np.arange(1.0, K + 1) ** -BETA)


def taught(rng: Any, n: int, known: np.ndarray) -> np.ndarray:
    """(R, K) which questions are among n that are asked, and answered by a table that knows them."""
    questions = rng.choice(K, size=(len(known), n), p=P)
    asked = np.zeros_like(known)
    np.put_along_axis(asked, questions, True, axis=1)
    return asked & known


def replaced(rng: Any) -> np.ndarray:
    """(R, T) accuracy of tables that learn from 15 answers of the last one."""
    known, rows = np.ones((REPLICAS, K), bool), []
    for _ in range(T):
        known = taught(rng, 15, known)
        rows.append(known @ P)
    return np.stack(rows, axis=1)


def refreshed(rng: Any) -> np.ndarray:
    """(R, T) accuracy of tables that learn from 6 real answers and 15 of the last one."""
    everything = np.ones((REPLICAS, K), bool)
    known = taught(rng, 6, everything)
    rows = [known @ P]
    for _ in range(T - 1):
        known = taught(rng, 6, everything) | taught(rng, 15, known)
        rows.append(known @ P)
    return np.stack(rows, axis=1)


def accumulated(rng: Any) -> np.ndarray:
    """(R, T) accuracy of tables that keep all answers: 15 real ones, then 15 of each table."""
    known, rows = taught(rng, 15, np.ones((REPLICAS, K), bool)), []
    for _ in range(T):
        rows.append(known @ P)
        known = known | taught(rng, 15, known)
    return np.stack(rows, axis=1)


SETTINGS = {
    "replace": (replaced, "replace-accuracy", Replace(n=15), Replace(n=18)),
    "accumulate": (accumulated, "kept-accuracy", Accumulate(n=15), Accumulate(n=18)),
    "fresh": (refreshed, "fresh-accuracy", Fresh(n_real=6, n_synthetic=15), Fresh(n_real=6, n_synthetic=18)),
}
each_setting = pytest.mark.parametrize(("naive", "law", "schedule", "other"), SETTINGS.values(), ids=list(SETTINGS))


def said(law: str, schedule: Any) -> np.ndarray:
    """(T,) a law from generation 1 on."""
    mean = evaluate(ATLAS[law].mean, lookup_loop(schedule, K, BETA), T)
    assert mean is not None
    return mean[1:]


@each_setting
def test_a_naive_loop_meets_the_law(naive: Callable[..., Any], law: str, schedule: Any, other: Any, seed: int) -> None:
    assert worst_z(naive(np.random.default_rng(seed)), said(law, schedule)) < z_bound(T)


@each_setting
def test_other_numbers_of_answers_are_rejected(naive: Callable[..., Any], law: str, schedule: Any, other: Any, seed: int) -> None:
    assert worst_z(naive(np.random.default_rng(seed)), said(law, other)) > z_bound(T)


@pytest.mark.parametrize("draw", ["statistics", "points"])
def test_the_engine_and_another_number_of_answers_is_rejected(draw: str, seed: int) -> None:
    loop = lookup_loop(Replace(n=15), K, BETA)
    run = simulate(loop, generations=T, replicas=REPLICAS, seed=seed, draw=draw, observables=["accuracy"], keep=[T])
    values = run.observables["accuracy"].values
    assert values is not None
    assert worst_z(values[0].astype(float), said("replace-accuracy", Replace(n=15))[-1:]) < z_bound(1)
    assert worst_z(values[0].astype(float), said("replace-accuracy", Replace(n=18))[-1:]) > z_bound(1)


def growth(generations: int) -> float:
    """I_t/I_1, I_t = ∫ u^(−1/β) [1 − (1 − e^−u)^t] du, in v = u^c."""
    c = 1 - 1 / BETA

    def missing(v: float) -> float:
        return float(-np.expm1(generations * np.log1p(-np.exp(-(v ** (1 / c))))))

    return quad(missing, 0, 6, epsabs=1e-12)[0] / quad(lambda v: np.exp(-(v ** (1 / c))), 0, 6, epsabs=1e-12)[0]


def test_the_loss_grows_like_a_logarithm() -> None:
    """1.93 times after a hundred generations, where adding up would have a hundred."""
    p = np.arange(1.0, 300_001) ** -BETA
    p /= p.sum()
    n = 2_000
    error = [float(p @ (1 - (1 - (1 - p) ** n) ** t)) for t in (1, 100)]
    beyond = 300_000**-0.5  # what the questions that are left out would add to both, nearly
    assert growth(100) == pytest.approx(1.93, abs=0.01)
    assert (error[1] + 2 * beyond * p[0]) / (error[0] + 2 * beyond * p[0]) == pytest.approx(growth(100), rel=5e-3)

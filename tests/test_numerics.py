"""Rounding over many generations: nothing under- or overflows, and ln σ² in float32 is that of float64 fed the same words."""

from __future__ import annotations

import importlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import digamma, polygamma

from madtheory import engine
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Accumulate, AccumulateSubsample, FixedReal, Fresh, Replace, Schedule, Weighted, Window
from madtheory.simulate import simulate
from madtheory.truth import Truth
from tests.false_alarms import z_bound

LONG = 10_000
SIZES = [2, 3, 5, 10, 100, 1000]
OBSERVABLES = ["mean_square_drift", "variance", "log_variance"]
SCHEDULES = {
    "replace": lambda n: Replace(n=n),
    "accumulate": lambda n: Accumulate(n=n),
    "fixed_real": lambda n: FixedReal(n_real=n, n_synthetic=n),
    "fresh": lambda n: Fresh(n_real=n, n_synthetic=n),
    "weighted": lambda n: Weighted(n_real=n, n_synthetic=n, weight=0.01),
    "window": lambda n: Window(n=n, window=2),
    "window-fresh": lambda n: Window(n=n, window=2, n_real=n),
}
FAST = [("replace", 1, LONG), ("replace", 3, LONG), ("replace", 10, 1000), ("accumulate", 3, 1000), ("window", 2, 1000)]
SLOW = [(name, dim, LONG) for name in SCHEDULES for dim in (1, 2, 3, 10) if (name, dim, LONG) not in FAST]
every_size = pytest.mark.parametrize("n", SIZES)


def make(schedule: Schedule, dim: int, **options: Any) -> Loop:
    given = {"sampling_bias": 1.0, "bias_first_generation": False, "estimator": "unbiased"}
    return Loop(model=Gaussian(dim=dim), truth=Truth.standard(dim), schedule=schedule, **(given | options))


def run(loop: Loop, generations: int, replicas: int = 32, seed: int = 0, **options: Any) -> Any:
    given = {"observables": OBSERVABLES, "tile": 32, "devices": 1, "keep": [generations]}
    return simulate(loop, generations=generations, replicas=replicas, seed=seed, **(given | options))


def not_finite(loop: Loop, generations: int) -> list[str]:
    """Observables that are not finite at some generation, but for log variances where points are too few for full rank."""
    found = run(loop, generations)
    bad = [name for name, series in found.observables.items() if not np.all(np.isfinite(series.mean))]
    return bad + [f"{len(found.failed)} failed"] * bool(found.failed)


def expected_infinite(schedule: Schedule, dim: int) -> list[str]:
    """A training set of at most d points has no log variance."""
    return ["log_variance"] if int(schedule.composition(1).training_sizes()[0]) <= dim else []


@every_size
@pytest.mark.parametrize(("name", "dim", "generations"), FAST)
def test_nothing_stops_being_finite(name: str, dim: int, generations: int, n: int) -> None:
    schedule = SCHEDULES[name](n)
    assert not_finite(make(schedule, dim), generations) == expected_infinite(schedule, dim)


@pytest.mark.nightly
@every_size
@pytest.mark.parametrize(("name", "dim", "generations"), SLOW)
def test_nothing_stops_being_finite_anywhere(name: str, dim: int, generations: int, n: int) -> None:
    schedule = SCHEDULES[name](n)
    assert not_finite(make(schedule, dim), generations) == expected_infinite(schedule, dim)


@pytest.mark.parametrize("with_replacement", [False, True])
def test_a_pool_of_points_stays_finite(with_replacement: bool) -> None:
    """Its memory grows with the generations, so it is run for fewer."""
    assert not_finite(make(AccumulateSubsample(n=30, with_replacement=with_replacement), 2), 100) == []


@pytest.mark.parametrize("bias", [0.5, 2.0])
def test_a_strong_bias_neither_underflows_nor_overflows(bias: float) -> None:
    """ln σ² reaches ±7000; σ² itself is 0 or infinite, as it is in any floating format."""
    found = run(make(Replace(n=10), 1, sampling_bias=bias), LONG)
    mean = found.observables["log_variance"].mean
    assert found.failed == () if bias < 1 else np.all(np.isfinite(mean))
    assert mean[LONG] / LONG == pytest.approx(np.log(bias) + digamma(4.5) - np.log(4.5), abs=0.01)


def test_a_single_point_is_dead_at_once_and_for_ever() -> None:
    found = run(make(Replace(n=1), 1, estimator="mle"), LONG).observables
    assert np.all(found["log_variance"].mean[1:] == -np.inf)
    assert np.all(found["mean_square_drift"].mean[1:] == found["mean_square_drift"].mean[1])


# against float64


def log_variances(loop: Loop, dtype: Any, generations: int = LONG) -> np.ndarray:
    return np.asarray(run(loop, generations, dtype=dtype).observables["log_variance"].values[-1], float)


@pytest.mark.parametrize(("n", "dim"), [(2, 1), (3, 1), (10, 1), (1000, 1), (4, 3), (10, 3)])
def test_log_variance_after_ten_thousand_generations(n: int, dim: int) -> None:
    """The same words in both precisions. Measured: 1e-4 for n = 10 in one dimension; ln σ² itself is rounded to float32."""
    single, double = (log_variances(make(Replace(n=n), dim), dtype) for dtype in (np.float32, np.float64))
    assert np.all(abs(single - double) < 1e-3 + np.finfo(np.float32).eps * abs(double))


def test_other_words_do_not_agree() -> None:
    loop = make(Replace(n=10), 1)
    other = run(loop, LONG, seed=1).observables["log_variance"].values[-1]
    assert np.min(abs(log_variances(loop, np.float32) - other)) > 1e-3


def test_a_window_without_fresh_data_follows_float64() -> None:
    """Rounding in the memory grows with the generations; it stays far below one part in a thousand of ln σ²'s spread."""
    loop = make(Window(n=10, window=2), 1)
    single, double = (log_variances(loop, dtype) for dtype in (np.float32, np.float64))
    assert np.max(abs(single - double)) < 1e-3 * np.std(double)


@pytest.mark.parametrize("n", [10**6, 10**9])
def test_tiny_steps_are_not_lost(n: int, seed: int) -> None:
    """Each step is 1/√n of the rounding-free scale; the drift −1/n per generation must survive beside it."""
    t, nu, replicas = 1000, n - 1, 4096
    found = run(make(Replace(n=n), 1), t, replicas, seed, tile=1024).observables["log_variance"]
    values = np.asarray(found.values[-1], float)
    error = np.sqrt(t * polygamma(1, nu / 2) / replicas)
    assert abs(values.mean() - t * (digamma(nu / 2) - np.log(nu / 2))) / error < z_bound(2)
    spread = (values.var() / (t * polygamma(1, nu / 2)) - 1) / np.sqrt(2 / replicas)
    assert abs(spread) < z_bound(2)


def test_a_wrong_law_of_rounding_size_is_rejected(seed: int) -> None:
    """λ = 1 + 3/n moves ln σ² by three times its natural drift, and a wrong law is rejected for it."""
    n, t, replicas = 10**6, 1000, 4096
    found = run(make(Replace(n=n), 1, sampling_bias=1 + 1e-5), t, replicas, seed, tile=1024).observables["log_variance"]
    error = np.sqrt(t * polygamma(1, (n - 1) / 2) / replicas)
    wrong = found.mean[t] - t * (digamma((n - 1) / 2) - np.log((n - 1) / 2))
    assert abs(wrong) / error > z_bound(1)
    assert abs(wrong - (t - 1) * np.log1p(1e-5)) / error < z_bound(1)


@pytest.mark.parametrize("n", [10, 1000])
def test_rounding_is_below_the_noise(n: int) -> None:
    """Mean rounding error of ln σ² over 10⁵ replicas: below 1/20 of the Monte Carlo error of 10⁶."""
    loop, t = make(Replace(n=n), 1), 20
    runs = [run(loop, t, 100_000, tile=1024, dtype=dtype).observables["log_variance"] for dtype in (np.float32, np.float64)]
    rounding = np.mean(np.asarray(runs[0].values[-1], float) - runs[1].values[-1])
    assert abs(rounding) < np.sqrt(t * polygamma(1, (n - 1) / 2) / 10**6) / 20


@pytest.mark.slow
def test_a_million_generations(seed: int) -> None:
    """n = 10 in float32: finite, and the slope of the mean log variance right."""
    t, replicas = 10**6, 64
    found = run(make(Replace(n=10), 1), t, replicas, seed, tile=64, observables=["log_variance"])
    mean = found.observables["log_variance"].mean
    assert found.failed == ()
    assert np.all(np.isfinite(mean))
    marks = np.array([10**3, 10**4, 10**5, 10**6])
    expected, error = marks * (digamma(4.5) - np.log(4.5)), np.sqrt(marks * polygamma(1, 4.5) / replicas)
    assert np.max(abs(mean[marks] - expected) / error) < z_bound(len(marks))


def test_two_points_keep_their_variance_however_close_they_fall() -> None:
    """Sums of squares about anything but the points themselves made 1 in 10,000 of these −∞."""
    loop = make(Replace(n=2), 1)
    found = simulate(loop, generations=1, replicas=200_000, seed=1, observables=["log_variance"], draw="points", keep=[1])
    assert np.all(np.isfinite(found.observables["log_variance"].values))


# products of matrices


class Traced(Exception):
    """A run that went as far as its program."""


def products(job: Any) -> tuple[int, int]:
    """Products of matrices in a job's program, and how many of them are asked to keep all digits."""
    job = jax.tree.map(jnp.asarray, job)  # a program holds its own numbers here, instead of being handed them
    blank = jax.tree.map(lambda leaf: jnp.zeros((64, *leaf.shape), leaf.dtype), job.blank())
    span, slots = jnp.zeros(2, jnp.int32), jnp.zeros(engine.SEGMENT, jnp.int32)
    text = str(jax.make_jaxpr(lambda state: engine.tile(job, jnp.uint32(0), jnp.int32(64), state, span, slots, 0))(blank))
    return text.count("dot_general["), text.count("precision=(Precision.HIGHEST, Precision.HIGHEST)")


def test_products_of_matrices_keep_all_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU keeps ten bits of a product of float32 matrices unless it is asked for more; a program unasked is told apart."""
    found: list[Any] = []

    def trace(job: Any, *_: Any, **__: Any) -> Any:
        found.extend([job, products(job)])
        raise Traced

    monkeypatch.setattr(importlib.import_module("madtheory.simulate"), "run_tiles", trace)
    with pytest.raises(Traced):
        run(make(Replace(n=20), 10), 5)
    job, (all_of_them, full) = found
    assert full == all_of_them > 0
    assert products(job) == (all_of_them, 0)

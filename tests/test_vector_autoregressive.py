"""Autoregressions of several series against plain NumPy, and the bias of least squares that every generation adds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

from madtheory.errors import BadInput
from madtheory.laws.vector_autoregressive import bias, path, vector_loop
from madtheory.loop import Loop
from madtheory.models import VectorAutoregressive, VectorAutoregressiveTruth
from madtheory.models.vector_autoregressive import LARGEST, contained, spectral_radius, stationary_factor
from madtheory.schedules import Accumulate, Fresh, Replace, Schedule, Weighted
from madtheory.simulate import simulate
from tests.false_alarms import z_bound
from tests.naive_points import alike

T, REPLICAS = 3, 4000
MEANS = ("known", "fitted")
SCHEDULES: dict[str, Schedule] = {
    "replace": Replace(n=14),
    "accumulate": Accumulate(n=[9, 12, 14]),
    "weighted": Weighted(n_real=9, n_synthetic=12, weight=0.3),
    "fresh": Fresh(n_real=7, n_synthetic=9, n_initial=12),
}


def naive(loop: Any, seed: int, generations: int = T, replicas: int = REPLICAS) -> tuple[np.ndarray, np.ndarray]:
    """(R, d²) A − A_0 and (R,) log tr G/d of the last generation: whole series are kept, and regressed on by normal equations."""
    rng, table, truth = np.random.default_rng(seed), loop.composition(generations), loop.truth
    mu = np.zeros(len(truth.coefficients)) if truth.mean is None else truth.mean
    models = [tuple(np.broadcast_to(x, (replicas, *x.shape)) for x in (truth.coefficients, mu, truth.innovations))]
    series: dict[int, np.ndarray] = {}
    for t in range(1, generations + 1):
        for e in np.flatnonzero(table.born == t):
            series[e] = written(rng, *models[table.source[e]], int(table.size[e]))
        used = [(series[e], table.weights[t - 1, e] / table.size[e]) for e in np.flatnonzero(table.weights[t - 1] > 0)]
        models.append(regressed([(x - mu, w) for x, w in used], mu, loop.model.mean == "fitted"))
    a, _, noise = models[-1]
    return (a - truth.coefficients).reshape(replicas, -1), np.log(np.trace(noise, axis1=1, axis2=2) / len(mu))


def written(rng: np.random.Generator, a: np.ndarray, mean: np.ndarray, noise: np.ndarray, n: int) -> np.ndarray:
    """(R, n + 1, d) stationary series; the start by the linear equations of its covariance."""
    replicas, d = mean.shape
    whole = np.eye(d * d) - np.einsum("rij,rkl->rikjl", a, a).reshape(replicas, d * d, d * d)
    start = np.linalg.solve(whole, noise.reshape(replicas, d * d, 1)).reshape(replicas, d, d)
    root = np.linalg.cholesky(noise)
    x = [np.einsum("rij,rj->ri", np.linalg.cholesky(start), rng.normal(size=(replicas, d)))]
    for _ in range(n):
        x.append(np.einsum("rij,rj->ri", a, x[-1]) + np.einsum("rij,rj->ri", root, rng.normal(size=(replicas, d))))
    return np.stack(x, axis=1) + mean[:, None]


def regressed(used: list[Any], mu: np.ndarray, intercept: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, μ and G from weighted series (R, n + 1, d), measured from μ_0."""
    before, after = (np.concatenate([x[:, part] for x, _ in used], axis=1) for part in (slice(None, -1), slice(1, None)))
    share = np.concatenate([np.full(x.shape[1] - 1, w) for x, w in used])
    share = share / share.sum()
    ones = [np.ones_like(before[:, :, :1])] if intercept else []
    inputs = np.concatenate([before, *ones], axis=2)
    left = np.einsum("n,rni,rnj->rij", share, inputs, inputs)
    slopes = np.linalg.solve(left, np.einsum("n,rni,rnj->rij", share, inputs, after))
    rest = after - inputs @ slopes
    a = np.swapaxes(slopes[:, : before.shape[2]], 1, 2)
    radius = np.max(abs(np.linalg.eigvals(a)), axis=1)
    average = share @ (before + after) / 2 if intercept else np.zeros_like(before[:, 0])
    noise = np.einsum("n,rni,rnj->rij", share, rest, rest)
    return a * np.minimum(1, LARGEST / radius)[:, None, None], mu + average, noise


def fast(loop: Loop, seed: int, generations: int = T, replicas: int = REPLICAS) -> tuple[np.ndarray, np.ndarray]:
    names = ["coefficient_drift", "log_noise_variance"]
    run = simulate(loop, generations=generations, replicas=replicas, seed=seed, observables=names, keep=[generations])
    assert not run.failed
    drift, noise = (run.observables[name].values[-1].astype(float) for name in names)  # type: ignore[index]
    return drift, noise


def same(ours: Any, theirs: Any, checks: int = 1) -> bool:
    """Whether all coefficients, their trace and the noise may be of one law."""
    rows = [np.column_stack([drift, drift[:, 0] + drift[:, -1], noise]) for drift, noise in (ours, theirs)]
    return all(alike(*pair, checks * rows[0].shape[1]) for pair in zip(rows[0].T, rows[1].T, strict=True))


def under(schedule: Schedule, mean: str) -> Loop:
    return Loop(model=VectorAutoregressive(series=2, mean=mean), truth=vector_loop(mean, 9).truth, schedule=schedule,
                bias_first_generation=False, estimator="mle")  # fmt: skip


@pytest.mark.parametrize(("schedule", "mean"), list(zip(SCHEDULES, 2 * MEANS, strict=True)))
def test_the_engine_is_the_naive_loop(schedule: str, mean: str, seed: int) -> None:
    loop = under(SCHEDULES[schedule], mean)
    assert same(fast(loop, seed), naive(loop, seed), len(SCHEDULES))


def test_the_other_mean_is_caught(seed: int) -> None:
    assert not same(fast(under(Replace(n=14), "known"), seed), naive(under(Replace(n=14), "fitted"), seed))


PROCESSES = {
    "turning": ([[0.6, 0.3], [-0.2, 0.4]], [[1.0, 0.3], [0.3, 2.0]]),
    "unequal": ([[0.8, 0.1], [0.0, -0.5]], [[1.0, 0.0], [0.0, 0.2]]),
}


def drifts(name: str, mean: str, seed: int, n: int = 150, generations: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """(R, d²) A_t − A_0 of the naive loop, and what the law says of its mean."""
    coefficients, noise = PROCESSES[name]
    truth = VectorAutoregressiveTruth(coefficients=coefficients, noise_covariance=noise)
    loop = Loop(model=VectorAutoregressive(series=2, mean=mean), truth=truth, schedule=Replace(n=n), bias_first_generation=False,
                estimator="mle")  # fmt: skip
    change = path(loop, generations)[-1] - truth.coefficients
    return naive(loop, seed, generations, 20_000)[0], change.reshape(-1)


def farthest(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest |z| of a mean coefficient, with room for the next order, whose share is of order 10/n."""
    error, room = found.std(axis=0, ddof=1) / np.sqrt(len(found)), 10 / 150 * np.max(abs(expected))
    return float(np.max((abs(found.mean(axis=0) - expected) - room) / error))


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("name", PROCESSES)
def test_every_coefficient_drifts_by_the_bias_of_least_squares(name: str, mean: str, seed: int) -> None:
    found, expected = drifts(name, mean, seed)
    assert farthest(found, expected) < z_bound(4 * 4)


def test_the_bias_without_an_intercept_is_rejected_with_one(seed: int) -> None:
    found, _ = drifts("turning", "fitted", seed)
    _, wrong = drifts("turning", "known", seed)
    assert farthest(found, wrong) > z_bound(4)


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.5, 0.9])
def test_one_series_has_the_bias_of_an_autoregression(rho: float) -> None:
    """1 + 3ρ with an intercept, 2ρ without, whatever the noise."""
    for noise in (1.0, 3.0):
        assert bias(np.array([[rho]]), np.array([[noise]]), True) == pytest.approx(1 + 3 * rho)
        assert bias(np.array([[rho]]), np.array([[noise]]), False) == pytest.approx(2 * rho)


@pytest.mark.parametrize("mean", MEANS)
def test_a_long_path_stays_stationary(mean: str) -> None:
    for coefficients in ([[0.6, 0.3], [-0.2, 0.4]], [[-0.99, 0.0], [0.9, -0.9]], [[0.0, 0.95], [-0.95, 0.0]]):
        found = path(vector_loop(mean, 8, coefficients), 500)
        assert np.all(abs(np.linalg.eigvals(found)) < LARGEST + 1e-9)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_bias_vanishes_where_all_series_are_slightly_negative(d: int) -> None:
    """At A = −I/(d + 2) with an intercept, and at 0 without: 1 − (d + 2)c and (d + 1)c for A = −cI."""
    np.testing.assert_allclose(bias(-np.eye(d) / (d + 2), np.eye(d), True), 0, atol=1e-12)
    np.testing.assert_allclose(bias(-0.3 * np.eye(d), np.eye(d), False), -0.3 * (d + 1) * np.eye(d), atol=1e-12)


def test_one_series_is_the_autoregression_of_one(seed: int) -> None:
    """Another program for the same loop; the wrong coefficient is refused."""
    one = [vector_one(rho) for rho in (0.6, 0.5)]
    ours, theirs = fast(one[0], seed), naive(one[0], seed)
    assert alike(ours[0][:, 0], theirs[0][:, 0], 2)
    assert not alike(ours[0][:, 0] + 0.6, naive(one[1], seed)[0][:, 0] + 0.5)


def vector_one(rho: float) -> Loop:
    truth = VectorAutoregressiveTruth(coefficients=[[rho]])
    return Loop(model=VectorAutoregressive(series=1, mean="fitted"), truth=truth, schedule=Replace(n=30),
                bias_first_generation=False, estimator="mle")  # fmt: skip


MATRICES = {
    "diagonal": [[0.9, 0.0], [0.0, 0.1]],
    "rotation": [[0.0, 1.3], [-1.3, 0.0]],
    "shear": [[0.5, 40.0], [0.0, 0.5]],
    "nothing": [[0.0, 0.0], [0.0, 0.0]],
    "of four": (np.random.default_rng(0).normal(size=(4, 4)) / 3).tolist(),
}


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=list(MATRICES))
def test_the_spectral_radius_is_that_of_the_eigenvalues(matrix: Any) -> None:
    expected = np.max(abs(np.linalg.eigvals(matrix)))
    given = jnp.asarray(matrix, jnp.float32)
    np.testing.assert_allclose(spectral_radius(given), expected, rtol=1e-4, atol=1e-7)
    radius = np.max(abs(np.linalg.eigvals(np.asarray(contained(given), float))))
    np.testing.assert_allclose(radius, min(expected, LARGEST), rtol=1e-4)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_stationary_covariance_solves_its_equation(d: int) -> None:
    rng = np.random.default_rng(d)
    a, shape = rng.normal(size=(d, d)), np.tril(rng.normal(size=(d, d)))
    a *= 0.99 / np.max(abs(np.linalg.eigvals(a)))
    with jax.enable_x64(True):
        factor = np.asarray(stationary_factor(jnp.asarray(a), jnp.asarray(shape)))
    np.testing.assert_allclose(factor @ factor.T, solve_discrete_lyapunov(a, shape @ shape.T), rtol=1e-8)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("coefficients", lambda: VectorAutoregressiveTruth(coefficients=[[1.0]])),
        ("coefficients", lambda: VectorAutoregressiveTruth(coefficients=[[0.0, 1.2], [-1.2, 0.0]])),
        ("coefficients", lambda: VectorAutoregressiveTruth(coefficients=[0.1, 0.2])),
        ("coefficients", lambda: VectorAutoregressiveTruth(coefficients=[[np.nan]])),
        ("noise_covariance", lambda: VectorAutoregressiveTruth(coefficients=[[0.1]], noise_covariance=[[-1.0]])),
        ("noise_covariance", lambda: VectorAutoregressiveTruth(coefficients=[[0.1]], noise_covariance=np.eye(2))),
        ("mean", lambda: VectorAutoregressiveTruth(coefficients=[[0.1]], mean=[0.0, 1.0])),
        ("mean", lambda: VectorAutoregressive(series=1, mean="zero")),
        ("series", lambda: VectorAutoregressive(series=0, mean="known")),
        ("truth.coefficients", lambda: vector_of_three()),
        ("schedule", lambda: vector_loop("known", 3)),
    ],
)
def test_bad_input_names_its_field(field: str, make: Any) -> None:
    with pytest.raises(BadInput, match=field) as caught:
        make()
    assert "\n" not in str(caught.value)


def vector_of_three() -> Loop:
    return Loop(model=VectorAutoregressive(series=3, mean="known"), truth=vector_loop("known", 9).truth, schedule=Replace(n=9),
                bias_first_generation=False, estimator="mle")  # fmt: skip

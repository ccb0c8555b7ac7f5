"""Laws of few factors: a fit of largest likelihood, loops against plain NumPy, and the parameters that their distance counts."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from madtheory.errors import BadInput
from madtheory.laws import ATLAS, evaluate
from madtheory.laws.probabilistic_pca import factor_loop, parameters
from madtheory.loop import Loop
from madtheory.models import ProbabilisticPCA
from madtheory.schedules import Accumulate, Replace, Schedule, Weighted, Window
from madtheory.simulate import simulate
from madtheory.truth import Truth
from tests import naive_points
from tests.naive_points import alike, follows

T, REPLICAS = 3, 4000
NAMES = ("kl_reverse", "largest_eigenvalue", "log_noise_variance")
SCHEDULES: dict[str, Schedule] = {
    "replace": Replace(n=12),
    "accumulate": Accumulate(n=[8, 9, 12]),
    "weighted": Weighted(n_real=6, n_synthetic=10, weight=0.3),
    "window": Window(n=9, window=2),
}


def explained(x: np.ndarray, share: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
    """(R, d) means and (R, d, d) covariances of q factors and equal noise, fitted to points (R, N, d)."""
    mean = np.einsum("n,rnd->rd", share, x)
    apart = x - mean[:, None]
    values, axes = np.linalg.eigh(np.einsum("n,rni,rnj->rij", share, apart, apart))
    noise = values.shape[1] - q
    values[:, :noise] = values[:, :noise].mean(axis=1, keepdims=True)
    return mean, np.einsum("rik,rk,rjk->rij", axes, values, axes)


def naive(loop: Any, seed: int, replicas: int = REPLICAS) -> dict[str, np.ndarray]:
    """What is measured at the end, by eigenvalues of covariances in NumPy."""
    truth, d = loop.truth, loop.model.dim
    start = np.tile(truth.mean, (replicas, 1)), np.tile(truth.covariance, (replicas, 1, 1))

    def draw(rng: np.random.Generator, fitted: Any, replicas: int, size: int, bias: float) -> np.ndarray:
        mean, covariance = fitted or start
        return mean[:, None] + rng.normal(size=(replicas, size, d)) @ np.swapaxes(np.linalg.cholesky(covariance), 1, 2)

    def fit(points: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return explained(points, share, loop.model.factors)

    mean, covariance = naive_points.run(loop, draw, fit, T, replicas, seed)[-1]
    values, inverse = np.linalg.eigvalsh(covariance), np.linalg.inv(truth.covariance)
    off, ratio = mean - truth.mean, np.linalg.slogdet(truth.covariance)[1] - np.linalg.slogdet(covariance)[1]
    square = np.einsum("ij,rji->r", inverse, covariance) + np.einsum("ri,ij,rj->r", off, inverse, off)
    measured = 0.5 * (square - d + ratio), values[:, -1], np.log(values[:, 0])
    return dict(zip(NAMES, measured, strict=True))


def fast(loop: Loop, seed: int, replicas: int = REPLICAS) -> dict[str, np.ndarray]:
    run = simulate(loop, generations=T, replicas=replicas, seed=seed, keep=[T], observables=NAMES)
    assert not run.failed
    return {name: run.observables[name].values[-1].astype(float) for name in NAMES}  # type: ignore[index]


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray], checks: int = 1) -> bool:
    """Whether all that is measured may be of one law."""
    return all(alike(first[name], second[name], checks * len(NAMES)) for name in NAMES)


@pytest.mark.parametrize(("schedule", "factors"), list(zip(SCHEDULES, (1, 2, 1, 3), strict=True)))
def test_the_engine_is_the_naive_loop(schedule: str, factors: int, seed: int) -> None:
    loop = factor_loop(SCHEDULES[schedule], factors)
    assert same(fast(loop, seed), naive(loop, seed), len(SCHEDULES))


def test_another_number_of_factors_is_rejected(seed: int) -> None:
    one = factor_loop(Replace(n=12), 1)
    two = Loop(model=ProbabilisticPCA(dim=4, factors=2), truth=one.truth, schedule=one.schedule, bias_first_generation=False,
               estimator="mle")  # fmt: skip
    assert not same(fast(one, seed), naive(two, seed))


def likelihood(points: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> float:
    """Mean log-likelihood up to a constant."""
    apart = points - mean
    square = np.einsum("ni,ij,nj->n", apart, np.linalg.inv(covariance), apart).mean()
    return -0.5 * float(square + np.linalg.slogdet(covariance)[1])


@pytest.mark.parametrize("q", [1, 2, 3])
def test_the_fit_is_the_largest_likelihood_of_so_many_factors(q: int) -> None:
    rng, model = np.random.default_rng(q), ProbabilisticPCA(dim=4, factors=q)
    points = rng.normal(size=(25, 4)) @ rng.normal(size=(4, 4))
    with jax.enable_x64(True):
        fitted = model.fit(model.summarise(jnp.asarray(points), 25), "mle", None)
        mean, covariance = np.asarray(fitted.mean), np.asarray(fitted.root @ fitted.root.T)
    expected = explained(points[None], np.full(25, 1 / 25), q)
    np.testing.assert_allclose(covariance, expected[1][0], rtol=1e-9, atol=1e-9)
    noise, best = np.exp(2 * float(fitted.log_scales[-1])), likelihood(points, mean, covariance)
    values, axes = np.linalg.eigh(covariance - noise * np.eye(4))
    loadings = axes[:, -q:] * np.sqrt(values[-q:])
    for size in (1e-3, 1e-2, 0.1):
        for _ in range(20):
            moved = loadings + size * rng.normal(size=loadings.shape)
            other = moved @ moved.T + noise * np.exp(size * rng.normal()) * np.eye(4)
            assert likelihood(points, mean + size * rng.normal(size=4), other) < best


@pytest.mark.parametrize("factors", [1, 3])
def test_parameters_are_degrees_of_freedom_and_a_wrong_number_is_refused(factors: int, seed: int) -> None:
    """In NumPy, n = 1000: the correction of order 1/n is far below what the test can see."""
    loop = factor_loop(Replace(n=1000), factors)
    sample = naive(loop, seed, 1500)["kl_reverse"]
    assert follows(sample, lambda x: evaluate(ATLAS["first-order-factor-entropy"].cdf, loop, T, x), 2)  # type: ignore[arg-type]
    k, expected = parameters(loop), evaluate(ATLAS["first-order-factor-entropy"].mean, loop, T)
    assert expected is not None
    for wrong in (k - 2, k + 2):
        assert not follows(sample, stats.chi2(wrong, scale=expected[-1] / k).cdf, 2)


def test_parameters_lie_between_those_of_a_sphere_and_of_a_gaussian() -> None:
    for d in (2, 4, 7):
        counts = [parameters(factor_loop(Replace(n=50), q, d)) for q in range(1, d)]
        assert counts[0] == 2 * d + 1
        assert counts[-1] == d + d * (d + 1) // 2
        assert np.all(np.diff(counts) > 0)


def test_the_users_points_can_be_the_real_data() -> None:
    points = np.random.default_rng(0).normal(size=(40, 3)) * [3.0, 1.0, 1.0] + 5
    truth = Truth.fitted(points, real_draws="bootstrap")
    loop = Loop(model=ProbabilisticPCA(dim=3, factors=1), truth=truth, schedule=Replace(n=30), bias_first_generation=False,
                estimator="mle")  # fmt: skip
    run = simulate(loop, generations=3, replicas=512, devices=1)
    assert not run.failed
    assert run.observables["kl_reverse"].mean[0] == pytest.approx(0, abs=1e-5)
    assert not ATLAS["first-order-factor-entropy"].applies(loop)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("factors", lambda: ProbabilisticPCA(dim=3, factors=3)),
        ("factors", lambda: ProbabilisticPCA(dim=3, factors=0)),
        ("dim", lambda: ProbabilisticPCA(dim=0, factors=1)),
        ("truth.mean", lambda: loop_of_two_dimensions()),
        ("schedule", lambda: factor_loop(Replace(n=2))),
    ],
)
def test_bad_input_names_its_field(field: str, make: Any) -> None:
    with pytest.raises(BadInput, match=field) as caught:
        make()
    assert "\n" not in str(caught.value)


def loop_of_two_dimensions() -> Loop:
    return Loop(model=ProbabilisticPCA(dim=3, factors=1), truth=Truth.standard(2), schedule=Replace(n=9),
                bias_first_generation=False, estimator="mle")  # fmt: skip

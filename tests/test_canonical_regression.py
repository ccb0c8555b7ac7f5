"""Logistic and Poisson regressions: their fit against SciPy, their loops against plain NumPy, and what scatter and slope do."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linprog, root
from scipy.special import expit, roots_hermitenorm

from madtheory.errors import BadInput
from madtheory.laws import ATLAS, evaluate
from madtheory.laws.canonical_regression import canonical_loop, growth
from madtheory.loop import Loop
from madtheory.models import CanonicalTruth, LogisticRegression, PoissonRegression
from madtheory.models._bag import Bag
from madtheory.schedules import Accumulate, Fresh, Replace, Schedule, Weighted, Window
from madtheory.simulate import simulate
from tests import naive_regression as naive
from tests.false_alarms import z_bound
from tests.naive_points import alike, follows

T, REPLICAS = 3, 3000
SCHEDULES: dict[str, Schedule] = {
    "replace": Replace(n=50),
    "accumulate": Accumulate(n=[40, 20, 30]),
    "weighted": Weighted(n_real=40, n_synthetic=30, weight=0.3),
    "window": Window(n=30, window=2, n_real=15),
}
kinds = pytest.mark.parametrize("poisson", [False, True], ids=["logistic", "poisson"])


def fit_of(model: Any, x: np.ndarray, y: np.ndarray, weight: Any = None, dtype: Any = np.float32) -> np.ndarray:
    """(R, d) fits to inputs (R, N, d) and labels (R, N)."""
    points, d = np.concatenate([x, y[:, :, None]], axis=2), x.shape[2]
    with jax.enable_x64(dtype == np.float64):
        bound = model.bound(CanonicalTruth(coefficients=np.ones(d)), x.shape[1] + 3)

        def fit(own: Any) -> Any:
            bag = bound.summarise(own, len(own))
            given = bag.weight if weight is None else jnp.pad(jnp.asarray(weight, dtype), (0, 3))
            return bound.fit(Bag(bag.points, given, bag.used, bag.count), "mle", None).coefficients

        return np.asarray(jax.jit(jax.vmap(fit))(jnp.asarray(points, dtype)), float)


def sample(poisson: bool, replicas: int, n: int, theta: Any, salt: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (R, n, d) and labels (R, n)."""
    rng = np.random.default_rng(salt)
    x = rng.normal(size=(replicas, n, len(theta)))
    return x, naive.labels(rng, poisson, x @ np.asarray(theta))


def model_of(poisson: bool, d: int, **options: Any) -> Any:
    return (PoissonRegression if poisson else LogisticRegression)(features=d, **options)


# the fit


@kinds
@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 1e-5), (np.float64, 1e-8)])
def test_the_fit_is_the_maximum_that_scipy_finds(poisson: bool, d: int, dtype: Any, bound: float) -> None:
    x, y = sample(poisson, 8, 120, np.linspace(0.8, -0.4, d))
    weight = np.random.default_rng(2).uniform(0.2, 2, 120)
    found = fit_of(model_of(poisson, d), x, y, weight, dtype)
    for inputs, label, theta in zip(x, y, found, strict=True):

        def pull(at: Any, inputs: Any = inputs, label: Any = label) -> Any:
            return ((naive.mean(poisson, inputs @ at) - label) * weight) @ inputs

        best = root(pull, np.zeros(d), tol=1e-13)
        assert np.max(abs(theta - best.x)) < bound * max(1, np.max(abs(best.x)))
        assert np.max(abs(pull(best.x))) < 1e-8


def separable(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether a plane through 0 has every label on its own side, by linear programming."""
    sides = -(2 * y - 1)[:, None] * x
    return linprog(np.zeros(x.shape[1]), A_ub=sides, b_ub=-np.ones(len(x)), bounds=(None, None)).status == 0


@pytest.mark.parametrize(("n", "d"), [(6, 2), (10, 2), (12, 4)])
def test_labels_that_a_plane_separates_have_no_fit_and_all_others_have(n: int, d: int) -> None:
    x, y = sample(False, 300, n, np.full(d, 0.7))
    lost = np.array([separable(*pair) for pair in zip(x, y, strict=True)])
    assert 0 < lost.sum() < 300
    np.testing.assert_array_equal(np.isnan(fit_of(model_of(False, d), x, y)).all(axis=1), lost)


def test_counts_that_are_all_0_on_one_side_have_no_fit() -> None:
    x = abs(np.random.default_rng(0).normal(size=(5, 10, 1)))
    assert np.all(np.isnan(fit_of(model_of(True, 1), x, np.zeros((5, 10)))))


def test_a_fit_that_is_not_reached_is_no_number() -> None:
    x, y = sample(False, 50, 60, [1.0, -0.5])
    assert np.all(np.isnan(fit_of(model_of(False, 2, iterations=2), x, y)))
    assert np.all(np.isfinite(fit_of(model_of(False, 2), x, y)))


@kinds
def test_the_fisher_information_is_an_integral(poisson: bool) -> None:
    truth = CanonicalTruth(coefficients=[0.9, -0.4], covariance=[[1.0, 0.3], [0.3, 2.0]])
    z, weight = roots_hermitenorm(80)
    grid = np.stack(np.meshgrid(z, z), axis=-1).reshape(-1, 2) @ np.linalg.cholesky(truth.input_covariance).T
    mass, p = np.outer(weight, weight).reshape(-1) / (2 * np.pi), naive.mean(poisson, grid @ truth.coefficients)
    expected = np.einsum("n,ni,nj->ij", mass * (p if poisson else p * (1 - p)), grid, grid)
    np.testing.assert_allclose(model_of(poisson, 2).information(truth), expected, rtol=1e-6)


def test_curvatures_of_any_strength() -> None:
    z = np.linspace(-12, 12, 2_000_001)
    for signal in (0.0, 0.3, 3.0, 30.0):
        v = expit(signal * z) * expit(-signal * z) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        expected = [np.trapezoid(v * z**k, z) for k in (0, 2, 4)]
        np.testing.assert_allclose(model_of(False, 1).curvatures(signal), expected, rtol=1e-8)


# the loop


def loop_of(schedule: Schedule, poisson: bool, d: int = 2) -> Loop:
    return canonical_loop(schedule, d, poisson)


def drift(loop: Loop, seed: int, generations: int = T, replicas: int = REPLICAS) -> np.ndarray:
    """(R, d) θ̂ − θ_0 at the end; not a number in replicas that have failed."""
    run = simulate(loop, generations=generations, replicas=replicas, seed=seed, observables=["coefficient_drift"],
                   keep=[generations])  # fmt: skip
    values = run.observables["coefficient_drift"].values
    assert values is not None
    assert np.flatnonzero(np.isnan(values[-1]).any(axis=1)).tolist() == list(run.failed)
    return values[-1].astype(float)


def same(ours: np.ndarray, theirs: np.ndarray, checks: int) -> bool:
    """Whether all coordinates, and their sum, may be of one law; a failure counts as a number larger than all others."""
    columns = [np.nan_to_num(np.column_stack([both, both.sum(axis=1)]), nan=1e9) for both in (ours, theirs)]
    return all(alike(*pair, checks * columns[0].shape[1]) for pair in zip(columns[0].T, columns[1].T, strict=True))


@kinds
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_engine_is_the_naive_loop(schedule: str, poisson: bool, seed: int) -> None:
    loop = loop_of(SCHEDULES[schedule], poisson)
    theirs = naive.run(loop, T, REPLICAS, seed) - loop.truth.coefficients
    assert same(drift(loop, seed), theirs, 2 * len(SCHEDULES))


def test_failures_are_as_frequent_as_in_the_naive_loop(seed: int) -> None:
    loop = loop_of(Replace(n=12), False, d=1)
    ours, theirs = drift(loop, seed), naive.run(loop, T, REPLICAS, seed) - loop.truth.coefficients
    assert np.isnan(ours).sum() > 20
    assert same(ours, theirs, 1)


def test_other_loops_are_rejected(seed: int) -> None:
    """Another weight, other labels, fewer failures."""
    ours, other = (loop_of(Weighted(n_real=40, n_synthetic=30, weight=w), False) for w in (0.05, 0.9))
    assert not same(drift(ours, seed), naive.run(other, T, REPLICAS, seed) - other.truth.coefficients, 1)
    few, more = (loop_of(Replace(n=n), False, d=1) for n in (12, 40))
    assert not same(drift(few, seed), naive.run(more, T, REPLICAS, seed) - more.truth.coefficients, 1)


# the laws


def inflation(loop: Loop, generations: int) -> float:
    """A_t/n."""
    found = evaluate(ATLAS["first-order-fisher-risk"].mean, loop, generations)
    assert found is not None
    return float(found[-1]) / loop.model.features  # type: ignore[attr-defined]


LARGE = {"accumulate": (Accumulate(n=600), True), "replace": (Replace(n=600), False)}


def whitened(name: str, seed: int, poisson: bool) -> np.ndarray:
    """(R, d) errors of the naive loop, which are N(0, I) if their covariance is I(θ_0)⁻¹ A_t/n."""
    loop = loop_of(LARGE[name][0], poisson)
    error, _ = naive.with_scores(loop, LARGE[name][1], T, 1000, seed)
    return error @ np.linalg.cholesky(loop.model.information(loop.truth)) / np.sqrt(inflation(loop, T))  # type: ignore[attr-defined]


def scatter_z(white: np.ndarray, scale: float = 1.0) -> float:
    """Largest |z| of all second moments against those of N(0, scale·I)."""
    squares = np.einsum("ri,rj->rij", white, white)
    error = squares.std(axis=0, ddof=1) / np.sqrt(len(white))
    return float(np.max(abs(squares.mean(axis=0) - scale * np.eye(white.shape[1])) / error))


@kinds
@pytest.mark.parametrize("name", LARGE)
def test_coefficients_scatter_as_the_inverse_information(name: str, poisson: bool, seed: int) -> None:
    """The correction of order 1/n is a hundredth, less than a quarter of a standard error."""
    white = whitened(name, seed, poisson)
    assert scatter_z(white) < z_bound(4 * 4) + 0.5
    loop = loop_of(LARGE[name][0], poisson)
    risk = np.sum(white**2, axis=1) * inflation(loop, T)
    assert follows(risk, lambda x: evaluate(ATLAS["first-order-fisher-risk"].cdf, loop, T, x), 4)  # type: ignore[arg-type]


def test_the_scatter_of_another_schedule_is_rejected(seed: int) -> None:
    assert scatter_z(whitened("replace", seed, poisson=False), inflation(loop_of(LARGE["accumulate"][0], False), T)
                     / inflation(loop_of(LARGE["replace"][0], False), T)) > z_bound(4)  # fmt: skip


def slopes(name: str, seed: int, poisson: bool, n: int = 300) -> tuple[Loop, np.ndarray]:
    """A loop with n points per generation, and (R,) its slopes − 1 in NumPy, less the part that is 0 on average."""
    loop = loop_of(type(LARGE[name][0])(n=n), poisson)
    error, first = naive.with_scores(loop, LARGE[name][1], T, 1500, seed)
    along = loop.truth.input_covariance @ loop.truth.coefficients
    return loop, (error - first) @ along / (loop.truth.coefficients @ along)


@kinds
@pytest.mark.parametrize("name", LARGE)
def test_the_slope_grows_by_the_bias_of_the_fit_and_a_wrong_one_is_refused(name: str, poisson: bool, seed: int) -> None:
    """Up to the next order in T/n, whose factor is of order 10."""
    loop, sample = slopes(name, seed, poisson)
    expected = growth(loop) * inflation(loop, T)
    error, room = sample.std(ddof=1) / np.sqrt(len(sample)), 10 * T / 300 * abs(expected)
    assert abs(sample.mean() - expected) < z_bound(4) * error + room
    assert abs(sample.mean() + expected) > z_bound(4) * error + room
    assert expected > 0 if not poisson else expected < 0


def test_slopes_of_weak_signals_have_their_limits() -> None:
    """s → 0: 1 + (d + 2) A_t/n of logistic, 1 − (d + 2) A_t/2n of Poisson regression."""
    for poisson, factor in ((False, 1.0), (True, -0.5)):
        truth = CanonicalTruth(coefficients=[0.01, 0.0, 0.0])
        loop = Loop(model=model_of(poisson, 3), truth=truth, schedule=Fresh(n_real=5, n_synthetic=5),
                    bias_first_generation=False, estimator="mle")  # fmt: skip
        assert growth(loop) == pytest.approx(5 * factor, rel=1e-3)


@pytest.mark.parametrize("model", [LogisticRegression, PoissonRegression])
def test_the_strongest_signals_can_be_run(model: Any) -> None:
    """What fails does so by itself, and is counted."""
    loop = canonical_with(CanonicalTruth(coefficients=[model.strongest, 0.0, 0.0]), model)
    run = simulate(loop, generations=2, replicas=64, keep=[2], devices=1)
    values = run.observables["risk"].values
    assert values is not None
    assert np.flatnonzero(~np.isfinite(values[-1])).tolist() == list(run.failed)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("features", lambda: LogisticRegression(features=0)),
        ("iterations", lambda: PoissonRegression(features=1, iterations=0.5)),
        ("coefficients", lambda: CanonicalTruth(coefficients=[np.inf])),
        ("covariance", lambda: CanonicalTruth(coefficients=[1.0], covariance=np.eye(2))),
        ("covariance", lambda: CanonicalTruth(coefficients=[1.0, 0.0], covariance=[[1.0, 2.0], [2.0, 1.0]])),
        ("truth.coefficients", lambda: canonical_with(CanonicalTruth(coefficients=[1.0, 2.0]))),
        ("truth.coefficients", lambda: canonical_with(CanonicalTruth(coefficients=[200.0, 0.0, 0.0]))),
        ("truth.coefficients", lambda: canonical_with(CanonicalTruth(coefficients=[1e200, 0.0, 0.0]))),
        ("truth.coefficients", lambda: canonical_with(CanonicalTruth(coefficients=[5.0, 0.0, 0.0]), PoissonRegression)),
        ("schedule", lambda: canonical_loop(Replace(n=3))),
    ],
)
def test_bad_input_names_its_field(field: str, make: Any) -> None:
    with pytest.raises(BadInput, match=field) as caught:
        make()
    assert "\n" not in str(caught.value)


def canonical_with(truth: CanonicalTruth, model: Any = LogisticRegression) -> Loop:
    return Loop(model=model(features=3), truth=truth, schedule=Replace(n=9), bias_first_generation=False,
                estimator="mle")  # fmt: skip

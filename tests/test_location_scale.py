"""Location-scale loops against plain NumPy, and against the laws of affine random walks.

Fast tests deal the schedules out among the families; the slow ones run all pairs.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma, polygamma

from madtheory.errors import BadInput
from madtheory.loop import Loop
from madtheory.models import Laplace, LocationScale, LocationScaleTruth, Logistic, ShiftedExponential, Student, Uniform
from madtheory.models._bag import Bag
from madtheory.models._location_scale import Member
from madtheory.random import SYNTHETIC, Stream, seed_words
from madtheory.schedules import Accumulate, Replace, Schedule, Weighted, Window
from madtheory.simulate import Simulation, simulate
from tests import naive_points
from tests.false_alarms import worst_z, z_bound
from tests.naive_points import alike, follows, quantile

T, REPLICAS = 4, 6000
MODELS: dict[str, tuple[LocationScale, Any]] = {
    "laplace": (Laplace(), stats.laplace),
    "logistic": (Logistic(), stats.logistic),
    "logistic-quartiles": (Logistic(fit_by="quartiles"), stats.logistic),
    "student": (Student(degrees=5.0), stats.t(5.0)),
    "student-quartiles": (Student(degrees=1.0, fit_by="quartiles"), stats.t(1.0)),
    "uniform": (Uniform(), stats.uniform),
    "shifted-exponential": (ShiftedExponential(), stats.expon),
}
SCHEDULES = {
    "replace": Replace(n=7),
    "accumulate": Accumulate(n=5),
    "weighted": Weighted(n_real=4, n_synthetic=6, weight=0.3),
    "window": Window(n=7, window=2),
}
DEALT = [(model, schedule) for i, model in enumerate(MODELS) for j, schedule in enumerate(SCHEDULES) if i == 0 or i % 4 == j]
PAIRS = [(model, schedule) for model in MODELS for schedule in SCHEDULES]


def loop_of(model: LocationScale, schedule: Schedule, bias: float = 1.0) -> Loop:
    truth = LocationScaleTruth(location=0.0 if isinstance(model, Uniform) else 1.5, scale=2.0)
    return Loop(model=model, truth=truth, schedule=schedule, sampling_bias=bias, bias_first_generation=False, estimator="mle")


def last(loop: Loop, seed: int, generations: int = T, **options: Any) -> dict[str, np.ndarray]:
    """Log scale and distance of the location in every replica at the end."""
    options = {"replicas": REPLICAS, "keep": [generations], "seed": seed, "devices": 1} | options
    run = simulate(loop, generations=generations, **options)
    assert not run.failed
    return {name: series.values[-1].astype(float) for name, series in run.observables.items()}  # type: ignore[index]


def scale(model: str, points: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R,) location and scale, as the estimator's definition has them."""
    unit = MODELS[model][1]
    if model == "laplace":
        middle = quantile(points, share, 0.5)
        return middle, abs(points - middle[:, None]) @ share
    if model.endswith("quartiles"):
        lower, middle, upper = (quantile(points, share, p) for p in (0.25, 0.5, 0.75))
        return middle, (upper - lower) / (unit.ppf(0.75) - unit.ppf(0.25))
    if model == "uniform":
        return np.zeros(len(points)), points.max(axis=1)
    if model == "shifted-exponential":
        return points.min(axis=1), points @ share - points.min(axis=1)
    return points @ share, np.sqrt((points - (points @ share)[:, None]) ** 2 @ share / unit.var())


def naive(model: str, loop: Loop, seed: int) -> dict[str, np.ndarray]:
    """The same in NumPy."""
    start = float(loop.truth.location), float(loop.truth.scale)

    def draw(rng: np.random.Generator, fitted: Any, replicas: int, size: int, bias: float) -> np.ndarray:
        location, spread = fitted or (np.full(replicas, start[0]), np.full(replicas, start[1]))
        points = MODELS[model][1].rvs(size=(replicas, size), random_state=rng)
        return (location[:, None] + np.sqrt(bias) * spread[:, None] * points)[:, :, None]

    fitted = naive_points.run(loop, draw, lambda x, share: scale(model, x[:, :, 0], share), T, REPLICAS, seed)[-1]
    drift = (fitted[0] - start[0]) ** 2
    return {"log_scale": np.log(fitted[1]), "scale_squared": fitted[1] ** 2, "mean_square_drift": drift}


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Whether log scales and drifts are of one law."""
    return all(alike(first[name], second[name], 2) for name in ("log_scale", "mean_square_drift"))


@pytest.mark.parametrize(("model", "schedule"), DEALT)
def test_the_engine_agrees_with_numpy(model: str, schedule: str, seed: int) -> None:
    loop = loop_of(MODELS[model][0], SCHEDULES[schedule], bias=0.8)
    assert same(last(loop, seed), naive(model, loop, seed))


@pytest.mark.slow
@pytest.mark.parametrize(("model", "schedule"), [pair for pair in PAIRS if pair not in DEALT])
def test_the_engine_agrees_with_numpy_elsewhere(model: str, schedule: str, seed: int) -> None:
    loop = loop_of(MODELS[model][0], SCHEDULES[schedule], bias=0.8)
    assert same(last(loop, seed), naive(model, loop, seed))


@pytest.mark.parametrize("schedule", ["replace", "weighted"])
def test_other_loops_are_rejected(schedule: str, seed: int) -> None:
    """Another estimator, another sampling bias, other weights."""
    loop, other = (loop_of(Laplace(), SCHEDULES[schedule], bias) for bias in (0.8, 0.6))
    found = last(loop, seed)
    assert not same(found, naive("laplace", other, seed))
    assert not same(found, naive("student-quartiles", loop, seed))
    heavier = loop_of(Laplace(), Weighted(n_real=4, n_synthetic=6, weight=0.6), 0.8)
    assert not same(found, naive("laplace", heavier, seed))


@functools.cache
def drawn(model: LocationScale, seed: int) -> np.ndarray:
    """40,000 points of the standard member."""
    words = Stream(seed_words(seed), jnp.uint32(0), jnp.uint32(1)).words(SYNTHETIC)
    return np.asarray(jax.jit(lambda: model.standard_points(words, 40_000, np.float32))(), float)


@pytest.mark.parametrize("model", ["laplace", "logistic", "student", "student-quartiles", "uniform", "shifted-exponential"])
def test_points_have_their_law(model: str, seed: int) -> None:
    """A quarter more of the scale is rejected: it moves the Cauchy distribution function by 14 of its standard errors."""
    family, law = MODELS[model]
    assert follows(drawn(family, seed), law.cdf)
    assert not follows(drawn(family, seed) * 1.25, law.cdf)


def test_the_largest_of_uniforms_is_a_gamma_walk(seed: int) -> None:
    """−log(θ_t/θ_0) ~ Γ(t, rate n); one point more or one generation more is rejected."""
    n, t = 5, 12
    walked = np.log(2.0) - last(loop_of(Uniform(), Replace(n=n)), seed, t)["log_scale"]
    assert follows(walked, stats.gamma(t, scale=1 / n).cdf)
    assert not follows(walked, stats.gamma(t, scale=1 / (n + 1)).cdf)
    assert not follows(walked, stats.gamma(t + 1, scale=1 / n).cdf)


def test_the_largest_real_point_is_never_exceeded() -> None:
    run: Simulation = simulate(loop_of(Uniform(), Accumulate(n=5)), generations=6, replicas=256, keep=[1, 6], devices=1)
    first, sixth = run.observables["log_scale"].values  # type: ignore[misc]
    np.testing.assert_allclose(first, sixth, atol=2e-6)


def test_scales_shrink_without_limit(seed: int) -> None:
    """log s_t is exact where s_t itself has long underflowed: e^−762 after 600 generations of two points each."""
    t, n = 600, 2
    run = last(loop_of(ShiftedExponential(), Replace(n=n)), seed, t, replicas=1024, observables=["log_scale"])["log_scale"]
    mean, variance = np.log(2.0) + t * (digamma(n - 1) - np.log(n)), t * polygamma(1, n - 1)
    assert worst_z(run[:, None], np.array([mean])) < z_bound(2)
    assert worst_z((run[:, None] - mean) ** 2, np.array([variance])) < z_bound(2)
    assert worst_z(run[:, None], np.array([mean * 1.02])) > z_bound(2)  # a wrong rate


def test_locations_converge_while_scales_shrink() -> None:
    """Of two points each, locations stop moving, and nothing that is measured stops being a number."""
    run = simulate(loop_of(Laplace(), Replace(n=2)), generations=300, replicas=256, keep=[150, 300], devices=1)
    early, late = run.observables["mean_square_drift"].values  # type: ignore[misc]
    assert not run.failed
    np.testing.assert_array_equal(early, late)


def bag_of(points: np.ndarray) -> Bag:
    return Bag.of(jnp.asarray(points, jnp.float32)[:, None], len(points), len(points) + 3)


@pytest.mark.parametrize("model", MODELS)
def test_estimators_are_consistent(model: str) -> None:
    """Fitted to the quantiles of the standard member, location and scale are 0 and 1."""
    family, law = MODELS[model]
    location, spread = family.estimate(bag_of(law.ppf((np.arange(4000) + 0.5) / 4000)))
    assert abs(float(location)) < 0.01
    assert float(spread) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("model", MODELS)
def test_estimators_are_equivariant(model: str) -> None:
    """Moved and stretched points are fitted by a moved and stretched law, and so are points seen from another frame."""
    points, where = np.random.default_rng(1).exponential(size=9), 0.0 if model == "uniform" else 3.0
    weights = jnp.asarray([1, 2, 1, 3, 1, 1, 2, 1, 1, 0, 0, 0], jnp.float32)
    bag = Bag(bag_of(points).points, weights, jnp.int32(9), jnp.float32(9))
    moved = Bag(where + 4 * bag.points, weights, bag.used, bag.count)
    own, other = (MODELS[model][0].estimate(one) for one in (bag, moved))
    np.testing.assert_allclose(np.array(other), [where + 4 * own[0], 4 * own[1]], rtol=1e-6, atol=1e-6)
    frame = Member(jnp.array([where]), jnp.log(jnp.float32(4)))
    np.testing.assert_allclose(np.array(MODELS[model][0].estimate(moved.seen_from(frame))), np.array(own), rtol=1e-5, atol=1e-6)


def test_scale_and_variance_can_be_measured() -> None:
    names = ["scale", "scale_squared", "variance"]
    for model, variance in ((Laplace(), 2.0), (Uniform(), 1 / 12)):
        found = last(loop_of(model, Replace(n=7)), 0, 2, replicas=64, observables=names)
        np.testing.assert_allclose(found["variance"], variance * found["scale_squared"], rtol=1e-5)
        np.testing.assert_allclose(found["scale"] ** 2, found["scale_squared"], rtol=1e-5)
    assert Student(degrees=1.0, fit_by="quartiles").unit_variance == np.inf


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Student(degrees=2.0), "degrees"),
        (lambda: Student(degrees=0.0, fit_by="quartiles"), "degrees"),
        (lambda: Logistic(fit_by="median"), "fit_by"),
        (lambda: LocationScaleTruth(scale=0.0), "scale"),
        (lambda: Loop(model=Uniform(), truth=LocationScaleTruth(location=1.0), schedule=Replace(n=5),
                      bias_first_generation=False, estimator="mle"), "location"),
        (lambda: loop_of(Laplace(), Replace(n=1)), "at least 2 points"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(make: Any, match: str) -> None:
    with pytest.raises(BadInput, match=match) as caught:
        make()
    assert "\n" not in str(caught.value)

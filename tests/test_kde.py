"""Kernel density and bootstrap loops against plain NumPy, and against their exact moments."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from madtheory.errors import BadInput
from madtheory.loop import Loop
from madtheory.models import KDE, Bootstrap, OfPoints
from madtheory.models._bag import Bag
from madtheory.random import SYNTHETIC, Stream, seed_words
from madtheory.schedules import Accumulate, Replace, Schedule, Weighted, Window
from madtheory.simulate import Simulation, simulate
from madtheory.truth import Truth
from tests import naive_points
from tests.false_alarms import worst_z, z_bound
from tests.naive_points import alike, follows

T, REPLICAS = 4, 6000
PLANE = Truth(mean=[0.5, -1.0], covariance=[[1.0, 0.3], [0.3, 2.0]])
MODELS: dict[str, OfPoints] = {
    "fixed": KDE(bandwidth=0.4),
    "scott": KDE(dim=2, bandwidth="scott", kernel="epanechnikov"),
    "bootstrap": Bootstrap(),
}
SCHEDULES = {
    "replace": Replace(n=7),
    "accumulate": Accumulate(n=5),
    "weighted": Weighted(n_real=4, n_synthetic=6, weight=0.3),
    "window": Window(n=7, window=2),
}
DEALT = [(model, schedule) for i, model in enumerate(MODELS) for j, schedule in enumerate(SCHEDULES) if i == 0 or i % 4 == j]
PAIRS = [(model, schedule) for model in MODELS for schedule in SCHEDULES]


def loop_of(model: OfPoints, schedule: Schedule) -> Loop:
    truth = PLANE if model.dim == 2 else Truth(mean=[0.5], covariance=[[1.5]])
    return Loop(model=model, truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")


def run_of(loop: Loop, generations: int, seed: int = 0, replicas: int = REPLICAS) -> Simulation:
    run = simulate(loop, generations=generations, replicas=replicas, seed=seed, keep=range(1, generations + 1), devices=1)
    assert not run.failed
    return run


def values(run: Simulation, name: str) -> np.ndarray:
    """(R, T) an observable at generations 1…T."""
    return run.observables[name].values.T.astype(float)  # type: ignore[union-attr]


def last(loop: Loop, seed: int) -> dict[str, np.ndarray]:
    """Every observable at the end."""
    run = run_of(loop, T, seed)
    return {name: values(run, name)[:, -1] for name in run.observables}


def bandwidth(model: OfPoints, points: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(R, d) bandwidths."""
    if isinstance(model, Bootstrap):
        return np.zeros(points[:, 0].shape)
    if model.bandwidth != "scott":  # type: ignore[attr-defined]
        return np.full(points[:, 0].shape, float(model.bandwidth))  # type: ignore[attr-defined]
    centred = points - np.einsum("rnd,n->rd", points, share)[:, None]
    return np.sqrt(np.einsum("rnd,n->rd", centred**2, share)) * (share @ share) ** (1 / (points.shape[2] + 4))


def kernel(rng: np.random.Generator, model: OfPoints, shape: tuple[int, ...]) -> np.ndarray:
    """Noise of bandwidth 1; Epanechnikov's by inversion."""
    return 2 * np.sin(np.arcsin(rng.uniform(-1, 1, shape)) / 3) if model.kernel == "epanechnikov" else rng.normal(size=shape)


def naive(loop: Loop, seed: int) -> dict[str, np.ndarray]:
    """The same in NumPy."""
    model, truth = loop.model, loop.truth
    unit = 0.2 if model.kernel == "epanechnikov" else 1.0  # type: ignore[attr-defined]

    def draw(rng: np.random.Generator, fitted: Any, replicas: int, size: int, bias: float) -> np.ndarray:
        if fitted is None:
            return rng.multivariate_normal(truth.mean, truth.covariance, (replicas, size))
        points, share, h = fitted
        chosen = rng.choice(len(share), (replicas, size), p=share)
        noise = kernel(rng, model, (replicas, size, points.shape[2]))  # type: ignore[arg-type]
        return np.take_along_axis(points, chosen[:, :, None], axis=1) + h[:, None] * noise

    def fit(points: np.ndarray, share: np.ndarray) -> Any:
        return points, share, bandwidth(model, points, share)  # type: ignore[arg-type]

    points, share, h = naive_points.run(loop, draw, fit, T, REPLICAS, seed)[-1]
    mean = np.einsum("rnd,n->rd", points, share)
    within = np.einsum("rnd,n->rd", (points - mean[:, None]) ** 2, share)
    found = {"variance": (within + unit * h**2).mean(axis=1), "mean_square_drift": ((mean - truth.mean) ** 2).sum(axis=1)}
    return found | {"distinct_points": np.array([float(len(np.unique(row))) for row in points[:, :, 0]])}


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Whether everything that both have is of one law."""
    shared = first.keys() & second.keys()
    return all(alike(first[name], second[name], len(shared)) for name in shared)


@pytest.mark.parametrize(("model", "schedule"), DEALT)
def test_the_engine_agrees_with_numpy(model: str, schedule: str, seed: int) -> None:
    loop = loop_of(MODELS[model], SCHEDULES[schedule])
    assert same(last(loop, seed), naive(loop, seed))


@pytest.mark.slow
@pytest.mark.parametrize(("model", "schedule"), [pair for pair in PAIRS if pair not in DEALT])
def test_the_engine_agrees_with_numpy_elsewhere(model: str, schedule: str, seed: int) -> None:
    loop = loop_of(MODELS[model], SCHEDULES[schedule])
    assert same(last(loop, seed), naive(loop, seed))


def test_other_loops_are_rejected(seed: int) -> None:
    """Another bandwidth, other weights, another kernel."""
    narrow, weighted = loop_of(MODELS["fixed"], SCHEDULES["replace"]), loop_of(MODELS["fixed"], SCHEDULES["weighted"])
    assert not same(last(narrow, seed), naive(loop_of(KDE(bandwidth=0.5), Replace(n=7)), seed))
    heavier = loop_of(MODELS["fixed"], Weighted(n_real=4, n_synthetic=6, weight=0.5))
    assert not same(last(weighted, seed), naive(heavier, seed))
    scott, gaussian = (loop_of(model, SCHEDULES["accumulate"]) for model in (MODELS["scott"], KDE(dim=2, bandwidth="scott")))
    assert not same(last(scott, seed), naive(gaussian, seed))


def test_the_variance_within_saturates_and_the_centre_drifts(seed: int) -> None:
    """n = 20, h = 0.4: S_0 + t h² is the variance over all runs; within one it tends to n h², whatever h is taken for."""
    n, h, t = 20, 0.4, np.array([10, 30, 60])
    loop = Loop(model=KDE(bandwidth=h), truth=Truth.standard(1), schedule=Replace(n=n), bias_first_generation=False,
                estimator="mle")  # fmt: skip
    run = run_of(loop, 60, seed, 4000)
    variance, drift = (values(run, name)[:, t - 1] for name in ("variance", "mean_square_drift"))
    within = n * h**2 + (1 - n * h**2) * (1 - 1 / n) ** t
    assert within[-1] == pytest.approx(3.0986, abs=1e-4)
    assert worst_z(variance, within) < z_bound(9)
    assert worst_z(variance + drift, 1 + t * h**2) < z_bound(9)
    assert worst_z(drift + variance / n, 1 + (t + 1) * h**2 - n * h**2 - (1 - n * h**2) * (1 - 1 / n) ** (t + 1)) < z_bound(9)
    assert worst_z(variance, 1 + t * h**2) > z_bound(9)  # the wrong reading


def test_accumulated_variance_grows_like_a_logarithm(seed: int) -> None:
    """Variance over all runs is S_0 + h² H_t for the model, and h² less for the pool."""
    h, t = 0.4, 20
    loop = Loop(model=KDE(bandwidth=h), truth=Truth.standard(1), schedule=Accumulate(n=6), bias_first_generation=False,
                estimator="mle")  # fmt: skip
    run = run_of(loop, t, seed, 4000)
    total = (values(run, "variance") + values(run, "mean_square_drift"))[:, [4, 19]]
    harmonic = np.array([np.sum(1 / np.arange(1.0, last + 1)) for last in (5, 20)])
    assert 1 + h**2 * (harmonic[1] - 1) == pytest.approx(1.4156, abs=1e-4)
    assert worst_z(total, 1 + h**2 * harmonic) < z_bound(4)
    assert worst_z(total, 1 + h**2 * np.array([5.0, 20.0])) > z_bound(4)


@pytest.mark.parametrize("c", [1 / np.sqrt(8), 0.5])
def test_a_bandwidth_that_follows_the_data_multiplies(c: float, seed: int) -> None:
    """E V_t = (1 + c²)[(1 − 1/n)(1 + c²)]^(t−1) (1 − 1/n) S_0 with h = c s and the 1/N variance s²: constant at c² = 1/(n−1)."""
    n, t = 9, np.arange(1, 7)
    found = values(run_of(loop_of(KDE(relative=c), Replace(n=n)), 6, seed), "variance")
    expected = 1.5 * ((1 - 1 / n) * (1 + c**2)) ** t
    assert worst_z(found, expected) < z_bound(24)
    assert worst_z(found, expected * 1.1) > z_bound(24)


def ancestors(n: int, generations: int) -> np.ndarray:
    """(T,) expected number of real points left: each is an allele of frequency 1/n in a Wright–Fisher chain."""
    k = np.arange(n + 1)
    chain = stats.binom.pmf(k, n, k[:, None] / n)
    return np.array([n * (1 - np.linalg.matrix_power(chain, t)[1, 0]) for t in range(generations)])


def test_ancestors_are_lost_as_by_wright_and_fisher(seed: int) -> None:
    """And variance with them, by 1/n per generation."""
    n, t = 6, 10
    run = run_of(loop_of(Bootstrap(), Replace(n=n)), t, seed, 8000)
    found, rest = values(run, "distinct_points"), slice(1, None)
    assert np.all(found[:, 0] == n)
    assert worst_z(found[:, rest], ancestors(n, t)[rest]) < z_bound(18)
    assert worst_z(found[:, rest], ancestors(n + 1, t)[rest] - 1) > z_bound(18)  # a wrong chain
    assert worst_z(values(run, "variance"), 1.5 * (1 - 1 / n) ** np.arange(1, t + 1)) < z_bound(20)


def test_a_memory_of_everything_loses_no_point() -> None:
    assert np.all(values(run_of(loop_of(Bootstrap(), Accumulate(n=5)), T, replicas=64), "distinct_points") == 5)


def test_rows_of_a_table_are_drawn_as_they_are(seed: int) -> None:
    """Real data in the coordinates of the table; a model without a bandwidth then only repeats rows."""
    rows = np.array([[10.0, -3.0], [11.0, -2.0], [13.0, 2.0], [18.0, 0.0]])
    truth = Truth.fitted(rows, "bootstrap")
    loop = Loop(model=Bootstrap(dim=2), truth=truth, schedule=Replace(n=6), bias_first_generation=False, estimator="mle")
    run = run_of(loop, 3, seed, 2000)
    assert values(run, "distinct_points").max() <= len(rows)
    total = np.trace(truth.covariance)
    assert worst_z(values(run, "variance"), total / 2 * (5 / 6) ** np.arange(1, 4)) < z_bound(6)
    assert worst_z(values(run, "mean_square_drift"), total * (1 - (5 / 6) ** np.arange(1, 4))) < z_bound(6)


def test_the_other_kernel(seed: int) -> None:
    """Epanechnikov's density ¾(1−u²) is a beta law on (−1, 1); the normal law of its variance is rejected."""
    model = KDE(bandwidth=1.0, kernel="epanechnikov")
    family: Any = model.bound(Truth.standard(1), 1)
    one = family.fit(Bag.of(jnp.zeros((1, 1)), 1, 1), "mle", None)
    words = Stream(seed_words(seed), jnp.uint32(0), jnp.uint32(1)).words(SYNTHETIC)
    points = np.asarray(jax.jit(lambda: family.draw_points(words, one, 20_000, 1.0))(), float)[:, 0]
    assert follows(points, stats.beta(2, 2, loc=-1, scale=2).cdf)
    assert not follows(points, stats.norm(scale=np.sqrt(0.2)).cdf)


@pytest.mark.parametrize("rule", ["scott", "silverman"])
@pytest.mark.parametrize("dim", [1, 3])
def test_rules_are_those_of_scipy(rule: str, dim: int) -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.normal(size=(9, dim)), rng.uniform(0.2, 1, 9)
    bag = Bag(jnp.asarray(points), jnp.asarray(weights), jnp.int32(9), jnp.float32(9))
    theirs = stats.gaussian_kde(points.T, bw_method=rule, weights=weights)
    assert float(KDE(dim=dim, bandwidth=rule).factor(bag)) == pytest.approx(theirs.factor, rel=1e-5)
    spread = np.sqrt(np.average((points - np.average(points, 0, weights)) ** 2, 0, weights))
    np.testing.assert_allclose(KDE(dim=dim, bandwidth=rule).spread(bag), theirs.factor * spread, rtol=1e-5)


@pytest.mark.parametrize(
    "options",
    [{}, {"bandwidth": 0}, {"bandwidth": -1.0}, {"bandwidth": np.inf}, {"bandwidth": "scot"}, {"bandwidth": [0.1, 0.2]},
     {"bandwidth": 0.1, "relative": 0.1}],
)  # fmt: skip
def test_a_bandwidth_without_a_meaning_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="bandwidth") as caught:
        KDE(**options)
    assert "\n" not in str(caught.value)


def test_a_sampling_bias_is_refused() -> None:
    with pytest.raises(BadInput, match="sampling_bias"):
        Loop(model=KDE(bandwidth=0.4), truth=Truth.standard(1), schedule=Replace(n=5), sampling_bias=0.9,
             bias_first_generation=False, estimator="mle")  # fmt: skip

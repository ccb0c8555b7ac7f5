"""Loops of Gaussian mixtures against EM in plain NumPy, and what a step of EM promises."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from madtheory.errors import BadInput
from madtheory.loop import Loop
from madtheory.models import Mixture, MixtureTruth
from madtheory.models._bag import Bag
from madtheory.models.mixture import Components, improved
from madtheory.random import SYNTHETIC, Stream, seed_words
from madtheory.schedules import Accumulate, Replace, Schedule, Weighted, Window
from madtheory.simulate import simulate
from tests import naive_points
from tests.false_alarms import worst_z, z_bound
from tests.naive_points import alike, follows, quantile

T, REPLICAS, STEPS = 3, 4000, 8
ROUNDING = 1e-28  # a variance of this stands for none: its component has shrunk to equal points
TRUTH = MixtureTruth(weights=[0.4, 0.6], means=[-2.0, 2.0], variances=[0.5, 1.0])
SCHEDULES = {
    "replace": Replace(n=12),
    "accumulate": Accumulate(n=10),
    "weighted": Weighted(n_real=6, n_synthetic=10, weight=0.3),
    "window": Window(n=12, window=2),
}


def loop_of(schedule: Schedule, steps: int = STEPS) -> Loop:
    return Loop(model=Mixture(iterations=steps), truth=TRUTH, schedule=schedule, bias_first_generation=False, estimator="mle")


def last(loop: Loop, seed: int, generations: int = T) -> dict[str, np.ndarray]:
    """What is measured in every replica at the end."""
    run = simulate(loop, generations=generations, replicas=REPLICAS, seed=seed, keep=[generations], devices=1)
    assert not run.failed
    return {name: series.values[-1].astype(float) for name, series in run.observables.items()}  # type: ignore[index]


def expectation_maximisation(x: np.ndarray, share: np.ndarray, steps: int, k: int = 2) -> tuple[np.ndarray, ...]:
    """(R, k) weights, means and variances fitted to points (R, N), from quantiles of these."""
    means = np.stack([quantile(x, share, (j + 0.5) / k) for j in range(k)], axis=1)
    variances = np.repeat(((x - (x @ share)[:, None]) ** 2 @ share)[:, None], k, axis=1)
    weights = np.full_like(means, 1 / k)
    for _ in range(steps):
        variances = np.maximum(variances, ROUNDING)
        log = stats.norm.logpdf(x[:, :, None], means[:, None], np.sqrt(variances)[:, None]) + np.log(weights)[:, None]
        own = np.exp(log - log.max(axis=2, keepdims=True))
        own = own / own.sum(axis=2, keepdims=True) * share[:, None]
        weights = own.sum(axis=1)
        means = np.einsum("rnk,rn->rk", own, x) / weights
        variances = np.einsum("rnk,rnk->rk", own, (x[:, :, None] - means[:, None]) ** 2) / weights
    return weights, means, variances


def naive(loop: Loop, seed: int) -> dict[str, np.ndarray]:
    """The same in NumPy."""
    start = tuple(np.tile(part, (REPLICAS, 1)) for part in (TRUTH.weights, TRUTH.means, TRUTH.variances))

    def draw(rng: np.random.Generator, fitted: Any, replicas: int, size: int, bias: float) -> np.ndarray:
        weights, means, variances = fitted or start
        chosen = (rng.random((replicas, size, 1)) > np.cumsum(weights, axis=1)[:, None, :-1]).sum(axis=2)
        mean, variance = (np.take_along_axis(part, chosen, axis=1) for part in (means, variances))
        return (mean + np.sqrt(variance) * rng.normal(size=chosen.shape))[:, :, None]

    def fit(points: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, ...]:
        return expectation_maximisation(points[:, :, 0], share, int(loop.model.iterations))  # type: ignore[attr-defined]

    weights, means, variances = naive_points.run(loop, draw, fit, T, REPLICAS, seed)[-1]
    mean = (weights * means).sum(axis=1)
    total = (weights * (variances + (means - mean[:, None]) ** 2)).sum(axis=1)
    drift = (mean - TRUTH.weights @ TRUTH.means) ** 2
    return {"variance": total, "mean_square_drift": drift, "smallest_weight": weights.min(axis=1)}


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Whether everything that NumPy has is of one law."""
    return all(alike(first[name], second[name], len(second)) for name in second)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_engine_agrees_with_numpy(schedule: str, seed: int) -> None:
    loop = loop_of(SCHEDULES[schedule])
    assert same(last(loop, seed), naive(loop, seed))


def test_other_loops_are_rejected(seed: int) -> None:
    """Fewer steps of EM, other weights."""
    found = last(loop_of(SCHEDULES["replace"]), seed)
    assert not same(found, naive(loop_of(SCHEDULES["replace"], 2), seed))
    found = last(loop_of(SCHEDULES["weighted"]), seed)
    assert not same(found, naive(loop_of(Weighted(n_real=6, n_synthetic=10, weight=0.7)), seed))


def test_one_component_is_a_gaussian_loop(seed: int) -> None:
    """E S_t = (1 − 1/n)^t S_0, and the rest of S_0 is the drift of the mean."""
    n, t = 8, 5
    truth = MixtureTruth(weights=[1.0], means=[3.0], variances=[2.0])
    loop = Loop(model=Mixture(components=1, iterations=1), truth=truth, schedule=Replace(n=n), bias_first_generation=False,
                estimator="mle")  # fmt: skip
    found, left = last(loop, seed, t), 2 * (1 - 1 / n) ** t
    assert worst_z(found["variance"][:, None], np.array([left])) < z_bound(2)
    assert worst_z(found["mean_square_drift"][:, None], np.array([2 - left])) < z_bound(2)
    assert worst_z(found["variance"][:, None], np.array([2 * (1 - 1 / n) ** (t - 2)])) > z_bound(2)  # a wrong generation


def test_points_have_the_law_of_the_mixture(seed: int) -> None:
    model: Any = Mixture(components=3)
    weights, means, variances = np.array([0.3, 0.0, 0.7]), np.array([-2.0, 100.0, 1.0]), np.array([0.5, 1.0, 2.0])
    fitted = Components(*(jnp.asarray(part, jnp.float32) for part in (weights, means, variances)))
    words = Stream(seed_words(seed), jnp.uint32(0), jnp.uint32(1)).words(SYNTHETIC)
    points = np.asarray(jax.jit(lambda: model.draw_points(words, fitted, 20_000, 1.0))(), float)[:, 0]

    def cdf(x: np.ndarray, weights: np.ndarray = weights) -> np.ndarray:
        return stats.norm.cdf(x[:, None], means, np.sqrt(variances)) @ weights

    assert follows(points, cdf)
    assert not follows(points, lambda x: cdf(x, np.array([0.35, 0.0, 0.65])))


# one step of EM


def bag_of(points: np.ndarray, room: int = 0) -> Bag:
    return Bag.of(jnp.asarray(points, jnp.float32)[:, None], len(points), max(room, len(points)))


def likelihood(model: Components, points: np.ndarray, share: np.ndarray) -> float:
    """Weighted mean log-likelihood."""
    parts = np.asarray(model.weights) * stats.norm.pdf(points[:, None], model.means, np.sqrt(np.asarray(model.variances)))
    return float(np.log(parts.sum(axis=1)) @ share)


def test_a_step_never_lowers_the_likelihood() -> None:
    rng = np.random.default_rng(3)
    points, weights = np.concatenate([rng.normal(-2, 1, 20), rng.normal(2, 1, 20)]), rng.uniform(0.2, 1, 40)
    bag = Bag(jnp.asarray(points, jnp.float32)[:, None], jnp.asarray(weights, jnp.float32), jnp.int32(40), jnp.float32(40))
    model = Components(jnp.array([0.5, 0.5]), jnp.array([-1.0, 0.5]), jnp.array([4.0, 4.0]))
    path = []
    for _ in range(30):
        model = improved(bag, model)
        path.append(likelihood(model, points, weights / weights.sum()))
    assert np.all(np.diff(path) > -1e-6)
    assert path[-1] > path[0] + 0.1


def test_a_dead_component_keeps_weight_0_and_its_place() -> None:
    model = Components(jnp.array([0.0, 1.0]), jnp.array([5.0, 0.0]), jnp.array([0.3, 1.0]))
    after = improved(bag_of(np.array([-1.0, 0.5, 2.0]), 5), model)
    np.testing.assert_allclose(np.array([after.weights, after.means, after.variances])[:, 0], [0.0, 5.0, 0.3], rtol=1e-6)
    np.testing.assert_allclose(np.array([after.weights, after.means, after.variances])[:, 1], [1.0, 0.5, 1.5], rtol=1e-6)


def test_a_component_of_equal_points_has_no_variance_and_takes_nothing_else() -> None:
    """No floor is invented: its likelihood has no bound, and it keeps these points for ever."""
    points = np.array([1.0, 1.0, 1.0, 4.0, 6.0])
    model = Components(jnp.array([0.5, 0.5]), jnp.array([1.0, 4.0]), jnp.array([0.0, 2.0]))
    for _ in range(3):
        model = improved(bag_of(points, 7), model)
        np.testing.assert_allclose(np.array(jax.tree.leaves(model)), [[0.6, 0.4], [1.0, 5.0], [0.0, 1.0]], rtol=1e-6)


def test_points_that_are_all_equal_are_fitted() -> None:
    fitted = Mixture().fit(bag_of(np.full(6, 2.5), 9), "mle", None)
    np.testing.assert_allclose(np.asarray(fitted.means), [2.5, 2.5])
    assert np.all(np.asarray(fitted.variances) < 1e-12)  # the square of a rounding, or 0
    assert float(fitted.weights.sum()) == pytest.approx(1)


def test_small_training_sets_stay_numbers() -> None:
    """Two points for two components: each may take one, and every draw repeats it."""
    loop = loop_of(Replace(n=2), 50)
    run = simulate(loop, generations=30, replicas=512, keep=[30], devices=1)
    assert not run.failed
    assert np.all(run.observables["smallest_weight"].values >= 0)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"weights": [0.4, 0.5]}, "weights"),
        ({"weights": [1.0, 0.0]}, "weights"),
        ({"variances": [1.0, 0.0]}, "variances"),
        ({"means": [0.0]}, "means"),
        ({"means": [0.0, np.nan]}, "means"),
    ],
)
def test_what_is_no_mixture_is_refused(options: dict[str, Any], match: str) -> None:
    with pytest.raises(BadInput, match=match) as caught:
        MixtureTruth(**{"weights": [0.4, 0.6], "means": [-1.0, 1.0], "variances": [1.0, 1.0]} | options)
    assert "\n" not in str(caught.value)


def test_another_number_of_components_is_refused() -> None:
    with pytest.raises(BadInput, match=r"truth\.weights"):
        Loop(model=Mixture(components=3), truth=TRUTH, schedule=Replace(n=9), bias_first_generation=False, estimator="mle")


def test_each_variance_is_a_fixed_share_of_the_last_one(seed: int) -> None:
    """E[V_{t+1}/V_t | model t] = 1 − 1/n whatever the model; twice as many points are rejected."""
    n, generations = 10, 5
    run = simulate(loop_of(Replace(n=n)), generations=generations, replicas=REPLICAS, seed=seed, keep=range(1, generations + 1),
                   observables=["variance"])  # fmt: skip
    values = run.observables["variance"].values
    assert values is not None
    ratios = np.mean(values[1:].astype(float) / values[:-1], axis=0)
    assert worst_z(ratios, np.asarray(1 - 1 / n)) < z_bound(1)
    assert worst_z(ratios, np.asarray(1 - 1 / (2 * n))) > z_bound(1)

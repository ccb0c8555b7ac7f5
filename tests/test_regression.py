"""Regression loops against plain NumPy (pinv and solve on the points themselves), and their laws at settings of their own."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from madtheory.errors import BadInput
from madtheory.laws import ATLAS, evaluate
from madtheory.laws._law import float64
from madtheory.laws._regression import regression_loop
from madtheory.loop import Loop
from madtheory.models import LinearRegression, RegressionTruth
from madtheory.schedules import Accumulate, FixedReal, Fresh, Replace, Schedule, Weighted, Window
from madtheory.simulate import simulate
from tests import naive_points
from tests.false_alarms import worst_z, z_bound
from tests.naive_points import alike, follows

T, REPLICAS = 4, 6000
CASES: dict[str, tuple[Schedule, dict[str, Any]]] = {
    "replace": (Replace(n=9), {"noise": "refitted", "white": False}),
    "accumulate": (Accumulate(n=[6, 7, 8, 9]), {"noise": "refitted", "estimator": "mle"}),
    "weighted": (Weighted(n_real=6, n_synthetic=8, weight=0.3), {"white": False}),
    "window": (Window(n=8, window=2), {"noise": "refitted"}),
    "one design": (Accumulate(n=8), {"design": "reused", "noise": "refitted", "white": False}),
    "one design, some of its rows": (FixedReal(n_real=6, n_synthetic=9), {"design": "reused", "noise": "refitted"}),
    "minimum norm": (Fresh(n_real=2, n_synthetic=3, n_initial=4), {"method": "min_norm", "d": 6, "white": False}),
    "minimum norm, one design": (Replace(n=4), {"method": "min_norm", "d": 6, "design": "reused"}),
    "minimum norm until there are enough": (Accumulate(n=3), {"method": "min_norm", "d": 5}),
    "ridge": (FixedReal(n_real=3, n_synthetic=5), {"method": "ridge", "penalty": 0.4, "white": False}),
}


def naive(loop: Any, seed: int, generations: int = T, replicas: int = REPLICAS) -> dict[str, np.ndarray]:
    """(R,) risk and noise variance of the last generation, point by point."""
    model, truth, d = loop.model, loop.truth, loop.model.features
    root = np.linalg.cholesky(truth.input_covariance)
    one_design: list[np.ndarray] = []

    def inputs(rng: np.random.Generator, count: int, size: int) -> np.ndarray:
        if model.design == "fresh":
            return rng.normal(size=(count, size, d)) @ root.T
        if not one_design:
            one_design.append(rng.normal(size=(count, 50, d)) @ root.T)
        return one_design[0][:, :size]

    def draw(rng: np.random.Generator, line: Any, count: int, size: int, bias: float) -> np.ndarray:
        x = inputs(rng, count, size)
        real = np.broadcast_to(truth.coefficients, (count, d)), np.full(count, float(truth.noise_variance))
        w, noise = real if line is None else line
        y = np.einsum("rnd,rd->rn", x, w) + np.sqrt(noise)[:, None] * rng.normal(size=(count, size))
        return np.concatenate([x, y[..., None]], axis=2)

    def fit(points: np.ndarray, share: np.ndarray) -> Any:
        x, y, number = np.sqrt(share)[:, None] * points[..., :d], np.sqrt(share) * points[..., d], len(share)
        if model.method == "ridge":
            square = np.einsum("rnd,rne->rde", x, x) + float(model.penalty) * np.eye(d)
            w = np.linalg.solve(square, np.einsum("rnd,rn->rd", x, y)[..., None])[..., 0]
        else:
            w = np.einsum("rdn,rn->rd", np.linalg.pinv(x), y)
        if model.noise == "true":
            return w, np.full(len(w), float(truth.noise_variance))
        rest = np.sum((y - np.einsum("rnd,rd->rn", x, w)) ** 2, axis=1)
        return w, rest * (number / (number - d) if loop.estimator == "unbiased" else 1)

    w, noise = naive_points.run(loop, draw, fit, generations, replicas, seed)[-1]
    return {"risk": np.sum(((w - truth.coefficients) @ root) ** 2, axis=1), "noise_variance": noise}


def fast(loop: Loop, seed: int, draw: str = "statistics", replicas: int = REPLICAS) -> dict[str, np.ndarray]:
    """The same by the engine."""
    run = simulate(loop, generations=T, replicas=replicas, seed=seed, draw=draw, keep=[T])
    assert not run.failed
    return {name: run.observables[name].values[-1].astype(float) for name in ("risk", "noise_variance")}  # type: ignore[index]


DRAWN = [(case, draw) for case in CASES for draw in ("statistics", "points")]
FAST = {"replace", "minimum norm", "one design"}  # of the points; the others are slow tests


@pytest.mark.parametrize(
    ("case", "draw"),
    [pytest.param(*pair, marks=() if pair[1] == "statistics" or pair[0] in FAST else pytest.mark.slow) for pair in DRAWN],
)
def test_the_engine_is_the_naive_loop(case: str, draw: str, seed: int) -> None:
    schedule, model = CASES[case]
    loop = regression_loop(schedule, **model)
    ours, theirs = fast(loop, seed, draw), naive(loop, seed)
    for name in ours:
        if model.get("noise") == "refitted" or name == "risk":
            assert alike(ours[name], theirs[name], checks=4 * len(CASES))


def test_a_point_less_is_rejected(seed: int) -> None:
    ours, theirs = fast(regression_loop(Replace(n=9)), seed), naive(regression_loop(Replace(n=8)), seed)
    assert not alike(ours["risk"], theirs["risk"])


def test_one_design_is_a_switch_that_is_caught(seed: int) -> None:
    ours = fast(regression_loop(Accumulate(n=6), design="reused"), seed, replicas=40_000)
    theirs = naive(regression_loop(Accumulate(n=6)), seed, replicas=40_000)
    assert not alike(ours["risk"], theirs["risk"])


# Laws at settings that are not among their cases


def law(name: str, loop: Loop, generations: int) -> np.ndarray:
    found = evaluate(ATLAS[name].mean, loop, generations)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "loop", "generations"),
    [
        ("replace-risk", regression_loop(Replace(n=[18, 16, 22]), d=4, noise="refitted", estimator="mle"), 3),
        ("accumulate-risk", regression_loop(Accumulate(n=[14, 9, 30, 11]), d=2, white=False), 4),
        ("one-design-risk", regression_loop(Weighted(n_real=15, n_synthetic=15, weight=0.25), d=2, design="reused"), 4),
        ("fresh-risk", regression_loop(Fresh(n_real=7, n_synthetic=13, n_initial=16), d=4), 5),
        ("min-norm-risk", regression_loop(Replace(n=3), d=12, method="min_norm"), 4),
    ],
)
def test_exact_laws_meet_the_naive_loop(name: str, loop: Loop, generations: int, seed: int) -> None:
    found = naive(loop, seed, generations, 40_000)["risk"]
    expected = law(name, loop, generations)[-1:]
    assert worst_z(found[:, None], expected) < z_bound(5)
    assert worst_z(found[:, None], 1.1 * expected) > z_bound(5)  # a tenth off is seen


def distribution(loop: Loop, x: np.ndarray) -> np.ndarray:
    found = evaluate(ATLAS["one-design-risk"].cdf, loop, T, x)
    assert found is not None
    return found


def test_the_risk_on_one_design_is_an_f_variate(seed: int) -> None:
    loop = regression_loop(Accumulate(n=11), d=4, design="reused", white=False)
    found = fast(loop, seed, replicas=100_000)["risk"]
    scale = 0.8 * sum(1 / k**2 for k in range(1, T + 1)) * 4 / 8
    assert follows(found, lambda x: stats.f(4, 8, scale=scale).cdf(x), checks=2)
    assert follows(found, lambda x: distribution(loop, x), checks=2)


def test_more_points_in_the_f_variate_are_rejected(seed: int) -> None:
    loop = regression_loop(Accumulate(n=11), d=4, design="reused")
    found = fast(loop, seed, replicas=100_000)["risk"]
    more = regression_loop(Accumulate(n=12), d=4, design="reused")
    assert not follows(found, lambda x: distribution(more, x))


def test_the_limit_of_accumulation_is_the_sum_of_its_series() -> None:
    loop = regression_loop(Accumulate(n=14), d=8)
    found = evaluate(ATLAS["accumulate-risk-limit"].value, loop)  # type: ignore[attr-defined]
    k = np.arange(1, 2_000_001)
    assert found == pytest.approx(0.8 * 8 * (np.sum(1 / (k * (14.0 * k - 9))) + 1 / 14 / k[-1]), rel=1e-9)
    assert found / (0.8 * 8 / 5 * np.pi**2 / 6) == pytest.approx(0.787, abs=1e-3)  # of the bound with one design


def test_the_multiplier_of_fresh_data_changes_side_at_its_threshold() -> None:
    def multiplier(d: int) -> float:
        loop = regression_loop(Fresh(n_real=2000, n_synthetic=2000, n_initial=4000), d=d)
        return float(evaluate(ATLAS["fresh-risk-multiplier"].value, loop))  # type: ignore[attr-defined, arg-type]

    assert multiplier(2990) < 1 < multiplier(3010)  # φ* = (1 + p)/(1 + 2p) = 3/4


@float64
def test_penalties_solve_their_fixed_point_and_agree_with_the_spectrum() -> None:
    from madtheory.laws.regression_ridge import effective_penalty, solve_penalty

    for penalty, ratio in [(0.3, 0.5), (0.02, 1.7), (4.0, 0.1)]:
        kappa = float(effective_penalty(penalty, ratio))
        assert kappa - penalty == pytest.approx(kappa * ratio / (1 + kappa), rel=1e-9)
        assert float(solve_penalty(penalty, 1000 / ratio, np.ones(1000))) == pytest.approx(kappa, rel=1e-6)
        low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2

        def density(x: float, low: float = low, high: float = high, ratio: float = ratio) -> float:
            return np.sqrt((high - x) * (x - low)) / (2 * np.pi * ratio * x)

        kept = integrate.quad(lambda x, penalty=penalty: density(x) * x / (x + penalty), low, high)[0]  # Marchenko and Pastur
        assert kept == pytest.approx(1 / (1 + kappa), rel=1e-6)


def test_the_ridge_laws_agree_where_both_hold() -> None:
    loop = regression_loop(Replace(n=4000), d=1200, method="ridge", penalty=[0.0, 0.0, 0.7])
    assert law("ridge-risk", loop, 3)[3] == pytest.approx(law("ridge-downstream-risk", loop, 3)[3], rel=2e-3)


# Bad input


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("penalty", lambda: LinearRegression(features=2, method="ridge", penalty=-1.0, design="fresh", noise="true")),
        ("penalty", lambda: LinearRegression(features=2, method="ridge", design="fresh", noise="true")),
        ("penalty", lambda: LinearRegression(features=2, penalty=1.0, design="fresh", noise="true")),
        ("method", lambda: LinearRegression(features=2, method="lasso", design="fresh", noise="true")),
        ("design", lambda: LinearRegression(features=2, design="old", noise="true")),
        ("features", lambda: LinearRegression(features=0, design="fresh", noise="true")),
        ("noise_variance", lambda: RegressionTruth(coefficients=[1.0], noise_variance=0.0)),
        ("covariance", lambda: RegressionTruth(coefficients=[1.0, 2.0], covariance=[[1.0]])),
        ("covariance", lambda: RegressionTruth(coefficients=[1.0, 2.0], covariance=[[1.0, 1.0], [1.0, 1.0]])),
        ("coefficients", lambda: RegressionTruth(coefficients=[])),
        ("truth.coefficients", lambda: regression_loop(Replace(n=9)).__class__(
            model=LinearRegression(features=2, design="fresh", noise="true"), truth=RegressionTruth(coefficients=[1.0]),
            schedule=Replace(n=9), bias_first_generation=False, estimator="mle")),
        ("schedule", lambda: regression_loop(Replace(n=2), d=3)),
        ("schedule", lambda: regression_loop(Replace(n=3), d=3, noise="refitted")),
        ("generations", lambda: simulate(regression_loop(Replace(n=9), method="ridge", penalty=[1.0, 2.0]), generations=3)),
    ],
)  # fmt: skip
def test_bad_input_names_its_field(field: str, make: Any) -> None:
    with pytest.raises(BadInput, match=field):
        make()


def test_an_infinite_mean_is_refused_in_words() -> None:
    with pytest.raises(Exception, match="expected risk is infinite"):
        evaluate(ATLAS["replace-risk"].mean, regression_loop(Replace(n=4), d=3), 2)


@float64
def test_equivalents_are_one_program_over_a_grid_of_sizes_and_penalties() -> None:
    """`jax.vmap` of the law itself, against the law at single points of the grid."""
    ridge = ATLAS["ridge-downstream-risk"]
    pattern = regression_loop(Replace(n=40), d=12, white=False, method="ridge", penalty=[0.0, 0.0, 0.1])

    def risk(n: Any, penalty: Any) -> Any:
        places = lambda lo: (lo.schedule.n, lo.model.penalty)  # noqa: E731
        loop = eqx.tree_at(places, pattern, (n, jnp.stack([0.0 * penalty, 0.0 * penalty, penalty])))
        return ridge.mean(loop, 3)[-1]

    sizes, penalties = jnp.asarray([20, 35, 60]), jnp.asarray([0.01, 0.3, 2.0])
    grid = jax.jit(jax.vmap(jax.vmap(risk, (None, 0)), (0, None)))(sizes, penalties)
    for i, n in enumerate(sizes.tolist()):
        for j, penalty in enumerate(penalties.tolist()):
            one = regression_loop(Replace(n=n), d=12, white=False, method="ridge", penalty=[0.0, 0.0, penalty])
            assert float(grid[i, j]) == pytest.approx(float(law("ridge-downstream-risk", one, 3)[-1]), rel=1e-12)

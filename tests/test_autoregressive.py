"""Autoregressions that are simulated and fitted again: against plain NumPy, their path, and the Beta law they end in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from madtheory.errors import BadInput
from madtheory.laws import ATLAS, evaluate
from madtheory.laws.autoregressive import series_loop
from madtheory.loop import Loop
from madtheory.models import Autoregressive, AutoregressiveTruth
from madtheory.schedules import Accumulate, Fresh, Replace, Schedule, Weighted
from madtheory.simulate import simulate
from tests.naive_points import alike, follows

T, REPLICAS = 3, 5000
FITS = [(fit_by, mean) for fit_by in ("ols", "yule_walker") for mean in ("known", "fitted")]
SCHEDULES: dict[str, Schedule] = {
    "replace": Replace(n=12),
    "accumulate": Accumulate(n=[8, 10, 12]),
    "weighted": Weighted(n_real=9, n_synthetic=12, weight=0.3),
    "fresh": Fresh(n_real=7, n_synthetic=9, n_initial=12),
}


def naive(loop: Any, seed: int, generations: int = T, replicas: int = REPLICAS) -> tuple[np.ndarray, np.ndarray]:
    """(R,) ρ and log σ² of the last generation: whole series are kept, and sums are taken over them."""
    rng, table, model, truth = np.random.default_rng(seed), loop.composition(generations), loop.model, loop.truth
    mu = float(truth.mean)
    models = [tuple(np.full(replicas, float(x)) for x in (truth.coefficient, mu, truth.noise_variance))]
    series: dict[int, np.ndarray] = {}
    for t in range(1, generations + 1):
        for e in np.flatnonzero(table.born == t):
            rho, mean, noise = models[table.source[e]]
            x = [rng.normal(size=replicas) * np.sqrt(noise / (1 - rho**2))]
            for _ in range(int(table.size[e])):
                x.append(rho * x[-1] + np.sqrt(noise) * rng.normal(size=replicas))
            series[e] = np.stack(x) + mean
        used = [(series[e], table.weights[t - 1, e] / table.size[e]) for e in np.flatnonzero(table.weights[t - 1] > 0)]
        total = sum(w * len(x) for x, w in used)
        average = np.full(replicas, mu) if model.mean == "known" else sum(w * x.sum(axis=0) for x, w in used) / total
        if model.mean == "fitted" and model.fit_by == "ols":
            centre = [sum(w * x[part].sum(axis=0) for x, w in used) for part in (slice(None, -1), slice(1, None))]
        else:
            centre = [average, average]
        pairs = [(x[:-1] - centre[0], x[1:] - centre[1], x - average, w) for x, w in used]
        past, both, now, whole = (sum(w * np.sum(f(p), axis=0) for *p, w in pairs) for f in (
            lambda p: p[0] ** 2, lambda p: p[0] * p[1], lambda p: p[1] ** 2, lambda p: p[2] ** 2))  # fmt: skip
        if model.fit_by == "yule_walker":
            rho = both / whole
            noise = whole / total * (1 - rho**2)
        else:
            rho = np.clip(both / past, -0.999, 0.999)
            noise = now - 2 * rho * both + rho**2 * past
        models.append((rho, average, noise))
    return models[-1][0], np.log(models[-1][2])


def fast(loop: Loop, seed: int, generations: int = T, replicas: int = REPLICAS) -> tuple[np.ndarray, np.ndarray]:
    names = ["autocorrelation", "log_noise_variance"]
    run = simulate(loop, generations=generations, replicas=replicas, seed=seed, observables=names, keep=[generations])
    assert not run.failed
    rho, noise = (run.observables[name].values[-1].astype(float) for name in names)  # type: ignore[index]
    return rho, noise


def under(schedule: Schedule, fit_by: str, mean: str) -> Loop:
    truth = AutoregressiveTruth(coefficient=0.6, mean=1.0, noise_variance=2.0)
    return Loop(model=Autoregressive(fit_by, mean), truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")


PAIRS = [(schedule, *fit) for schedule in SCHEDULES for fit in FITS]
DEALT = [(schedule, *FITS[i]) for i, schedule in enumerate(SCHEDULES)]  # the others are slow tests


@pytest.mark.parametrize(
    ("schedule", "fit_by", "mean"), [pytest.param(*pair, marks=() if pair in DEALT else pytest.mark.slow) for pair in PAIRS]
)
def test_the_engine_is_the_naive_loop(schedule: str, fit_by: str, mean: str, seed: int) -> None:
    loop = under(SCHEDULES[schedule], fit_by, mean)
    for ours, theirs in zip(fast(loop, seed), naive(loop, seed), strict=True):
        assert alike(ours, theirs, checks=2 * len(FITS) * len(SCHEDULES))


def test_the_other_estimator_is_caught(seed: int) -> None:
    ours, theirs = (under(Replace(n=12), fit_by, "fitted") for fit_by in ("ols", "yule_walker"))
    assert not alike(fast(ours, seed)[0], naive(theirs, seed)[0])


@pytest.mark.parametrize(("fit_by", "mean", "law"), [
    ("ols", "known", stats.beta(2, 2)), ("ols", "fitted", stats.beta(2, 4)), ("yule_walker", "known", stats.beta(3, 3)),
    ("yule_walker", "fitted", stats.beta(3, 5)),
])  # fmt: skip
def test_the_loop_ends_in_a_beta_law_whatever_it_began_with(fit_by: str, mean: str, law: Any, seed: int) -> None:
    for start in (-0.3, 0.6):
        rho, _ = fast(series_loop(fit_by, mean, 60, start), seed, 240, 2000)
        assert follows(rho, lambda x: law.cdf((1 + x) / 2), checks=8)
        assert follows(rho, lambda x: distribution(fit_by, mean, x), checks=8)


def distribution(fit_by: str, mean: str, x: np.ndarray) -> np.ndarray:
    found = evaluate(ATLAS["autocorrelation-stationary"].cdf, series_loop(fit_by, mean, 60), 1, x)
    assert found is not None
    return found


def test_the_beta_law_of_a_known_mean_is_rejected_for_a_fitted_one(seed: int) -> None:
    rho, _ = fast(series_loop("yule_walker", "fitted", 60), seed, 240, 2000)
    assert not follows(rho, lambda x: distribution("yule_walker", "known", x))


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("coefficient", lambda: AutoregressiveTruth(coefficient=1.0)),
        ("coefficient", lambda: AutoregressiveTruth(coefficient=-1.2)),
        ("coefficient", lambda: AutoregressiveTruth(coefficient=[0.1])),
        ("noise_variance", lambda: AutoregressiveTruth(coefficient=0.1, noise_variance=0.0)),
        ("fit_by", lambda: Autoregressive("burg", "known")),
        ("mean", lambda: Autoregressive("ols", "zero")),
        ("schedule", lambda: series_loop("ols", "known", 2)),
    ],
)
def test_bad_input_names_its_field(field: str, make: Any) -> None:
    with pytest.raises(BadInput, match=field):
        make()

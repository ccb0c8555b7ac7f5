"""`simulate` against the laws that are exact for every schedule, both draws against each other, and what a run reports."""

from __future__ import annotations

import json
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import madtheory as mad
from madtheory import engine
from madtheory.laws import one_point_more
from madtheory.models import Gaussian
from madtheory.observables import catalogue, reported
from madtheory.schedules import AccumulateSubsample, Fresh, Replace
from madtheory.simulate import simulate
from madtheory.truth import Truth
from tests.engine_cases import OBSERVABLES, TRUTHS, Case, T, spread, values
from tests.false_alarms import z_bound

REPLICAS = 2**15  # the skewness of σ² after 4 generations at n = 6 is 6: at |z| = 6 its tail is twice the normal one
BIASES = [0.8, 1.0, 1.1]
PREDICTED = ["mean_square_drift", "variance"]
FRESH = Case(Fresh(n_real=4, n_synthetic=6), 3)
FIRST = {name: case for name, case in spread(0).items() if name.split("-")[1] == "0"}  # one of each kind
OTHERS = {name: case for offset in range(4) for name, case in spread(offset).items() if name not in FIRST}


def z_scores(case: Case, claim: Any, seed: int, bias: float, truth: Truth | None = None) -> np.ndarray:
    """z of drift and variance at generations 1…T against the exact laws of the loop that `claim` makes of the one that is run."""
    run = case.run(seed, bias, truth, replicas=REPLICAS)
    said = mad.predict(claim(run.loop), T, PREDICTED).observables
    assert all(said[name].kind == "exact" for name in PREDICTED)
    found = [(run.observables[name].mean - said[name].mean)[1:] / run.observables[name].standard_error[1:] for name in PREDICTED]
    return np.concatenate(found)


def agrees(case: Case, seed: int) -> None:
    z = np.array([z_scores(case, lambda loop: loop, seed + k, bias) for k, bias in enumerate(BIASES)])
    assert np.max(abs(z)) < z_bound(z.size)


@pytest.mark.parametrize("case", FIRST.values(), ids=list(FIRST))
def test_every_schedule_keeps_its_exact_laws(case: Case, seed: int) -> None:
    agrees(case, seed)


@pytest.mark.slow
@pytest.mark.parametrize("case", OTHERS.values(), ids=list(OTHERS))
def test_every_schedule_keeps_its_exact_laws_in_other_settings(case: Case, seed: int) -> None:
    agrees(case, seed)


@pytest.mark.parametrize("name", [name for name in FIRST if not name.startswith("composition")])
def test_a_wrong_law_is_rejected(name: str, seed: int) -> None:
    """One point more in every batch."""
    assert np.max(abs(z_scores(FIRST[name], one_point_more, seed, 0.8))) > z_bound(2 * T)


@pytest.mark.parametrize("draw", ["statistics", "points"])
def test_a_bootstrap_keeps_the_laws_of_the_data(draw: str, seed: int) -> None:
    """The first two moments are those of the rows, whatever their distribution."""
    rows = np.random.default_rng(seed).exponential(size=(40, 3)) @ np.linalg.cholesky(TRUTHS[3].covariance).T
    truth = Truth.fitted(rows, real_draws="bootstrap")
    case = Case(Fresh(n_real=4, n_synthetic=6), 3, draw=draw)
    z = z_scores(case, lambda loop: loop, seed, 0.8, truth)
    assert np.max(abs(z)) < z_bound(z.size)


def test_statistics_and_points_agree_in_distribution(seed: int) -> None:
    twins = [FRESH, Case(FRESH.schedule, 3, draw="points")]
    found = [values(case.run(seed + k, replicas=REPLICAS)) for k, case in enumerate(twins)]
    for one, other in zip(found[0].T, found[1].T, strict=True):
        assert stats.ks_2samp(one, other).pvalue > 1e-6 / len(OBSERVABLES)


def test_twins_of_other_sizes_are_rejected(seed: int) -> None:
    found = [values(Case(Fresh(n_real=n, n_synthetic=6), 3).run(seed + n, replicas=REPLICAS))[:, 2] for n in (4, 5)]
    assert stats.ks_2samp(*found).pvalue < 1e-6


# what a run reports


def complete_run(dim: int, **options: Any) -> Any:
    given = {"generations": T, "replicas": 64, "tile": 64, "devices": 1}
    return simulate(Case(Fresh(n_real=4, n_synthetic=6), dim).loop(0.9), **(given | options))


@pytest.fixture(scope="module")
def everything() -> Any:
    return complete_run(3, seed=5, observables=list(catalogue(Gaussian(dim=1))))


def test_generation_zero_is_the_truth(everything: Any) -> None:
    covariance = TRUTHS[3].covariance
    expected = {"variance": np.trace(covariance) / 3, "log_variance": np.linalg.slogdet(covariance)[1] / 3}
    expected |= dict.fromkeys(["mean_square_drift", "w2_squared", "kl_forward", "kl_reverse"], 0.0)
    expected["log_eigenvalues"] = np.log(np.linalg.eigvalsh(covariance)[::-1])
    for name, value in expected.items():
        assert everything.observables[name].mean[0] == pytest.approx(value, rel=1e-5, abs=1e-5)
        assert np.all(everything.observables[name].standard_error[0] == 0)


def test_all_observables_are_finite(everything: Any) -> None:
    assert everything.failed == ()
    assert set(everything.observables) == set(catalogue(Gaussian(dim=1)))
    assert all(np.all(np.isfinite(series.mean)) for series in everything.observables.values())
    assert everything.observables["drift"].mean.shape == (T + 1, 3)
    assert everything.observables["variance"].mean.shape == (T + 1,)


def test_what_is_measured_does_not_depend_on_what_else_is(everything: Any) -> None:
    """Another program may round otherwise."""
    alone = complete_run(3, seed=5, observables=["log_variance"])
    found, among = (run.observables["log_variance"].mean for run in (alone, everything))
    assert found == pytest.approx(among, rel=1e-5, abs=1e-5)


def test_the_default_observables_are_the_reported_ones() -> None:
    assert set(complete_run(1).observables) == set(reported(Gaussian(dim=1)))


def test_the_means_are_those_of_the_replicas(seed: int) -> None:
    run = FRESH.run(seed, replicas=1000)
    for k, name in enumerate(OBSERVABLES):
        kept, series = values(run)[:, k].astype(float), run.observables[name]
        assert series.mean[T] == pytest.approx(kept.mean(), rel=1e-5)
        assert series.standard_error[T] == pytest.approx(kept.std(ddof=1) / np.sqrt(1000), rel=1e-5)


def test_the_command_line_gets_json(everything: Any) -> None:
    document = json.loads(json.dumps(everything.to_dict(), allow_nan=False))
    assert document["generations"] == list(range(T + 1))
    assert document["observables"]["variance"].keys() >= {"mean", "standard_error", "replicas", "failed"}
    assert mad.Loop.from_dict(document["loop"]).to_dict() == everything.loop.to_dict()


def test_what_is_not_finite_is_null() -> None:
    run = Case(Replace(n=3), 3).run(1, replicas=600)
    assert np.all(run.observables["log_variance"].mean[1:] == -np.inf)
    assert run.failed == ()
    document = json.loads(json.dumps(run.to_dict(), allow_nan=False))
    assert document["observables"]["log_variance"]["mean"][1:] == [None] * T


def test_one_infinite_tile_makes_the_mean_infinite(seed: int) -> None:
    """Of points chosen again and again all may be one: then nothing of the variance is left, and the spread is not a number."""
    run = Case(AccumulateSubsample(n=2, with_replacement=True), 1, estimator="mle").run(seed, replicas=1000)
    series = run.observables["log_variance"]
    assert series.mean[T] == -np.inf
    assert np.isnan(series.standard_error[T])
    assert np.all(np.isfinite(run.observables["variance"].mean))


def test_planted_failures_are_caught_and_named(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    healthy = Gaussian.draw

    def broken(self: Gaussian, words: Any, *rest: Any) -> Any:
        batch = healthy(self, words, *rest)
        sick = ((words.replica == 37) | (words.replica == 300)) & (words.generation == 2)
        return type(batch)(batch.weight, batch.count, jnp.where(sick, jnp.nan, batch.mean), batch.factor, batch.log_scale)

    engine.forget()
    monkeypatch.setattr(Gaussian, "draw", broken)
    run = Case(Replace(n=6), 1).run(seed, replicas=600)
    engine.forget()
    assert run.failed == (37, 300)
    assert run.to_dict()["failed"] == 2
    assert np.isnan(run.observables["mean_square_drift"].mean[T])

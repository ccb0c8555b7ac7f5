"""Every family keeps the same promises: points and statistics are one law, under every schedule, and no replica fails.

Fast tests deal the schedules out among the families; the slow ones run all pairs.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2, norm

from madtheory import models, schedules
from madtheory.errors import BadInput
from madtheory.loop import Loop
from madtheory.models import Family, Gaussian
from madtheory.observables import catalogue, reported
from madtheory.schedules import Replace, Schedule
from madtheory.simulate import Simulation, simulate
from madtheory.truth import RealLaw

T, REPLICAS = 4, 2048
LEVEL = 1e-6

KINDS = {kind: cls for kind, cls in models.KINDS.items() if cls is not Gaussian}
FAMILIES = {f"{kind}-{i}": case for kind, cls in KINDS.items() for i, case in enumerate(cls.cases())}
SCHEDULES = {f"{kind}-{i}": case for kind, cls in schedules.KINDS.items() for i, case in enumerate(cls.cases())}


def loop_of(family: str, schedule: Schedule) -> Loop:
    """A loop of one of the cases."""
    model, truth = FAMILIES[family]
    return Loop(model=model, truth=truth, schedule=schedule, bias_first_generation=False, estimator=model.estimators[0])


@functools.lru_cache(maxsize=64)
def run(family: str, schedule: str, draw: str, seed: int = 0) -> Simulation:
    """A small run that keeps its last generation."""
    loop = loop_of(family, SCHEDULES[schedule])
    forecast = loop.model.forecasts and loop.schedule.forecast
    names = [name for name, cls in catalogue(loop.model).items() if name in reported(loop.model)]
    return simulate(loop, generations=T, replicas=REPLICAS, draw=draw, seed=seed, keep=[T], tile=REPLICAS, observables=names,
                    claim=loop if forecast else None)  # fmt: skip


def last(simulation: Simulation) -> dict[str, np.ndarray]:
    """Every observable of every replica that has not failed at the end, where all of it are finite numbers."""
    alive = np.setdiff1d(np.arange(simulation.replicas), simulation.failed)
    values = {name: series.values[-1][alive] for name, series in simulation.observables.items() if series.values is not None}
    return {name: row.astype(float) for name, row in values.items() if row.ndim == 1 and np.all(np.isfinite(row))}


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Largest deviation between two samples' shares of their common sixteenths, as the p-value of a chi-square.

    Neighbours that differ by rounding count as one number: sums are taken in another order.
    """
    both = np.sort(np.concatenate([first, second]))
    number = np.concatenate([[0], np.cumsum(np.diff(both) > 1e-5 * abs(both[1:]) + 1e-7 * np.std(both))])
    ranks = [number[np.searchsorted(both, sample)] for sample in (first, second)]
    edges = np.unique(np.quantile(number, np.arange(1, 16) / 16))
    places = (np.searchsorted(edges, rank, side="left") for rank in ranks)
    counts = np.array([np.bincount(place, minlength=len(edges) + 1) for place in places])
    counts = counts[:, counts.sum(axis=0) > 0]
    each = counts.sum(axis=0) / 2
    return float(chi2.sf(np.sum((counts - each) ** 2 / each), max(counts.shape[1] - 1, 1)))


def dealt() -> list[tuple[str, str]]:
    """Each family with a schedule in turn; what takes a minute to compile is left to the slow tests."""
    kinds = [name for name in SCHEDULES if not name.startswith("composition")]
    return [(family, kinds[k % len(kinds)]) for k, family in enumerate(FAMILIES)]


def check(family: str, schedule: str) -> None:
    """No failure, points and statistics alike, forecasts met."""
    runs = [run(family, schedule, draw, seed) for seed, draw in enumerate(("statistics", "points"))]
    for simulation in runs:
        assert not simulation.failed or simulation.loop.model.partial
        if simulation.surprises is not None:
            mean, error = simulation.surprises
            one = np.arange(mean.shape[1]) >= mean.shape[1] // 2
            z = (mean[1:] - one[:, None]) / error[1:]
            assert np.all(abs(z) < norm.isf(LEVEL / 2 / z.size))
    failed = [len(simulation.failed) for simulation in runs]
    assert abs(failed[0] - failed[1]) <= norm.isf(LEVEL / 2) * np.sqrt(sum(failed))
    first, second = (last(simulation) for simulation in runs)
    shared = first.keys() & second.keys()
    assert all(apart(first[name], second[name]) > LEVEL / len(shared) for name in shared)


@pytest.mark.parametrize(("family", "schedule"), dealt())
def test_a_family_keeps_its_promises(family: str, schedule: str) -> None:
    check(family, schedule)


@pytest.mark.slow
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_runs_under_every_schedule(family: str, schedule: str) -> None:
    check(family, schedule)


def test_another_number_of_points_is_rejected() -> None:
    options = {"generations": T, "replicas": REPLICAS, "keep": [T], "observables": ["mean"]}
    first, second = (simulate(loop_of("poisson-0", Replace(n=6)), seed=seed, **options) for seed in (1, 2))
    wrong = simulate(loop_of("poisson-0", Replace(n=12)), seed=3, **options)
    assert apart(last(first)["mean"], last(second)["mean"]) > LEVEL
    assert apart(last(first)["mean"], last(wrong)["mean"]) < LEVEL


def test_a_wrong_forecast_is_rejected() -> None:
    loop, claim = loop_of("poisson-0", Replace(n=6)), loop_of("poisson-0", Replace(n=9))
    mean, error = simulate(loop, generations=T, replicas=REPLICAS, claim=claim).surprises  # type: ignore[misc]
    assert np.any(abs(mean[:, 1] - 1) / error[:, 1] > norm.isf(LEVEL / 2 / T))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_can_be_written_down(family: str) -> None:
    loop = loop_of(family, Replace(n=8))
    again = Loop.from_dict(loop.to_dict())
    assert again.to_toml() == loop.to_toml()
    assert isinstance(again.model, Family)
    assert isinstance(again.truth, RealLaw)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_real_law_is_refused(family: str) -> None:
    model, truth = FAMILIES[family]
    other: Any = next(law for _, law in FAMILIES.values() if not isinstance(law, type(truth)))
    with pytest.raises(BadInput, match="truth"):
        Loop(model=model, truth=other, schedule=Replace(n=8), bias_first_generation=False, estimator=model.estimators[0])


def test_carriers_are_observables() -> None:
    for model, _ in FAMILIES.values():
        assert set(model.carriers) <= set(catalogue(model))

"""End of the run: means in standard errors, spread, whole distribution, bounds; raw means only where they can be tested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats

from madtheory.laws import Law, evaluate
from madtheory.laws._horizon import mean_horizon
from madtheory.loop import Loop
from madtheory.observables import CATALOGUE
from madtheory.simulate import Simulation
from madtheory.verify._finding import Finding, chi_square_power, two_sided_p, z_power, z_resolution

BINS = 20
EDGEWORTH = 0.0665  # error of a two-sided 5 % z-test per unit of skewness/√R
CALIBRATED = 0.01


def raw_horizon(loop: Loop, replicas: int) -> float:
    """Last generation at which a raw mean of `loop` is tested: min(t_z, t_ε) in a closed loop, else no limit.

    A closed loop with several models in memory moves more slowly than replace with its smallest batch, whose horizon
    is used.
    """
    if not loop.schedule.closed:
        return np.inf
    smallest = int(np.min(loop.composition(1).count())) if loop.schedule.kind == "replace" else int(np.min(loop.schedule.n))
    return mean_horizon(max(smallest, 2), replicas)


def end_of_run(law: Law, claim: Loop, simulation: Simulation) -> Iterator[Finding]:
    """The mean of one observable at the last generation, or at the last one where its raw mean can be tested."""
    last = int(simulation.generations[-1])
    if CATALOGUE[law.observable].scale == "raw":
        horizon = raw_horizon(simulation.loop, simulation.replicas)
        if last > horizon:
            yield _untestable(law, last, f"the raw mean is testable up to generation {int(horizon)} only; beyond, it is carried by "
                              "paths that are too rare to be sampled")
            last = max((t for t in simulation.keep if t <= horizon), default=0)
        if last == 0:
            return
    yield from _mean(law, claim, simulation, last)


def _mean(law: Law, claim: Loop, simulation: Simulation, t: int) -> Iterator[Finding]:
    series = simulation.observables[law.observable]
    mean, error = np.atleast_1d(series.mean[t]), np.atleast_1d(series.standard_error[t])
    expected, exact = _at(law.mean, claim, t), _at(law.variance, claim, t)
    values = _values(simulation, law.observable, t)
    scale = CATALOGUE[law.observable].scale
    if scale == "indicator":
        exact = expected * (1 - expected)
    if exact is not None and scale != "raw":
        error = np.sqrt(exact / simulation.replicas)
    if scale == "raw" and _skewed(values):
        yield _untestable(law, t, "the sample is too skewed for a calibrated z-test at this number of replicas")
        return
    if not (np.all(np.isfinite(expected)) and np.all(error > 0)):
        yield _untestable(law, t, "the expectation is infinite or the observable does not vary")
        return
    z = (mean - expected) / error
    wrong = _at(law.mean, law.wrong(claim), t)
    worst = int(np.argmax(abs(z)))
    shift = float(np.max(abs(wrong - expected) / error))
    relative = float(np.min(error / np.maximum(abs(expected), 1e-300)))
    smallest = two_sided_p(float(z[worst]))
    p = smallest if len(z) == 1 else min(1.0, len(z) * smallest)
    yield Finding(law.name, law.observable, "end_of_run", t, float(z[worst]), p, z_power(shift, len(z)), z_resolution(relative, len(z)))


def distribution(law: Law, claim: Loop, simulation: Simulation) -> Iterator[Finding]:
    """Where the law has a CDF on a testable scale: the histogram of its probability-integral transform, and the spread."""
    t = int(simulation.generations[-1])
    values = _values(simulation, law.observable, t)
    if CATALOGUE[law.observable].scale != "log" or values is None or values.shape[1] != 1:
        return
    if evaluate(law.cdf, claim, t, values[:2, 0].astype(np.float64)) is None or not np.all(np.isfinite(values)):
        return
    yield _histogram(law, claim, t, values[:, 0].astype(np.float64))
    spread = _spread(law, claim, t, values[:, 0].astype(np.float64))
    if spread is not None:
        yield spread


def _histogram(law: Law, claim: Loop, t: int, values: np.ndarray) -> Finding:
    """Chi-square over equal bins of the PIT; its power from where the wrong law puts the bins' edges."""
    counts = np.bincount(np.minimum((evaluate(law.cdf, claim, t, values) * BINS).astype(int), BINS - 1), minlength=BINS)
    each = len(values) / BINS
    statistic = float(np.sum((counts - each) ** 2) / each)
    wrong = law.wrong(claim)
    edges = evaluate(law.quantile, claim, t, np.arange(1, BINS) / BINS) if hasattr(law, "quantile") else None
    power = None
    if edges is not None:
        shares = np.diff(np.concatenate([[0.0], evaluate(law.cdf, wrong, t, edges), [1.0]]))
        power = chi_square_power(float(len(values) * BINS * np.sum((shares - 1 / BINS) ** 2)), BINS - 1)
    return Finding(law.name, law.observable, "distribution", t, statistic, float(stats.chi2.sf(statistic, BINS - 1)), power)


def _spread(law: Law, claim: Loop, t: int, values: np.ndarray) -> Finding | None:
    """The sample variance against the exact one: reused random numbers show here."""
    exact = _at(law.variance, claim, t)
    if exact is None:
        return None
    centred = (values - _at(law.mean, claim, t)[0]) ** 2
    z = float((centred.mean() - exact[0]) / (centred.std() / np.sqrt(len(values))))
    relative = float(centred.std() / np.sqrt(len(values)) / exact[0])
    wrong = _at(law.variance, law.wrong(claim), t)
    shift = float(abs(wrong[0] / exact[0] - 1) / relative)
    return Finding(law.name, law.observable, "spread", t, z, two_sided_p(z), z_power(shift), z_resolution(relative))


def bound(law: Law, claim: Loop, simulation: Simulation) -> Iterator[Finding]:
    """A one-sided check of an upper or lower bound at every generation, largest violation reported."""
    series = simulation.observables[law.observable]
    expected = evaluate(law.mean, claim, int(simulation.generations[-1]))
    sign = 1 if law.kind == "upper" else -1
    good = series.standard_error > 0
    if expected is None or not good.any() or expected.shape != series.mean.shape:
        return
    z = sign * (series.mean - expected)[good] / series.standard_error[good]
    worst = float(z.max())
    slack = float(np.min(sign * (expected - series.mean)[good]))
    p = min(1.0, float(good.sum() * stats.norm.sf(worst)))
    yield Finding(law.name, law.observable, "bound", int(simulation.generations[-1]), worst, p, detail=f"smallest slack {slack:.3g}")


def _skewed(values: np.ndarray | None) -> bool:
    """Whether the skewness of the sample spoils a z-test by more than 1 %."""
    if values is None:
        return False
    return bool(np.any(EDGEWORTH * abs(stats.skew(values.astype(np.float64), axis=0)) / np.sqrt(len(values)) > CALIBRATED))


def _values(simulation: Simulation, observable: str, t: int) -> np.ndarray | None:
    """(R, k) every replica at a kept generation."""
    values = simulation.observables[observable].values
    if values is None or t not in simulation.keep:
        return None
    row = values[simulation.keep.index(t)]
    return row[:, None] if row.ndim == 1 else row


def _at(method: Any, loop: Loop, t: int) -> np.ndarray | None:
    """A law's method at generation t, as a vector."""
    values = evaluate(method, loop, t)
    return None if values is None else np.atleast_1d(values[t])


def _untestable(law: Law, t: int, why: str) -> Finding:
    return Finding(law.name, law.observable, "end_of_run", t, untestable=True, detail=why)

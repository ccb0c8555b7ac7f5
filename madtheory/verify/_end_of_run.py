"""End of the run: the mean of each observable in standard errors; raw means only where they can be tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from madtheory.laws import Law
from madtheory.laws._horizon import CALIBRATED, EDGEWORTH, mean_horizon
from madtheory.loop import Loop
from madtheory.observables import catalogue
from madtheory.simulate import Simulation
from madtheory.verify._claim import at
from madtheory.verify._finding import Finding, largest_p, log_resolution, two_sided_p, z_power, z_resolution
from madtheory.verify._tails import binomial_at, binomial_from, binomial_up_to, skewness

Resolution = Callable[[float], float]
SMALLEST = 1e-30  # raw means below this lose replicas to the end of the range of float32


def raw_horizon(loop: Loop, replicas: int) -> float:
    """Last generation at which a raw mean of `loop` is tested: min(t_z, t_ε) in a closed loop, else no limit.

    A closed loop with several models in memory moves more slowly than replace with its smallest training set, whose
    horizon is used.
    """
    if not loop.schedule.closed:
        return np.inf
    sizes = getattr(loop.schedule, "n", None)
    smallest = loop.model.heavy_size(int(np.min(loop.composition(1).training_sizes() if sizes is None else sizes)))
    return np.inf if smallest is None else mean_horizon(max(smallest, 2), replicas)


def end_of_run(law: Law, claim: Loop, simulation: Simulation) -> Iterator[Finding]:
    """The mean of one observable at the last generation, or at the last one where its raw mean can be tested."""
    last = int(simulation.generations[-1])
    raw = catalogue(claim.model)[law.observable].scale == "raw"
    horizon = raw_horizon(simulation.loop, simulation.replicas) if raw else np.inf
    if last > horizon:
        yield untestable(law, last, f"the raw mean is testable up to generation {int(horizon)} only; beyond, it is carried by "
                         "paths that are too rare to be sampled")  # fmt: skip
        last = max((t for t in simulation.keep if t <= horizon), default=0)
    if last > 0:
        yield _mean(law, claim, simulation, last)


def _mean(law: Law, claim: Loop, simulation: Simulation, t: int) -> Finding:
    values, expected = replicas_at(simulation, law.observable, t), at(law.mean, claim, t)
    scale = catalogue(claim.model)[law.observable].scale
    why = _obstacle(values, expected, scale)
    if why or values is None or expected is None:
        return untestable(law, t, why)
    test = {"raw": _raw, "log": _log, "indicator": _indicator}[scale]
    return test(law, claim, t, values, expected)


def _raw(law: Law, claim: Loop, t: int, values: np.ndarray, expected: np.ndarray) -> Finding:
    """A mean of one sign, tested through its logarithm: samples with a small mean have a small standard error too."""
    mean = values.mean(axis=0)
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values)) / abs(mean)
    z = np.log(mean / expected) / error
    shift = np.log(at(law.mean, law.wrong(claim), t) / expected) / error
    return _largest(law, t, z, shift, log_resolution(float(error.min()), len(z)))


def _log(law: Law, claim: Loop, t: int, values: np.ndarray, expected: np.ndarray) -> Finding:
    """A mean on a scale with light tails; its resolution is an absolute one, relative for what the logarithm is of."""
    exact = at(law.variance, claim, t)
    error = np.sqrt((values.var(axis=0, ddof=1) if exact is None else exact) / len(values))
    z = (values.mean(axis=0) - expected) / error
    shift = (at(law.mean, law.wrong(claim), t) - expected) / error
    return _largest(law, t, z, shift, z_resolution(float(error.min()), len(z)))


def _indicator(law: Law, claim: Loop, t: int, values: np.ndarray, expected: np.ndarray) -> Finding:
    """A probability, by the binomial test with mid-p: rare events are far from normal."""
    count, replicas, p = int(values[:, 0].sum()), len(values), float(expected[0])
    half = binomial_at(count, replicas, p) / 2
    tail = min(binomial_up_to(count, replicas, p), binomial_from(count, replicas, p)) - half
    error = float(np.sqrt(p * (1 - p) / replicas))
    shift = float(abs(at(law.mean, law.wrong(claim), t)[0] - p) / error)  # type: ignore[index]
    return Finding(law.name, law.observable, "end_of_run", t, (count / replicas - p) / error, min(1.0, 2 * float(tail)),
                   z_power(shift), z_resolution(error / p))  # fmt: skip


def _largest(law: Law, t: int, z: np.ndarray, shift: np.ndarray, resolution: Resolution) -> Finding:
    """The largest of k z's."""
    worst = float(z[np.argmax(abs(z))])
    p = largest_p(two_sided_p(worst), len(z))
    return Finding(law.name, law.observable, "end_of_run", t, worst, p, z_power(float(np.max(abs(shift))), len(z)), resolution)


def _obstacle(values: np.ndarray | None, expected: np.ndarray | None, scale: str) -> str:
    """Why a mean has no known law here; empty where it has one."""
    if values is None or expected is None or values.shape[1] != len(expected):
        return "this number is not the mean of one number per replica"
    if not np.all(np.isfinite(expected)):
        return "the expectation is infinite"
    if scale == "indicator":
        return "" if 0 < expected[0] < 1 else "the event is certain or impossible"
    if not np.all(np.isfinite(values)) or np.all(values == values[0]):
        return "the observable does not vary, or not all of it is finite"
    if scale == "raw" and np.any(abs(expected) < SMALLEST):
        return "the mean is beyond the range of single precision"
    if scale == "raw" and _skewed(values):
        return "the sample is too skewed for a calibrated z-test at this number of replicas"
    return ""


def _skewed(values: np.ndarray) -> bool:
    """Whether the skewness of the sample spoils a z-test by more than 1 %."""
    return bool(np.any(EDGEWORTH * abs(skewness(values)) / np.sqrt(len(values)) > CALIBRATED))


def replicas_at(simulation: Simulation, observable: str, t: int) -> np.ndarray | None:
    """(R, k) every replica at a kept generation, in float64."""
    values = simulation.observables[observable].values
    if values is None or t not in simulation.keep:
        return None
    row = values[simulation.keep.index(t)].astype(np.float64)
    return row[:, None] if row.ndim == 1 else row


def untestable(law: Law, t: int, why: str) -> Finding:
    """Nothing is concluded, and why."""
    return Finding(law.name, law.observable, "end_of_run", t, untestable=True, detail=why)

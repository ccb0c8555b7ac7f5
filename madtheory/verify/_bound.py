"""Upper and lower bounds: one-sided, at every generation where the mean can be tested."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from madtheory.laws import Law
from madtheory.loop import Loop
from madtheory.observables import catalogue
from madtheory.simulate import Simulation
from madtheory.verify._claim import series
from madtheory.verify._end_of_run import raw_horizon
from madtheory.verify._finding import Finding, bonferroni
from madtheory.verify._tails import binomial_from, binomial_up_to, normal_above


def bound(law: Law, claim: Loop, simulation: Simulation) -> Iterator[Finding]:
    """The largest violation of a bound over the generations, and the smallest slack."""
    measured = simulation.observables[law.observable]
    last = int(simulation.generations[-1])
    expected = series(law.mean, claim, last)
    if expected is None or expected.shape != measured.mean.shape:
        return
    scale = catalogue(claim.model)[law.observable].scale
    horizon = raw_horizon(simulation.loop, simulation.replicas) if scale == "raw" else np.inf
    tested = (simulation.generations > 0) & (simulation.generations <= horizon) & (measured.standard_error > 0)
    tested |= (simulation.generations > 0) & (scale == "indicator")
    if not tested.any():
        yield Finding(law.name, law.observable, "bound", last, untestable=True, detail="no generation has a testable mean")
        return
    sign = 1 if law.kind == "upper" else -1
    z = sign * _deviation(measured.mean, expected, measured.standard_error, scale)
    p = _rare(sign, measured.mean, expected, simulation.replicas) if scale == "indicator" else normal_above(z)
    worst = int(np.argmin(np.where(tested, p, np.inf)))
    slack = float(np.min(sign * (expected - measured.mean)[tested]))
    statistic = float(z[worst]) if np.isfinite(z[worst]) else None
    yield Finding(law.name, law.observable, "bound", worst, statistic, bonferroni(float(p[worst]), int(tested.sum())),
                  detail=f"smallest slack {slack:.3g}")  # fmt: skip


def _deviation(mean: np.ndarray, expected: np.ndarray, error: np.ndarray, scale: str) -> np.ndarray:
    """(T+1,) in standard errors; positive raw means through their logarithm, as at the end of the run."""
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = (mean - expected) / error
        return np.where((mean > 0) & (expected > 0), np.log(mean / expected) * mean / error, plain) if scale == "raw" else plain


def _rare(sign: int, mean: np.ndarray, expected: np.ndarray, replicas: int) -> np.ndarray:
    """(T+1,) exact p-value of a frequency against a bound on its probability."""
    count, p = np.rint(mean * replicas), np.clip(expected, 0.0, 1.0)
    return binomial_from(count, replicas, p) if sign > 0 else binomial_up_to(count, replicas, p)

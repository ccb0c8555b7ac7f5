"""First-order laws: the deviation must shrink when the sample sizes grow."""

from __future__ import annotations

from collections.abc import Iterator

import equinox as eqx
import numpy as np

from madtheory.laws import Law
from madtheory.loop import Loop
from madtheory.observables import catalogue
from madtheory.simulate import Simulation, simulate
from madtheory.verify._claim import series
from madtheory.verify._end_of_run import raw_horizon
from madtheory.verify._finding import Finding
from madtheory.verify._tails import normal_above

GROWTH = (1, 2, 4)


def shrinking(law: Law, claim: Loop, run: Simulation, seed: int) -> Iterator[Finding]:
    """One-sided: |deviation| at 4n is at most half of that at n, relative to what the law predicts has changed.

    A law that is right to first order has a relative deviation O(1/n), so four times the data leave a quarter; a law that
    is wrong to first order keeps its relative deviation. Half lies between, and the test is in standard errors. The sign
    of the deviation is not known, hence twice the tail.
    """
    t = int(run.generations[-1])
    if catalogue(claim.model)[law.observable].scale == "raw" and t > raw_horizon(run.loop, run.replicas):
        yield _untestable(law, t, "the raw mean is carried by paths that are too rare to be sampled")
        return
    points = [_deviation(law, claim, run, factor, (seed + factor) % 2**64) for factor in GROWTH]
    known = [point for point in points if point is not None]
    if len(known) < len(points):
        yield _untestable(law, t, "there is no change since the truth, or no standard error, to compare a deviation with")
        return
    (first, first_error), _, (last, last_error) = known
    z = float((abs(last) - abs(first) / 2) / np.hypot(last_error, first_error / 2))
    said = ", ".join(f"n×{g}: {d:+.2%} ± {e:.2%}" for g, (d, e) in zip(GROWTH, known, strict=True))
    p = min(1.0, 2 * float(normal_above(z)))
    yield Finding(law.name, law.observable, "shrinking", t, z, p, detail=f"relative deviation {said}")


def _deviation(law: Law, claim: Loop, run: Simulation, factor: int, seed: int) -> tuple[float, float] | None:
    """Relative deviation from the law, in units of the change since the truth, and its standard error."""
    t = int(run.generations[-1])
    own = simulate(larger(run.loop, factor), generations=t, observables=[law.observable], replicas=run.replicas, seed=seed,
                   draw=run.provenance["draw"])  # fmt: skip
    measured, expected = own.observables[law.observable], series(law.mean, larger(claim, factor), t)
    if expected is None or measured.mean.ndim != 1 or measured.mean.shape != expected.shape:
        return None
    change, error = abs(expected[t] - expected[0]), measured.standard_error[t]
    if not (0 < change < np.inf and 0 < error < np.inf):
        return None
    return float((measured.mean[t] - expected[t]) / change), float(error / change)


def larger(loop: Loop, factor: int) -> Loop:
    """The same loop with `factor` times the points in every batch."""
    sizes = ("n", "n_real", "n_synthetic", "n_initial", "size")
    names = [name for name in sizes if getattr(loop.schedule, name, None) is not None]
    grown = [np.asarray(getattr(loop.schedule, name)) * factor for name in names]
    return eqx.tree_at(lambda lo: [getattr(lo.schedule, name) for name in names], loop, grown)


def _untestable(law: Law, t: int, why: str) -> Finding:
    return Finding(law.name, law.observable, "shrinking", t, untestable=True, detail=why)

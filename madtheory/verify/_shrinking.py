"""First-order laws: the deviation must shrink when the sample sizes grow."""

from __future__ import annotations

from collections.abc import Iterator

import equinox as eqx
import numpy as np
from scipy import stats

from madtheory.laws import Law, evaluate
from madtheory.loop import Loop
from madtheory.simulate import Simulation, simulate
from madtheory.verify._finding import Finding

GROWTH = (1, 2, 4)


def shrinking(law: Law, claim: Loop, loop: Loop, run: Simulation, seed: int) -> Iterator[Finding]:
    """One-sided: |deviation| at 4n is at most half of that at n, relative to what the law predicts has changed.

    A law that is right to first order has a relative deviation O(1/n), so four times the data leave a quarter; a law that
    is wrong to first order keeps its relative deviation. Half lies between, and the test is in standard errors.
    """
    if loop is not claim and loop != claim:
        return
    t = int(run.generations[-1])
    points = [_deviation(law, _larger(claim, g), t, run, seed + g) for g in GROWTH]
    if any(point is None for point in points):
        return
    (first, first_error), _, (last, last_error) = points  # type: ignore[misc]
    error = np.hypot(last_error, first_error / 2)
    z = float((abs(last) - abs(first) / 2) / error)
    p = float(stats.norm.sf(z))
    said = ", ".join(f"n×{g}: {d:+.2%} ± {e:.2%}" for g, (d, e) in zip(GROWTH, points, strict=True))  # type: ignore[misc]
    yield Finding(law.name, law.observable, "shrinking", t, z, p, detail=f"relative deviation {said}")


def _deviation(law: Law, claim: Loop, t: int, run: Simulation, seed: int) -> tuple[float, float] | None:
    """Relative deviation from the law, in units of the change since the truth, and its standard error."""
    own = simulate(claim, generations=t, observables=[law.observable], replicas=run.replicas, seed=seed % 2**64, draw=run.provenance["draw"])
    series, expected = own.observables[law.observable], evaluate(law.mean, claim, t)
    if expected is None or series.mean.ndim != 1 or series.mean.shape != expected.shape:
        return None
    change = abs(expected[t] - expected[0])
    return float((series.mean[t] - expected[t]) / change), float(series.standard_error[t] / change)


def _larger(loop: Loop, factor: int) -> Loop:
    """The same loop with `factor` times the points in every batch."""
    names = [name for name in ("n", "n_real", "n_synthetic", "n_initial", "size") if getattr(loop.schedule, name, None) is not None]
    grown = [np.asarray(getattr(loop.schedule, name)) * factor for name in names]
    return eqx.tree_at(lambda lo: [getattr(lo.schedule, name) for name in names], loop, grown)

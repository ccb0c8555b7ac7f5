"""End of the run, where the law has a distribution function: the whole distribution, and its spread."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from madtheory.laws import Law, evaluate
from madtheory.loop import Loop
from madtheory.observables import catalogue
from madtheory.simulate import Simulation
from madtheory.verify._claim import Fixed, at
from madtheory.verify._end_of_run import replicas_at
from madtheory.verify._finding import Finding, chi_square_power, log_resolution, two_sided_p, z_power
from madtheory.verify._tails import chi_square_above

BINS = 20


def distribution(law: Law, claim: Loop, simulation: Simulation) -> Iterator[Finding]:
    """The histogram of the probability-integral transform, and the spread, on a testable scale."""
    t = int(simulation.generations[-1])
    values = replicas_at(simulation, law.observable, t)
    scale = catalogue(claim.model)[law.observable].scale
    if scale != "log" or values is None or values.shape[1] != 1 or not np.all(np.isfinite(values)):
        return
    levels = evaluate(law.cdf, claim, t, values[:, 0])
    if levels is not None:
        yield _histogram(law, claim, t, levels)
    exact = at(law.variance, claim, t)
    if exact is not None and np.isfinite(exact[0]) and not np.all(values == values[0]):
        yield _spread(law, claim, t, values[:, 0], exact[0])


def _histogram(law: Law, claim: Loop, t: int, levels: np.ndarray) -> Finding:
    """Chi-square over equal bins; its power from how the wrong law fills them."""
    counts = np.bincount(np.minimum((levels * BINS).astype(int), BINS - 1), minlength=BINS)
    each = len(levels) / BINS
    statistic = float(np.sum((counts - each) ** 2) / each)
    distance = wrong_distance(law, Fixed(claim), t)
    power = None if distance is None else chi_square_power(len(levels) * distance, BINS - 1)
    return Finding(law.name, law.observable, "distribution", t, statistic, float(chi_square_above(statistic, BINS - 1)), power)


@functools.lru_cache(maxsize=256)
def wrong_distance(law: Law, claim: Fixed, t: int) -> float | None:
    """Noncentrality per replica of the wrong law's chi-square, or `None` where the law has no quantiles."""
    if not hasattr(law, "quantile"):
        return None
    edges = evaluate(law.quantile, claim.loop, t, np.arange(1, BINS) / BINS)
    inner = evaluate(law.cdf, law.wrong(claim.loop), t, edges)
    if edges is None or inner is None:
        return None
    return float(BINS * np.sum((np.diff(inner, prepend=0.0, append=1.0) - 1 / BINS) ** 2))


def _spread(law: Law, claim: Loop, t: int, values: np.ndarray, exact: float) -> Finding:
    """The mean square deviation against the exact variance, through its logarithm: reused random numbers show here."""
    squares = (values - at(law.mean, claim, t)[0]) ** 2  # type: ignore[index]
    error = float(squares.std() / squares.mean() / np.sqrt(len(squares)))
    z = float(np.log(squares.mean() / exact) / error)
    wrong = at(law.variance, law.wrong(claim), t)
    shift = float(np.log(wrong[0] / exact) / error)  # type: ignore[index]
    return Finding(law.name, law.observable, "spread", t, z, two_sided_p(z), z_power(shift), log_resolution(error))

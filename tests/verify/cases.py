"""Loops on which `verify` is calibrated, and the counts that a true or a false law may give."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from madtheory import Loop
from madtheory.laws import one_point_more
from madtheory.laws._cases import gaussian_loop
from madtheory.schedules import Accumulate, AccumulateSubsample, Custom, FixedReal, Fresh, Replace, Weighted, Window
from madtheory.verify import Verdict, verify
from madtheory.verify._finding import sidak


class Case(NamedTuple):
    """A loop, and how `verify` is asked about it."""

    loop: Loop
    generations: int
    replicas: int = 2000
    draw: str = "statistics"

    def verify(self, seed: int, level: float = 0.05, **more: Any) -> list[Verdict]:
        """The verdicts of one run."""
        given = {"generations": self.generations, "replicas": self.replicas, "draw": self.draw, "devices": 1}
        return verify(self.loop, seed=seed, level=level, **(given | more))


MATRIX = [[1, 0, 0, 0, 0], [0.3, 0.7, 0, 0, 0], [0, 0.5, 0.5, 0, 0], [0.1, 0, 0.4, 0.5, 0], [0.2, 0, 0, 0.4, 0.4]]
CASES = {
    "replace": Case(gaussian_loop(Replace(n=10)), 10),
    "replace points": Case(gaussian_loop(Replace(n=10)), 10, draw="points"),
    "replace d=3 mle λ=0.9": Case(gaussian_loop(Replace(n=10), dim=3, estimator="mle", sampling_bias=0.9), 10),
    "replace n=3": Case(gaussian_loop(Replace(n=3)), 10),
    "fresh": Case(gaussian_loop(Fresh(n_real=10, n_synthetic=20)), 10),
    "accumulate": Case(gaussian_loop(Accumulate(n=10)), 10),
    "accumulate_subsample": Case(gaussian_loop(AccumulateSubsample(n=10)), 6),
    "fixed_real": Case(gaussian_loop(FixedReal(n_real=10, n_synthetic=20)), 10),
    "weighted": Case(gaussian_loop(Weighted(n_real=10, n_synthetic=20, weight="golden")), 10),
    "window": Case(gaussian_loop(Window(n=12, window=3)), 10),
    "composition": Case(gaussian_loop(Custom(source=[0, 1, 2, 1, 4], size=[6, 5, 7, 4, 9], weights=MATRIX)), 5),
}
"""Nothing here is easy: small batches, few replicas, 2 to 11 checks that depend on each other."""


def smallest_p(verdicts: list[Verdict]) -> tuple[float, int]:
    """The smallest p-value of a run (0 where an invariant is broken), and how many checks share the level."""
    p = [v.p_value for v in verdicts if v.p_value is not None and v.status != "untestable"]
    return min(p, default=1.0), len(p)


def alarm(verdicts: list[Verdict], level: float) -> bool:
    """Whether any verdict would fail at another level than the one it was given at."""
    p, checks = smallest_p(verdicts)
    return p <= sidak(level, max(checks, 1))


def band(level: float, runs: int, confidence: float) -> tuple[int, int]:
    """Counts of alarms that `runs` independent runs give with this probability when each has probability `level`."""
    tail = (1 - confidence) / 2
    return int(stats.binom.ppf(tail, runs, level)), int(stats.binom.isf(tail, runs, level))


def by_check(runs: list[list[Verdict]]) -> dict[str, np.ndarray]:
    """The p-values of each statistical check over many runs."""
    found: dict[str, list[float]] = {}
    for verdict in (v for verdicts in runs for v in verdicts):
        if verdict.p_value is not None and verdict.check != "invariant" and verdict.status != "untestable":
            found.setdefault(f"{verdict.check} {verdict.observable}", []).append(verdict.p_value)
    return {name: np.array(p) for name, p in found.items()}


def uniform(p: np.ndarray) -> float:
    """p-value of p-values being uniform (Kolmogorov–Smirnov)."""
    return float(stats.kstest(p, "uniform").pvalue)


def eleven_for_ten(case: Case) -> Loop:
    """The loop whose laws are claimed falsely: one point more in every batch."""
    return one_point_more(case.loop)


def seeds(seed: int, count: int) -> list[int]:
    """Unrelated seeds in [0, 2⁶⁴) made from one."""
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(count, np.uint64)]

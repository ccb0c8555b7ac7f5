"""Errors of exactly the size that a verdict prints as its resolution, planted into a law."""

from __future__ import annotations

from typing import Any

import numpy as np

from madtheory.laws import Law
from madtheory.laws._cases import gaussian_loop
from madtheory.laws.accumulate_mean_square_drift import AccumulateMeanSquareDrift
from madtheory.laws.composition_variance import CompositionVariance
from madtheory.laws.replace_log_variance import ReplaceLogVariance
from madtheory.models import Gaussian
from madtheory.observables import catalogue
from madtheory.schedules import Accumulate, Fresh, Replace
from madtheory.simulate import simulate
from madtheory.verify._end_of_run import end_of_run

LEVEL = 1e-3
LAWS: list[tuple[Law, Any]] = [
    (ReplaceLogVariance(), lambda n: Replace(n=n)),
    (CompositionVariance(), lambda n: Fresh(n_real=n, n_synthetic=2 * n)),
    (AccumulateMeanSquareDrift(), lambda n: Accumulate(n=n)),
]


def off_by(law: Law, error: float) -> Law:
    """The law with its mean wrong by a relative `error` (on a logarithmic scale: by `error`)."""

    class Wrong(type(law)):  # type: ignore[misc]
        def mean(self, loop: Any, generations: int) -> Any:
            mean = super().mean(loop, generations)
            return mean + error if catalogue(Gaussian(dim=1))[law.observable].scale == "log" else mean * (1 + error)

    return Wrong()


def caught(seed: int) -> tuple[bool, bool]:
    """Whether an error of the printed resolution, and one of a quarter of it, are seen: random law, n, t, R."""
    rng = np.random.default_rng(seed)
    law, schedule = LAWS[rng.integers(len(LAWS))]
    loop = gaussian_loop(schedule(int(rng.integers(8, 100))))
    t, replicas, sign = int(rng.choice([1, 3, 10])), int(rng.integers(1000, 8000)), rng.choice([-1, 1])
    size = {"generations": t, "replicas": replicas, "devices": 1}
    run = simulate(loop, **size, seed=int(rng.integers(2**63)), observables=[law.observable], keep=[t])
    (finding,) = end_of_run(law, loop, run)
    size = sign * finding.judge(LEVEL).resolution
    return seen(off_by(law, size), loop, run), seen(off_by(law, size / 4), loop, run)


def seen(law: Law, loop: Any, run: Any) -> bool:
    """Whether the end of the run refutes a law."""
    (finding,) = end_of_run(law, loop, run)
    return finding.judge(LEVEL).status == "failed"

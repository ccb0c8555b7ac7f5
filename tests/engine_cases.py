"""Loops on which the engine is tested, all with one shape, so that test files share their compiled programs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
import sys
from pathlib import Path
from typing import Any

import jax
import jaxlib
import numpy as np

from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import KINDS, Accumulate, Fresh, Replace, Schedule, Window
from madtheory.simulate import Simulation, simulate
from madtheory.truth import Truth

T = 4
TILE = 256
OBSERVABLES = ("mean_square_drift", "variance", "log_variance")
GOLDEN = Path(__file__).parent / "golden"

TRUTHS = {
    1: Truth(mean=[0.7], covariance=[[2.5]]),
    2: Truth(mean=[0.7, -2.0], covariance=[[2.0, 0.6], [0.6, 1.0]]),
    3: Truth(mean=[0.7, -2.0, 0.1], covariance=[[2.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 0.5]]),
}


@dataclasses.dataclass(frozen=True)
class Case:
    """What fixes a compiled program."""

    schedule: Schedule
    dim: int
    draw: str = "statistics"
    estimator: str = "unbiased"
    bias_first: bool = False

    def loop(self, bias: float = 1.0, truth: Truth | None = None) -> Loop:
        options = {"sampling_bias": bias, "bias_first_generation": self.bias_first, "estimator": self.estimator}
        return Loop(model=Gaussian(dim=self.dim), truth=truth or TRUTHS[self.dim], schedule=self.schedule, **options)

    def run(self, seed: int, bias: float = 1.0, truth: Truth | None = None, **options: Any) -> Simulation:
        given = {"generations": T, "observables": OBSERVABLES, "tile": TILE, "keep": [T], "devices": 1, "draw": self.draw}
        return simulate(self.loop(bias, truth), seed=seed, **(given | options))


def spread(offset: int) -> dict[str, Case]:
    """Every schedule's own cases, once each, with dimensions, draws, estimators and switches dealt out among them."""
    schedules = [(kind, i, case) for kind, cls in KINDS.items() for i, case in enumerate(cls.cases())]
    cases = {}
    for k, (kind, i, schedule) in enumerate(schedules):
        deal = (k + offset) ^ (k >> 1)
        draw, dim = ("statistics", "points")[deal & 1], (1, 3)[(deal >> 1) & 1]
        estimator, first = ("unbiased", "mle")[(deal >> 2) & 1], bool((deal >> 1) & 1) ^ bool(k & 1)
        cases[f"{kind}-{i}-{draw}-{dim}-{estimator}-{first}"] = Case(schedule, dim, draw, estimator, first)
    return cases


PLAIN = {
    "replace-1": Case(Replace(n=6), 1),
    "replace-3": Case(Replace(n=6), 3),
    "fresh-1": Case(Fresh(n_real=4, n_synthetic=6), 1),
    "fresh-3": Case(Fresh(n_real=4, n_synthetic=6), 3),
    "window-1": Case(Window(n=7, window=2), 1),
    "window-3": Case(Window(n=7, window=2), 3),
    "accumulate-1": Case(Accumulate(n=6), 1),
    "accumulate-3": Case(Accumulate(n=6), 3),
}
"""Loops whose bits are recorded."""


def values(simulation: Simulation) -> np.ndarray:
    """(R, 3) what every replica measured at generation T."""
    return np.stack([simulation.observables[name].values[-1] for name in OBSERVABLES], axis=1)


def fingerprint(simulation: Simulation) -> str:
    """sha256 of everything a run measured."""
    means = [s.mean for s in simulation.observables.values()] + [s.standard_error for s in simulation.observables.values()]
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in [values(simulation), *means])).hexdigest()


def recorded(name: str, **options: Any) -> Simulation:
    """The run of a plain loop whose bits are recorded: three tiles, the last one padded."""
    return PLAIN[name].run(20_240_229, bias=0.9, replicas=600, **options)


def platform_class() -> str:
    """What bits may depend on: jaxlib, machine, instruction set."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split() if Path("/proc/cpuinfo").exists() else []
    best = next((isa for isa in ("avx512f", "avx2", "sse4_2") if isa in flags), "other")
    return f"{jax.default_backend()}-{platform.machine()}-{best}-jaxlib-{jaxlib.__version__}"


def summary(name: str) -> dict[str, Any]:
    """A run of a plain loop as it is recorded."""
    run = recorded(name)
    return {"sha256": fingerprint(run), "log_variance": run.observables["log_variance"].values[-1][:16].astype(float).tolist()}


if __name__ == "__main__":  # python -m tests.engine_cases [NAME …]: print summaries; --write: record them for this platform class
    wanted = [name for name in sys.argv[1:] if name != "--write"] or list(PLAIN)
    document = json.dumps({name: summary(name) for name in wanted}, indent=1)
    if "--write" in sys.argv:
        (GOLDEN / f"{platform_class()}.json").write_text(document + "\n", encoding="utf-8")
    print(document)

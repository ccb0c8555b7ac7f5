"""Our side: loops as plain tables, run through the public functions, here or in a fresh process."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _machine as machine
from benchmarks._harness import Claim, Outcome, Result, Way

ROOT = Path(__file__).resolve().parent.parent
OBSERVABLES = ("mean_square_drift", "log_variance")


@dataclasses.dataclass(frozen=True)
class Job:
    """One call of `madtheory.simulate`.

    Attributes:
        schedule: its table, with `kind`.
        dim: d.
        generations: T.
        replicas: R.
        estimator: "mle" or "unbiased".
        draw: "statistics" or "points".
        observables: what is averaged per generation.
        regression: settings of a `linear_regression` in d dimensions in place of the Gaussian.
    """

    schedule: dict[str, Any]
    dim: int
    generations: int
    replicas: int
    estimator: str = "unbiased"
    draw: str = "statistics"
    observables: tuple[str, ...] = OBSERVABLES
    regression: dict[str, Any] | None = None

    def table(self) -> dict[str, Any]:
        """The loop as the tables of a TOML file."""
        truth = {"mean": [0.0] * self.dim, "covariance": np.eye(self.dim).tolist()}
        switches = {"sampling_bias": 1.0, "bias_first_generation": False, "estimator": self.estimator}
        model: dict[str, Any] = {"kind": "gaussian", "dim": self.dim}
        if self.regression is not None:
            truth = {"coefficients": [1.0] * self.dim}
            model = {"kind": "linear_regression", "features": self.dim, **self.regression}
        return {"model": model, "truth": truth, "schedule": self.schedule, **switches}

    def arguments(self) -> dict[str, Any]:
        """Arguments of `madtheory.simulate` besides loop and seed."""
        sizes = {"generations": self.generations, "replicas": self.replicas}
        return {**sizes, "draw": self.draw, "observables": list(self.observables)}


def simulate(job: Job, seed: int) -> Outcome:
    """Run the job here."""
    import madtheory as mad

    ran = mad.simulate(mad.Loop.from_dict(job.table()), seed=seed, **job.arguments())
    root, series = math.sqrt(ran.replicas), ran.observables.items()
    sd = {name: s.standard_error[1:] * root for name, s in series}
    return Outcome(ran.replicas, {name: s.mean[1:] for name, s in series}, sd, ran.provenance.get("tile"))


def here(jobs: dict[str, Job], *, work: float = 1.0, name: str = "ours") -> Way:
    """The jobs one after another in this process."""

    def call(seed: int) -> Result:
        outcomes = {part: simulate(job, seed) for part, job in jobs.items()}
        return Result(outcomes, extra={"tiles": sorted({o.tile for o in outcomes.values() if o.tile})})

    return Way(name, call, work)


def fresh(jobs: dict[str, Job], *, work: float = 1.0, name: str = "ours, with compile") -> Way:
    """The same in a new process that has compiled nothing; the clock starts when everything is imported."""
    return Way(name, lambda seed: _fresh_result(list(jobs.values()), seed), work, warm=False)


def _fresh_result(jobs: Sequence[Job], seed: int) -> Result:
    told = process(jobs, seed=seed)
    return Result({}, told["runs"][0], {"with_import_s": told["import"] + told["runs"][0], "process_s": told["process"]})


def process(jobs: Sequence[Job], *, seed: int = 0, runs: int = 1, devices: int | None = None) -> dict[str, Any]:
    """Run jobs in a new process with an empty compilation cache, on as many CPU devices as JAX makes by itself: one.

    Returns: `import` and `process` (seconds), `runs` (seconds of each run of all jobs), `peak` (bytes of resident memory),
    `tile` (replicas per tile, as the last run reports it).
    """
    calls = [{"loop": job.table(), "arguments": job.arguments() | {"seed": seed}} for job in jobs]
    with tempfile.TemporaryDirectory() as cache:
        env = {name: value for name, value in os.environ.items() if name != machine.DEVICES}
        env |= {"PYTHONPATH": str(ROOT), "JAX_COMPILATION_CACHE_DIR": cache}
        env |= {machine.DEVICES: str(devices), "JAX_PLATFORMS": "cpu"} if devices else {}
        command = [sys.executable, str(Path(__file__).with_name("_fresh.py"))]
        text = json.dumps({"calls": calls, "runs": runs})
        done = subprocess.run(command, input=text, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a fresh process ended with status {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def predicted(job: Job, observables: Sequence[str], generation: int, part: str = "") -> list[Claim]:
    """Claims from madtheory's exact laws, where the schedule has no simpler form; deviations as the run measures them."""
    import madtheory as mad

    said = mad.predict(mad.Loop.from_dict(job.table()), generation, observables).observables
    exact = {name: s for name, s in said.items() if s.kind == "exact"}
    return [Claim(name, generation, float(s.mean[generation]), None, part) for name, s in exact.items()]

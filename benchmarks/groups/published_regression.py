"""The published regression loop (F1): one design, labels of the last model, `pinv` of all that is kept.

Collapse-or-Thrive. Theirs: one process per seed, a Python loop over generations; under accumulate the history is stacked and
inverted anew, which costs T² of one generation. Some of their seeds are timed and multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._harness import Claim, Outcome, Result, Way
from benchmarks._lines import Line, Target, with_compile
from benchmarks._ours import Job
from benchmarks._run import Run

MODEL = {"design": "reused", "noise": "true"}


def published_regression(run: Run) -> Iterator[Line]:
    """F1, small and large, under both schedules."""
    generations, replicas = run.pick(10, 100), run.pick(100, 1000)
    for kind in ("replace", "accumulate"):
        job = Job({"kind": kind, "n": 100}, 10, generations, replicas, observables=("risk",), regression=MODEL)
        yield from _loop(run, job, run.pick(2, 3), [])
    for kind, few in (("replace", 100), ("accumulate", 20)) if run.mode != "quick" else ():
        job = Job({"kind": kind, "n": 1000}, 100, few, 1000, observables=("risk",), regression=MODEL)
        yield from _loop(run, job, 1, [None, Target(100)])


def _loop(run: Run, job: Job, part: int, targets: list[Target | None]) -> Iterator[Line]:
    n, d = job.schedule["n"], job.dim
    t = np.arange(1.0, job.generations + 1)
    factors = t if job.schedule["kind"] == "replace" else np.cumsum(1 / t**2)
    mean = float(d * factors[-1] / (n - d - 1))
    claims = [Claim("risk", job.generations, mean, mean * (2 * (n - 1) / (d * (n - d - 3))) ** 0.5)]
    theirs = Way("their loop", lambda seed: Result({"": _chains(seed, job, part)}), part / job.replicas)
    text = f"F1 {job.schedule['kind']}, d={d}, n={n}, {job.replicas}×{job.generations}"
    yield from with_compile(run, "published-regression", text, {"": job}, theirs, claims, targets)


def _chains(seed: int, job: Job, replicas: int) -> Outcome:
    rng = np.random.default_rng(seed)
    runs = np.mean([_chain(rng, job) for _ in range(replicas)], axis=0)
    return Outcome(replicas, {"risk": runs})


def _chain(rng: np.random.Generator, job: Job) -> list[float]:
    """(T,) ‖ŵ_t − w_0‖² of one seed."""
    n, d, keep = job.schedule["n"], job.dim, job.schedule["kind"] == "accumulate"
    x, real = rng.standard_normal((n, d)), np.ones(d)
    w, inputs, labels, stored = real, np.empty((0, d)), np.empty(0), []
    for _ in range(job.generations):
        y = x @ w + rng.standard_normal(n)
        inputs, labels = (np.concatenate([inputs, x]), np.concatenate([labels, y])) if keep else (x, y)
        w = np.linalg.pinv(inputs) @ labels
        stored.append(float((w - real) @ (w - real)))
    return stored

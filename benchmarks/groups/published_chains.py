"""Published chains that run one replica after another: B1–B3 and D1 in one dimension, C1 and C2 in a few.

B: charles-pearce/synthetic-financial-model-collapse. C: MukaiCodes/Model_Collapse_Codes, fully synthetic (C1) and with
fresh data of weight w (C2). D1: berserank/rate-of-model-collapse. Theirs: a Python loop over replicas and one over
generations. Some of their replicas are timed and multiplied; ours always does the complete work.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from benchmarks import _closed as closed
from benchmarks._harness import Outcome, Result, Way
from benchmarks._lines import Line, Target, compare, with_compile
from benchmarks._ours import Job, here
from benchmarks._run import Run
from benchmarks.groups.published_grid import POINTS

EARLY = 20
"""The generation at which the mean drift is tested: later, few paths carry it."""
WEIGHTS = tuple(round(0.2 + 0.02 * k, 2) for k in range(30))


def published_chains(run: Run) -> Iterator[Line]:
    """B, C and D, each with statistics (warm and with compilation) and with every point drawn."""
    for k, n in run.pick(((1, 100),), ((1, 100), (2, 1000), (3, 10_000))):
        job = Job({"kind": "replace", "n": n}, 1, run.pick(50, 1000), run.pick(300, 3000))
        yield from _replace(run, f"B{k}", job, run.pick(2, max(40 // k**2, 6)), [Target(5000), Target(100)] if k == 3 else [])
    if run.mode != "quick":
        yield from _replace(run, "C1", Job({"kind": "replace", "n": 100}, 4, 1000, 1000), 6)
        few = Job({"kind": "replace", "n": 10}, 1, 200, 1000, observables=("tail_probability", "log_variance"))
        yield from _replace(run, "D1", few, 200)
    yield from _weighted(run)


def _replace(run: Run, name: str, job: Job, part: int, targets: list[Target] | None = None) -> Iterator[Line]:
    """One replace loop of which theirs does `part` of the replicas."""
    n = job.schedule["n"]
    claims = [closed.log_variance(n, job.dim, job.generations, "unbiased")]
    claims += [closed.drift(n, EARLY)] if job.dim == 1 and name != "D1" else []
    text = f"{name}, d={job.dim}, n={n}, {job.replicas}×{job.generations}"
    theirs = Way("their loop", lambda seed: Result({"": chains(seed, job, part)}), part / job.replicas)
    yield from with_compile(run, "published-chains", text, {"": job}, theirs, claims, targets or [])
    share = min(1.0, POINTS / (job.replicas * job.generations * n * job.dim))
    if run.mode != "quick":
        drawn = dataclasses.replace(job, draw="points", replicas=max(int(job.replicas * share), 1))
        ours = here({"": drawn}, work=drawn.replicas / job.replicas, name="ours, every point")
        yield from compare("published-chains", text, [ours, theirs], claims, **run.how)[0]


def chains(seed: int, job: Job, replicas: int) -> Outcome:
    """Their loop over replicas; the statistic of every generation is stored and averaged in the end."""
    rng, chain = np.random.default_rng(seed), one_chain if job.dim == 1 else one_vector_chain
    runs = np.array([chain(rng, job.dim, job.schedule["n"], job.generations) for _ in range(replicas)]).mean(axis=0)
    return Outcome(replicas, {"mean_square_drift": runs[:, 0], "log_variance": runs[:, 1]})


def one_chain(rng: np.random.Generator, dim: int, n: int, generations: int) -> list[tuple[float, float]]:
    """(T, 2) squared drift and log variance of one chain in one dimension."""
    mean, deviation, stored = 0.0, 1.0, []
    for _ in range(generations):
        x = rng.normal(mean, deviation, n)
        mean, deviation = np.mean(x), np.std(x, ddof=1)
        stored.append((mean**2, 2 * math.log(deviation)))
    return stored


def one_vector_chain(rng: np.random.Generator, dim: int, n: int, generations: int) -> list[tuple[float, float]]:
    """(T, 2) squared drift and log|Σ|/d of one chain in d dimensions."""
    mean, covariance, stored = np.zeros(dim), np.eye(dim), []
    for _ in range(generations):
        x = rng.multivariate_normal(mean, covariance, n)
        mean, covariance = np.mean(x, axis=0), np.cov(x, rowvar=False)
        stored.append((mean @ mean, np.linalg.slogdet(covariance)[1] / dim))
    return stored


# C2: fresh data with weight w


def _weighted(run: Run) -> Iterator[Line]:
    weights, generations, replicas = run.pick(WEIGHTS[::20], WEIGHTS), run.pick(40, 200), run.pick(100, 2000)
    n, dim, part = 100, 2, run.pick(8, 1)
    tables = {_part(w): {"kind": "weighted", "n_real": n, "n_synthetic": n, "weight": w} for w in weights}
    jobs = {label: Job(table, dim, generations, replicas, observables=("mean_square_drift",)) for label, table in tables.items()}
    claims = [closed.weighted_drift(n, dim, w, generations, _part(w)) for w in weights]
    theirs = Way("their loop", lambda seed: _weighted_chains(seed, weights, n, dim, generations, part), part / replicas)
    text = f"C2, d={dim}, n={n}, {len(weights)} weights, {replicas}×{generations}"
    yield from with_compile(run, "published-chains", text, jobs, theirs, claims, [Target(1000), Target(200)])


def _part(weight: float) -> str:
    return f"w={weight:g}"


def _weighted_chains(seed: int, weights: tuple[float, ...], n: int, dim: int, generations: int, replicas: int) -> Result:
    rng, outcomes = np.random.default_rng(seed), {}
    for w in weights:
        runs = np.mean([one_weighted(rng, w, n, dim, generations) for _ in range(replicas)], axis=0)
        outcomes[_part(w)] = Outcome(replicas, {"mean_square_drift": runs})
    return Result(outcomes)


def one_weighted(rng: np.random.Generator, w: float, n: int, dim: int, generations: int) -> list[float]:
    """(T,) squared drift; new real data of weight w and synthetic data of weight 1 − w in every generation."""
    x = rng.standard_normal((n, dim))
    mean, covariance = np.mean(x, axis=0), np.cov(x, rowvar=False)
    stored = [mean @ mean]
    for _ in range(1, generations):
        real, synthetic = rng.standard_normal((n, dim)), rng.multivariate_normal(mean, covariance, n)
        a, b = np.mean(real, axis=0), np.mean(synthetic, axis=0)
        scatter = w * np.cov(real, rowvar=False, bias=True) + (1 - w) * np.cov(synthetic, rowvar=False, bias=True)
        mean = w * a + (1 - w) * b
        covariance = (scatter + w * (1 - w) * np.outer(a - b, a - b)) * (2 * n / (2 * n - 1))
        stored.append(mean @ mean)
    return stored

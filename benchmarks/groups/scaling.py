"""How cost grows with replicas, generations, sample size and dimension."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks._harness import interleave
from benchmarks._lines import Line, Target, compare, rate
from benchmarks._ours import Job, here
from benchmarks._run import Run
from benchmarks.groups.univariate import claims, collapsed, numpy_way, ours, stock_way

MOST = 10**6
"""Replicas beyond which the others are not timed: their rates have long been flat."""


def scaling(run: Run) -> Iterator[Line]:
    """All of them."""
    yield from _replicas(run)
    yield from _generations(run)
    yield from _sizes(run)
    yield from _dimensions(run)


def _replicas(run: Run) -> Iterator[Line]:
    """Throughput of three methods against replicas."""
    for power in range(2, run.pick(2, 8) + 1):
        replicas, generations = 10**power, run.pick(4, 64)
        others = [numpy_way(replicas, generations), stock_way(collapsed, replicas, 4)] if replicas <= MOST else []
        asked = claims(4, generations) if others else claims(generations)
        lines, timings = compare("scaling", f"R=10^{power}", [ours(replicas, generations), *others], asked, show=rate, **run.how)
        for timing in timings:
            run.point(timing.name, replicas, timing)
        yield from lines


def _alike(run: Run, text: str, variants: dict[str, Job], target: Target | None) -> Iterator[Line]:
    """Cost per replica-generation of jobs that should cost the same, as the largest by the smallest."""
    ways = [here({"": job}, work=job.replicas * job.generations, name=name) for name, job in variants.items()]
    timings = interleave(ways, run.rounds, seed=run.seed, patience=run.patience)
    cost = {t.name: t.median for t in timings}
    said = ", ".join(f"{name} {1e-6 / seconds:.3g}" for name, seconds in cost.items())
    spread, raw = max(cost.values()) / min(cost.values()), tuple(t.to_dict() for t in timings)
    yield Line("scaling", f"{text} (M/s: {said})", value=spread, unit="× between extremes", target=target, raw=raw)


def _generations(run: Run) -> Iterator[Line]:
    replicas = run.pick(1024, 16_384)
    lengths = [16, 64] if run.mode == "quick" else [64, 256, 1024, 4096]
    jobs = {f"T={t}": Job({"kind": "replace", "n": 1000}, 1, t, replicas) for t in lengths}
    yield from _alike(run, "generations", jobs, None)


def _sizes(run: Run) -> Iterator[Line]:
    """Sufficient statistics: a billion points cost what ten do."""
    replicas, generations = run.pick(1024, 65_536), run.pick(16, 64)
    powers = range(1, run.pick(3, 10))
    jobs = {f"n=10^{k}": Job({"kind": "replace", "n": 10**k}, 1, generations, replicas) for k in powers}
    yield from _alike(run, "sample size", jobs, Target(1.25, most=True))


def _dimensions(run: Run) -> Iterator[Line]:
    """Throughput against dimension; the cost of d dimensions lies between d² and d³."""
    for dim in run.pick((1,), (1, 2, 3, 5, 10, 20, 31, 50, 100)):
        replicas = max(16_384 // dim**2, 64)
        job = Job({"kind": "replace", "n": 200}, dim, run.pick(4, 16), replicas)
        way = here({"": job}, work=replicas * job.generations)
        (timing,) = interleave([way], run.rounds, seed=run.seed, patience=run.patience)
        yield Line("scaling", f"dimension d={dim}", value=1e-6 / timing.median, unit="M/s", raw=(timing.to_dict(),))

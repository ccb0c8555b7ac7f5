"""How cost grows: with replicas, generations, sample size, dimension and devices; what compiling takes; what memory takes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks._harness import interleave
from benchmarks._lines import Line, Target, compare, rate
from benchmarks._ours import Job, here, process
from benchmarks._run import Run
from benchmarks.groups.univariate import N, claims, collapsed, numpy_way, ours, stock_way

MOST_STOCK = 10**6
"""Replicas beyond which the stock scan is not timed: its rate has long been flat."""


def scaling(run: Run) -> Iterator[Line]:
    """All of them."""
    yield from _replicas(run)
    yield from _generations(run)
    yield from _sizes(run)
    yield from _dimensions(run)
    yield from _devices(run)
    yield from _compilation(run)
    yield from _memory(run)


def _replicas(run: Run) -> Iterator[Line]:
    """Throughput of three methods against replicas."""
    for power in range(2, run.pick(2, 7, 8) + 1):
        replicas, generations = 10**power, run.pick(4, 64 if power < 6 else 16)
        ways = [ours(replicas, generations), numpy_way(replicas, generations)]
        ways += [stock_way(collapsed, replicas, 4)] if replicas <= MOST_STOCK else []
        how = run.how | {"rounds": 3 if power > 6 else run.rounds}
        asked = claims(4, generations) if len(ways) > 2 else claims(generations)
        lines, timings = compare("scaling", f"R=10^{power}", ways, asked, show=rate, **how)
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


def _devices(run: Run) -> Iterator[Line]:
    """Strong and weak scaling over fake CPU devices, each count in a process of its own."""
    replicas, generations = run.pick(4096, 262_144), run.pick(16, 64)
    for text, grows in (("strong", False), ("weak", True))[: run.pick(1, 2)]:
        seconds = {}
        for count in run.pick((1, 2), (1, 2, 4)):
            job = Job({"kind": "replace", "n": N}, 1, generations, replicas * (count if grows else 1))
            told = process([job], runs=run.rounds + 1, devices=count, seed=run.seed)
            seconds[count] = told["runs"]
        yield from _device_lines(text, grows, seconds)


def _device_lines(text: str, grows: bool, seconds: dict[int, list[float]]) -> Iterator[Line]:
    alone = statistics.median(seconds[1][1:])
    for count, runs in seconds.items():
        gain = alone / statistics.median(runs[1:]) * (count if grows else 1)
        raw = ({"name": f"{count} devices", "steady_s": runs[1:], "first_run_s": runs[0]},)
        yield Line("scaling", f"{text} scaling, {count} CPU devices", value=gain, unit="× one device", raw=raw)


SCHEDULES = {
    "replace": {"kind": "replace", "n": N}, "accumulate": {"kind": "accumulate", "n": N},
    "subsample": {"kind": "accumulate_subsample", "n": 20}, "fixed real": {"kind": "fixed_real", "n_real": N, "n_synthetic": N},
    "fresh": {"kind": "fresh", "n_real": N, "n_synthetic": N}, "window": {"kind": "window", "n": N, "window": 3},
    "weighted": {"kind": "weighted", "n_real": N, "n_synthetic": N, "weight": 0.5},
}  # fmt: skip


def _compilation(run: Run) -> Iterator[Line]:
    """First call less second call of a tiny run in a fresh process: tracing and compiling."""
    cases = [(name, dim) for name in SCHEDULES for dim in (1, 3)] + [("replace", dim) for dim in (10, 31, 100)]
    for name, dim in cases[: run.pick(1, len(cases))]:
        told = process([Job(SCHEDULES[name], dim, 8, 8)], runs=2)
        first, second = told["runs"]
        raw = ({"name": "fresh process", **told},)
        yield Line("scaling", f"compile {name}, d={dim}", value=first - second, unit="s", raw=raw)


def _memory(run: Run) -> Iterator[Line]:
    """Peak memory of a process that streams its replicas: it must not grow with them."""
    generations = run.pick(20, 1000)
    for replicas in run.pick((10**4,), (10**4, 10**5, 10**6)):
        told = process([Job({"kind": "replace", "n": N}, 1, generations, replicas)])
        text = f"peak memory, {replicas:.0e}×{generations}"
        raw = ({"name": "fresh process", **told},)
        yield Line("scaling", text, value=told["peak"] / 2**30, unit="GiB", target=Target(1.0, most=True), raw=raw)

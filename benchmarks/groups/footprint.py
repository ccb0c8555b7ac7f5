"""What a process of its own takes: several devices, compiling, memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks._lines import Line, Target
from benchmarks._ours import Job, process
from benchmarks._run import Run
from benchmarks.groups.univariate import N


def footprint(run: Run) -> Iterator[Line]:
    """All of them."""
    yield from _devices(run)
    yield from _compilation(run)
    yield from _memory(run)


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
        yield Line("footprint", f"{text} scaling, {count} CPU devices", value=gain, unit="× one device", raw=raw)


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
        yield Line("footprint", f"compile {name}, d={dim}", value=first - second, unit="s", raw=raw)


def _memory(run: Run) -> Iterator[Line]:
    """Peak memory of a process that streams its replicas: it must not grow with them."""
    generations = run.pick(20, 1000)
    for replicas in run.pick((10**4,), (10**4, 10**5, 10**6)):
        told = process([Job({"kind": "replace", "n": N}, 1, generations, replicas)])
        text = f"peak memory, {replicas:.0e}×{generations}"
        raw = ({"name": "fresh process", **told},)
        yield Line("footprint", text, value=told["peak"] / 2**30, unit="GiB", target=Target(1.0, most=True), raw=raw)

"""What a sweep costs: `python -m benchmarks.sweeps` measures a large grid, the store by itself, and the start of a resumption.

`--quick` takes a hundredth of the points. Each measurement runs in a process of its own, whose largest memory is recorded.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _machine as machine
from madtheory.results import write

RESULTS = Path(__file__).resolve().parent / "results"
QUICK = 100
MIB = 2**10  # in units of ru_maxrss
LOOP: dict[str, Any] = {
    "bias_first_generation": False, "estimator": "unbiased", "model": {"kind": "gaussian", "dim": 1},
    "truth": {"mean": [0.0], "covariance": [[1.0]]}, "schedule": {"kind": "replace"},
}  # fmt: skip


def grid(points: int, replicas: int, generations: int) -> Any:
    """A grid over n and λ with about so many points."""
    from madtheory.sweep import Grid

    side = round(points**0.5)
    axes = [{"field": "schedule.n", "from": 5, "to": 4 + points // side, "steps": points // side},
            {"field": "sampling_bias", "from": 0.5, "to": 1.0, "steps": side}]  # fmt: skip
    run = {"replicas": replicas, "seed": 1}
    return Grid.from_dict({"loop": LOOP, "axes": axes, "generations": generations, "observables": ["log_variance"], "run": run})


def nothing(grid: Any, layout: Any, point: Any, **_: Any) -> np.ndarray:
    """The record of a point at which nothing is computed."""
    row = layout.blank()
    row["seed"], row["replicas"], row["status"] = point.run.seed, 1, 1
    return row


def large(out: Path, scale: int) -> dict[str, Any]:
    """10⁴ points × 10⁴ replicas × 100 generations, from the first import to the last block."""
    started = time.perf_counter()
    from madtheory.sweep import sweep

    found = sweep(grid(10_000 // scale, 10_000, 100), out)
    seconds = time.perf_counter() - started
    return {"points": found.points, "generations": found.news.generations, "seconds": seconds, "status": found.counts}


def store(out: Path, scale: int) -> dict[str, Any]:
    """The same grid with nothing computed: what the store and the driver take."""
    return empty(out, 10_000 // scale, 100)


def many(out: Path, scale: int) -> dict[str, Any]:
    """10⁵ points with nothing computed, and how soon a resumption of the finished sweep knows that there is nothing to do."""
    return empty(out, 100_000 // scale, 20)


def empty(out: Path, points: int, generations: int) -> dict[str, Any]:
    """Drive points at which nothing is computed; then resume."""
    from madtheory.sweep import Store, sweep

    started = time.perf_counter()
    made = grid(points, 1000, generations)
    checked = time.perf_counter()
    found = sweep(made, out, measure=nothing)
    done = time.perf_counter()
    opened = Store.open(out)
    missing = int((opened.selected() & ~opened.done()).sum())
    known = time.perf_counter()
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    files = sum(path.is_file() for path in out.rglob("*"))
    return {"points": found.points, "check_s": checked - started, "seconds": done - started,
            "ms_per_point": 1e3 * (done - checked) / found.points, "resume_s": known - done, "missing": missing,
            "bytes": size, "files": files}  # fmt: skip


MEASURED: dict[str, Callable[[Path, int], dict[str, Any]]] = {"large": large, "store": store, "many": many}
WORDS = {"large": "10⁴ replicas × 100 generations at every point", "store": "nothing computed, 101 generations stored",
         "many": "nothing computed, 21 generations stored"}  # fmt: skip
TARGETS = {"large": "300 s, 1,024 MiB", "store": "2 ms a point", "many": "120 s"}


def alone(name: str, scale: int) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sweeps", "--one", name, "--scale", str(scale)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def table(record: dict[str, Any]) -> str:
    """The record as Markdown."""
    rows = ["| measured | points | seconds | ms a point | target | largest memory (MiB) |", "|---|---|---|---|---|---|"]
    for name, one in record["measured"].items():
        each = one.get("ms_per_point", 1e3 * one["seconds"] / one["points"])
        cells = (WORDS[name], f"{one['points']:,}", f"{one['seconds']:.3g}", f"{each:.3g}", TARGETS[name], f"{one['mib']:.0f}")
        rows.append(f"| {' | '.join(cells)} |")
    return f"{record['device']}\n\n" + "\n".join(rows) + "\n"


def main() -> int:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description="What a sweep costs.")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the points")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--one", choices=MEASURED, help=argparse.SUPPRESS)
    parser.add_argument("--scale", type=int, default=1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        with tempfile.TemporaryDirectory() as folder:
            said = MEASURED[args.one](Path(folder) / "out", args.scale)
        print(json.dumps(said | {"mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB}))
        return 0
    measured = {name: alone(name, QUICK if args.quick else 1) for name in MEASURED}
    record = {"device": machine.device(), "load": machine.load(), "versions": machine.versions(), "measured": measured}
    print(table(record))
    write(args.out / "sweeps.json", json.dumps(record, indent=1) + "\n")
    write(args.out / "sweeps.md", table(record))
    return 0


if __name__ == "__main__":
    sys.exit(main())

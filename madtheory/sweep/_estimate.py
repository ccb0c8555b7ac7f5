"""What a sweep will take, before it is begun: points, programs to compile, bytes, and seconds from a small trial."""

from __future__ import annotations

import dataclasses
import shutil
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from madtheory.errors import BadInput, Words
from madtheory.simulate import make_job, simulate
from madtheory.sweep._grid import Grid, Point
from madtheory.sweep._layout import layout
from madtheory.sweep._measure import predictions
from madtheory.sweep._refine import first_round
from madtheory.sweep._store import versions

SAMPLE = 1000  # points that are looked at for programs; of larger grids these stand for all
TRIALS = 3  # programs that are tried
TRIED = 5  # points of each
META = 2000  # bytes of an array's description


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What a sweep will take.

    Attributes:
        points: points that are wanted at first; a refinement by simulation finds more.
        room: points that the store has room for.
        programs: programs that will be compiled.
        generations: replica-generations, at most.
        bytes: of the store, before compression.
        seconds: on this machine, compilation included; `None` without a trial.
        free: bytes free on the disk.
        identity: of the grid.
    """

    points: int
    room: int
    programs: int
    generations: int
    bytes: int
    seconds: float | None
    free: int
    identity: str

    def to_dict(self) -> dict[str, Any]:
        """As the command line prints it."""
        return dataclasses.asdict(self)


def estimate(grid: Grid, out: Path | str, *, trial: bool = True, devices: Any = None) -> Estimate:
    """What `sweep(grid, out)` will take; nothing is written. `trial` runs a few points to say how long."""
    wanted = np.flatnonzero(first_round(grid))
    looked = wanted if len(wanted) <= SAMPLE else np.random.default_rng(0).choice(wanted, SAMPLE, replace=False)
    groups: dict[Any, list[Point]] = {}
    for index in looked.tolist():
        point = grid.point(index)
        groups.setdefault(program(grid, point), []).append(point)
    share = len(wanted) / len(looked)
    work = sum(point.run.replicas * point.run.generations for points in groups.values() for point in points)
    seconds = _seconds(grid, groups, share, devices) if trial else None
    generations, free = round(work * share), _free(Path(out))
    return Estimate(len(wanted), grid.size, len(groups), generations, size(grid), seconds, free, grid.identity)


def program(grid: Grid, point: Point) -> Any:
    """What tells a point's compiled program from another: two points with the same one differ in numbers alone."""
    run = point.run
    with jax.enable_x64(run.dtype == "float64"):
        job = make_job(point.loop, run.generations, grid.observables, run.seed, run.draw, np.dtype(run.dtype), roomy=True)
        leaves, structure = jax.tree.flatten(job)
        return structure, tuple((np.shape(leaf), np.result_type(leaf)) for leaf in leaves)


def size(grid: Grid) -> int:
    """Bytes of all arrays of a store."""
    parts = layout(grid)
    return grid.size * (parts.dtype.itemsize + 2) + META * (len(parts.parts) + len(grid.axes))


def check_disk(out: Path, grid: Grid) -> None:
    """Refuse a grid that the disk has no room for."""
    needed, free = size(grid), _free(out)
    if needed > free:
        raise BadInput("out", f"a disk with {needed} bytes free for {grid.size} points", Words(f"one with {free}"))


def _free(out: Path) -> int:
    there = next(part for part in (out.absolute(), *out.absolute().parents) if part.exists())
    return shutil.disk_usage(there).free


def _seconds(grid: Grid, groups: dict[Any, list[Point]], share: float, devices: Any) -> float:
    """Time of a few points of a few programs, put forward to all by their replica-generations."""
    versions()  # what is imported once is no part of the time
    tried = sorted(groups.values(), key=len, reverse=True)[:TRIALS]
    compiling, spent, done = [], 0.0, 0
    for points in tried:
        first = _timed(grid, points[0], devices)
        again = [_timed(grid, point, devices) for point in points[1 : 1 + TRIED] or points[:1]]
        compiling.append(max(first - again[0], 0.0))
        spent += sum(again)
        done += len(again)
    return len(groups) * sum(compiling) / len(compiling) + share * sum(map(len, groups.values())) * spent / done


def _timed(grid: Grid, point: Point, devices: Any) -> float:
    start = time.perf_counter()
    predictions(grid, point)
    simulate(point.loop, generations=point.run.generations, observables=grid.observables, replicas=point.run.replicas,
             seed=point.run.seed, draw=point.run.draw, dtype=np.dtype(point.run.dtype), devices=devices, roomy=True)  # fmt: skip
    return time.perf_counter() - start

"""The work on blocks, in whatever process: points that are not done are measured, each written down, and the block is stored."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from madtheory._run import Summary, apart
from madtheory.sweep._gpus import claim
from madtheory.sweep._grid import Point
from madtheory.sweep._journal import Journal, Known
from madtheory.sweep._measure import measure
from madtheory.sweep._store import HALT, Store

Measure = Callable[..., np.ndarray]


@dataclasses.dataclass(frozen=True)
class News:
    """What a process has done.

    Attributes:
        points: points done.
        generations: replica-generations simulated for them.
        seconds: that it took.
        torn: journals that ended in the middle of a record, whose rest was computed again.
    """

    points: int = 0
    generations: int = 0
    seconds: float = 0.0
    torn: tuple[str, ...] = ()

    def __add__(self, other: News) -> News:
        points, generations = self.points + other.points, self.generations + other.generations
        return News(points, generations, self.seconds + other.seconds, self.torn + other.torn)


Tell = Callable[[News], None]
Halted = Callable[[], bool]


class Stopped(Exception):
    """The work was asked to stop; everything that is done is written down."""


class Notebook:
    """The tiles of one point, in a block's journal; it stops the run between two tiles when it is asked to.

    Args:
        journal: the block's.
        known: what that says from before.
        point: the point.
        halted: whether the work is to stop.
    """

    def __init__(self, journal: Journal, known: Known, point: Point, halted: Halted) -> None:
        self.journal, self.known, self.point, self.halted = journal, known, point, halted

    def recall(self, tile: int, width: int) -> Summary | None:
        """A tile that was written down."""
        return self.known.tiles.get((self.point.index, width), {}).get(tile)

    def note(self, summary: Summary, width: int) -> None:
        """Write a tile down, unless it is all of the point; stop here where that is asked."""
        if width < self.point.run.replicas:
            self.journal.tile(self.point.index, summary, width)
            if self.halted():
                raise Stopped


def work(folder: Path | str, blocks: Sequence[int], devices: Any = None, measure: Measure = measure) -> News:
    """Do these blocks of the sweep in `folder`, in a process that has been started for it; stops where the folder says so."""
    claim()
    store, news = Store.open(folder), News()
    halt = store.folder / HALT
    for block in blocks:
        if halt.exists():
            break
        try:
            news += do_block(store, block, halt.exists, devices=devices, measure=measure)
        except Stopped:
            break
    return news


def do_block(store: Store, block: int, halted: Halted, *, devices: Any = None, tell: Tell | None = None,
             measure: Measure = measure) -> News:
    """Measure the points of a block that are wanted and not done, and store them; raises `Stopped`."""
    started, journal = time.perf_counter(), Journal(store.journal, block)
    known, rows, generations = journal.read(), {}, 0
    try:
        for index in wanted(store, block):
            if halted():
                raise Stopped
            point, before = store.grid.point(index), time.perf_counter()
            if index in known.points:
                rows[index] = np.frombuffer(known.points[index], store.layout.dtype)[0]
                if tell:
                    tell(News(1))
                continue
            with apart():
                row = measure(store.grid, store.layout, point, devices=devices, notebook=Notebook(journal, known, point, halted))
            journal.point(index, row.tobytes())
            rows[index] = row
            done = int(row["replicas"]) * point.run.generations
            generations += done
            if tell:
                tell(News(1, done, time.perf_counter() - before))
    finally:
        journal.close()
    store.write(block, rows)
    journal.remove()
    return News(len(rows), generations, time.perf_counter() - started, tuple(known.torn))


def wanted(store: Store, block: int) -> list[int]:
    """Points of a block that are selected and not done, in their order."""
    region = store.region(block)
    missing = (store.array("selected")[region] == 1) & (store.array("done")[region] == 0)
    return [int(index) for index in store.points(block)[missing]]

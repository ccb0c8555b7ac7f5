"""Tiles handed out, a few ahead of the one waited for, and their moments merged in tile order in float64."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from madtheory._replica import Job
from madtheory._run._fit import TileHalved, TileTooLarge, bytes_free, out_of_memory
from madtheory._run._place import Place, places
from madtheory._run._processes import gather, members
from madtheory._run._width import LEAST
from madtheory.engine import SEGMENT

AHEAD = 2  # calls per device that are under way at once: one runs while the host merges another
TOGETHER = 16  # tiles after which the processes of a distributed run exchange what they have

Progress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True)
class Summary:
    """What is left of a tile.

    Attributes:
        tile: its number.
        count: B replicas that count.
        mean: (T, M) over these replicas.
        m2: (T, M) sum of squared deviations from it.
        kept: (C, M, B) every replica at the kept generations.
        failed: numbers of the replicas in which something stopped being finite.
    """

    tile: int
    count: int
    mean: np.ndarray
    m2: np.ndarray
    kept: np.ndarray
    failed: list[int]


class Watch:
    """Who is told of every tile that is done, may know some from before, and may say that these are enough.

    Attributes:
        soon: replicas after which it should be asked first, so that a tile holds no more; `None` for any number.
    """

    soon: int | None = None

    def recall(self, tile: int, width: int) -> Summary | None:
        """A tile of that width which was done before."""
        return None

    def note(self, summary: Summary, width: int) -> None:
        """A tile is done."""

    def enough(self, count: int, mean: np.ndarray, m2: np.ndarray) -> bool:
        """Whether a run may end with these replicas; asked after every tile, in their order."""
        return False


class Call(NamedTuple):
    """Generations start+1 … stop of some tiles at a place."""

    place: Place
    tiles: list[int]
    start: int
    stop: int


def run_tiles(job: Job, generations: int, replicas: int, width: int, keep: tuple[int, ...], devices: list[Any],
              progress: Progress | None, together: bool, fixed: bool, watch: Watch | None = None) -> tuple[Run, bool]:
    """A run, and whether it is complete. Where memory is short it starts again with half the width, unless that is `fixed`."""
    while True:
        try:
            run = Run(job, generations, replicas, width, keep, devices, progress, together, watch)
            return run, run.all_tiles()
        except TileTooLarge as error:
            if fixed or width <= LEAST:
                raise error.refusal() from None
            width = max(width // 2, LEAST)
            warnings.warn(f"{error}: the run goes on in tiles of {width}", TileHalved, stacklevel=3)


class Run:
    """The host's side of a run.

    In a distributed run process p of P runs tiles p, p + P, … on its own devices, and every process merges all of them.
    """

    def __init__(self, job: Job, generations: int, replicas: int, width: int, keep: tuple[int, ...], devices: list[Any],
                 progress: Progress | None = None, together: bool = False, watch: Watch | None = None) -> None:
        self.job, self.generations, self.replicas, self.width, self.keep = job, generations, replicas, width, keep
        self.tiles = -(-replicas // width)
        self.devices, self.progress = devices if together else devices[: self.tiles], progress
        self.room = self._room()
        self.places = places(job, width, self.room, self.devices, together)
        self.ahead = self._ahead()
        for place in self.places:
            place.load()
        self.count = 0
        self.mean: Any = 0.0  # arrays from the first tile on
        self.m2: Any = 0.0
        self.kept: list[np.ndarray] = []
        self.failed: list[int] = []
        self.merged = self.done = 0  # tiles in the moments, and tile-generations computed here
        self.watch, self.ended = watch or Watch(), False

    def all_tiles(self) -> bool:
        """Run every tile; false when interrupted, with the finished tiles kept."""
        rank, count = members()
        finished = self._in_turn(range(rank, self.tiles, count))
        try:
            while self.merged < self.tiles and not self.ended:
                self._exchange(*self._some(finished))
        except KeyboardInterrupt:
            if self.count == 0:
                raise
            return False
        return True

    def _ahead(self) -> int:
        """How many calls fit into each device at once, in every process."""
        needed, free = self.places[0].bytes_needed, bytes_free(self.devices)
        known = needed is not None and free is not None
        fit = min(free // max(needed, 1), AHEAD) if known else AHEAD  # type: ignore[operator]
        fewest = min(gather(fit))
        if fewest == 0:
            raise TileTooLarge(self.width, needed, free)
        return fewest

    def _some(self, finished: Iterator[Summary]) -> tuple[list[Summary], BaseException | None]:
        """The next tiles of this process that are done, and what put an end to it."""
        some: list[Summary] = []
        try:
            for summary in itertools.islice(finished, TOGETHER if members()[1] > 1 else 1):
                some.append(summary)  # one by one: what is in stays in when the next one raises
        except (KeyboardInterrupt, TileTooLarge) as error:
            return some, error
        return some, None

    def _exchange(self, mine: list[Summary], end: BaseException | None) -> None:
        """Merge what all processes have, in tile order up to the first tile that is missing; what ended one ends all."""
        told = gather((mine, end))
        found = {summary.tile: summary for some, _ in told for summary in some}
        while self.merged in found and not self.ended:
            self._merge(found[self.merged].count, found[self.merged])
            self.ended = self.watch.enough(self.count, self.mean, self.m2)
        for error in (error for _, error in told if error is not None):
            raise error

    def _in_turn(self, tiles: Sequence[int]) -> Iterator[Summary]:
        """These tiles one after another: those that were done before, and the others as they are done."""
        known = {tile: summary for tile in tiles if (summary := self.watch.recall(tile, self.width)) is not None}
        missing = self._finished([tile for tile in tiles if tile not in known])
        for tile in tiles:
            if tile in known:
                yield known.pop(tile)
                continue
            summary = next(missing)
            self.watch.note(summary, self.width)
            yield summary

    def _finished(self, tiles: Sequence[int]) -> Iterator[Summary]:
        """Run these tiles and give back each in turn; calls are sent off a few ahead of the one that is waited for."""
        flying: deque[tuple[Call, Any]] = deque()
        parts: dict[int, list[Any]] = {tile: [] for tile in tiles}
        try:
            for call in self._calls(tiles):
                if len(flying) == self.ahead * len(self.places):
                    yield from self._land(flying.popleft(), parts)
                flying.append((call, self._call(*call)))
            while flying:
                yield from self._land(flying.popleft(), parts)
        except jax.errors.JaxRuntimeError as error:
            if not out_of_memory(error):
                raise
            raise TileTooLarge(self.width, self.places[0].bytes_needed, bytes_free(self.devices)) from error

    def _calls(self, tiles: Sequence[int]) -> Iterator[Call]:
        """All calls in order: every device gets a tile, then all go through its segments side by side."""
        waiting = deque(tiles)
        while waiting:
            shares = [[waiting.popleft() for _ in range(min(place.tiles, len(waiting)))] for place in self.places]
            for start in range(0, self.generations, SEGMENT):
                stop = min(start + SEGMENT, self.generations)
                yield from (Call(place, share, start, stop) for place, share in zip(self.places, shares, strict=True) if share)

    def _call(self, place: Place, tiles: Sequence[int], start: int, stop: int) -> Any:
        """Generations start+1 … stop of some tiles; returns before they are done. The state stays at the place."""
        firsts = [tile * self.width for tile in tiles]
        counts = [min(self.replicas - first, self.width) for first in firsts]
        return place.run(firsts, counts, np.array([start, stop], np.int32), self._slots(start, stop))

    def _land(self, flight: tuple[Call, Any], parts: dict[int, list[Any]]) -> Iterator[Summary]:
        """Fetch what a call returns; the tiles that end with it."""
        call, out = flight
        results = call.place.fetch(out)
        self._tell(len(call.tiles) * (call.stop - call.start), len(parts) * self.generations)
        for tile, result in zip(call.tiles, results, strict=False):  # a device may have had nothing to do
            parts[tile].append((call.stop - call.start, result))
            if call.stop == self.generations:
                yield self._summary(tile, parts[tile])
                parts[tile].clear()

    def _summary(self, tile: int, parts: list[Any]) -> Summary:
        """The segments of a tile put together, without the replicas from `replicas` on, which are padding."""
        first = tile * self.width
        count = min(self.replicas - first, self.width)
        mean, m2 = (np.concatenate([getattr(out, name)[:n] for n, out in parts]) for name in ("mean", "m2"))
        rows = [out.kept[: self._kept_in(k * SEGMENT, (k + 1) * SEGMENT), :, :count] for k, (_, out) in enumerate(parts)]
        failed = np.any([out.failed[:count] for _, out in parts], axis=0)
        return Summary(tile, count, mean, m2, np.concatenate(rows), (first + np.flatnonzero(failed)).tolist())

    def _merge(self, count: int, summary: Summary) -> None:
        """Chan's update of mean and sum of squares by one tile."""
        mean, m2 = np.asarray(summary.mean, np.float64), np.asarray(summary.m2, np.float64)
        total = self.count + count
        with np.errstate(invalid="ignore"):  # an infinite mean stays infinite, and its spread is not a number
            m2 = self.m2 + m2 + (mean - self.mean) ** 2 * (self.count * count / total)
            self.count, self.mean, self.m2 = total, (self.count * self.mean + count * mean) / total, m2
        if self.keep:
            self.kept.append(summary.kept)
        self.failed += summary.failed
        self.merged += 1

    def _slots(self, start: int, stop: int) -> np.ndarray:
        """(SEGMENT,) the row of `kept` for each generation of a segment; `room`, which is dropped, for those not kept."""
        wanted = {t: row for row, t in enumerate(t for t in self.keep if start < t <= stop)}
        return np.array([wanted.get(start + 1 + k, self.room) for k in range(SEGMENT)], np.int32)

    def _kept_in(self, start: int, stop: int) -> int:
        return sum(start < t <= stop for t in self.keep)

    def _room(self) -> int:
        """Rows of `kept` in every segment: a power of two, so that few programs are compiled."""
        most = max(self._kept_in(start, start + SEGMENT) for start in range(0, self.generations, SEGMENT))
        return 1 << max(most - 1, 1).bit_length() if self.keep else 0

    def _tell(self, news: int, total: int) -> None:
        self.done += news
        if self.progress:
            self.progress(self.done, total)

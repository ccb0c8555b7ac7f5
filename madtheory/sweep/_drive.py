"""`sweep`: all points of a grid, by whoever is at hand, into a folder from which it can go on whenever it was stopped."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from madtheory import _arguments as arguments
from madtheory._run import gather, members
from madtheory.errors import BadInput, Words
from madtheory.sweep import _refine, _work
from madtheory.sweep._estimate import check_disk
from madtheory.sweep._grid import Grid
from madtheory.sweep._halt import Halt
from madtheory.sweep._layout import STATUS, check_names
from madtheory.sweep._lock import held
from madtheory.sweep._measure import measure
from madtheory.sweep._store import HALT, SPEC, Store, specification, versions
from madtheory.sweep._work import Measure, News, Stopped, Tell

if TYPE_CHECKING:
    import xarray as xr

FAR = 4  # tasks per worker that an executor is given at a time
DEATHS = 3  # of workers at one block, after which it is not tried again
POLL = 0.005  # seconds between two looks at the workers
NOTHING = News()
Share = tuple[int, ...]
"""Blocks of one task."""
WAIT = 0.2  # the same for processes on other machines


class Damaged(UserWarning):
    """Something in a store was damaged or missing, and was computed again."""


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What a sweep has come to.

    Attributes:
        folder: where it is.
        points: points that are wanted.
        done: points that are done.
        counts: status → number of points.
        news: what this call has computed.
        signal: that ended it before its time; `None` for none.
    """

    folder: Path
    points: int
    done: int
    counts: dict[str, int]
    news: News = dataclasses.field(default_factory=News)
    signal: int | None = None

    @property
    def complete(self) -> bool:
        """Whether every point is done."""
        return self.done == self.points

    def dataset(self) -> xr.Dataset:
        """The results, as `load` reads them."""
        from madtheory.sweep._read import load

        return load(self.folder)


def sweep(
    grid: Grid,
    out: Path | str,
    *,
    resume: bool = False,
    executor: Any = None,
    workers: int | None = None,
    part: tuple[int, int] = (1, 1),
    devices: Any = None,
    tell: Tell | None = None,
    measure: Measure = measure,
) -> Sweep:
    """Measure every point of `grid` and store it in the folder `out`.

    Bits depend on the grid alone: not on who computes what, in which order, or how often the work was stopped. A point's
    numbers are those of `simulate(…, roomy=True)` under the point's seed. The first Ctrl-C, or SIGTERM, ends the work after
    the tiles under way; `Sweep.signal` says so.

    Args:
        grid: what is swept.
        out: a folder; without `resume`, one in which there is no sweep yet.
        resume: go on with a sweep of the same grid, or begin one.
        executor: any `concurrent.futures.Executor`, whose workers see the folder; in this process when not given.
        workers: how many it has.
        part: (k, K): only every K-th block, from the k-th on, so that K machines can share a grid; see `merge`.
        devices: as in `simulate`, of every process.
        tell: called with what has been done since the last call.
        measure: what makes a point's record.

    Raises:
        BadInput: naming what is wrong with the grid, the folder or the disk, with nothing changed.
    """
    folder, (rank, count) = Path(out), members()
    if count > 1:
        part = (rank + 1, count)
    _check_part(part, grid)
    if devices is not None and executor is None:
        arguments.devices(devices)
    with contextlib.ExitStack() as stack:
        renew = _begin(stack, folder, grid, resume, first=rank == 0)
        halt, store = stack.enter_context(Halt(folder / HALT)), Store.open(folder)
        drive = _Drive(store, renew, halt, executor, workers, part, devices, tell, measure)
        news = drive.all_rounds(alone=count == 1)
        if count > 1:
            _wait(store, halt)
        return state(store, news, halt.asked)


def _begin(stack: contextlib.ExitStack, folder: Path, grid: Grid, resume: bool, first: bool) -> Callable[[], None]:
    """Check everything, hold the lock until `stack` ends, and begin the store where there is none; how to renew the lock.

    Of the processes of a distributed sweep the first does so for all, and all of them raise what it raises.
    """
    error, renew = None, _nothing
    try:
        stack.enter_context(_written(folder))
        if first:
            check_names(grid)
            check_folder(folder, grid, resume)
            check_disk(folder, grid)
            folder.mkdir(parents=True, exist_ok=True)
            renew = stack.enter_context(held(folder)).renew
            if not (folder / SPEC).exists():
                Store.create(folder, grid)
    except BadInput as complaint:
        error = complaint
    except OSError as failure:
        error = _of_the_disk(folder, failure)
    for complaint in (one for one in gather(error) if one is not None):
        raise complaint
    return renew


def _nothing() -> None:
    """The lock is another process's."""


def state(store: Store, news: News = NOTHING, signal: int | None = None) -> Sweep:
    """How far a sweep has come."""
    selected, done = store.selected(), store.done()
    status = store.array("status")[...][done & selected]
    counts = {name: int((status == k).sum()) for k, name in enumerate(STATUS) if k}
    return Sweep(store.folder, int(selected.sum()), int((done & selected).sum()), counts, news, signal)


class _Drive:
    """One call of `sweep`."""

    def __init__(self, store: Store, renew: Callable[[], None], halt: Halt, executor: Any,
                 workers: int | None, part: tuple[int, int], devices: Any, tell: Tell | None, measure: Measure) -> None:
        self.store, self.renew, self.halt, self.executor, self.workers = store, renew, halt, executor, workers
        self.part, self.devices, self.tell, self.measure = part, devices, tell, measure
        self.written: set[int] = set()  # blocks that this call has stored

    def all_rounds(self, alone: bool) -> News:
        """Every round of the refinement, then whatever turns out to be damaged; the first of several processes selects."""
        news = News()
        if self.tell:
            self.tell(News(int(self._done().sum())))  # what was done before
        for wanted in _refine.rounds(self.store):
            if alone or self.part[0] == 1:
                self.store.select(wanted)
            if not alone:
                gather("selected")
            news += self._round()
            if self.halt():
                return news
        others = set(range(self.store.blocks)) - set(self._mine())
        while damaged := list(self.store.damaged(self.written | others)):
            for block, why in damaged:
                warnings.warn(f"{why}; its block is computed again", Damaged, stacklevel=4)
                self.store.forget(block)
            news += self._round()
            if self.halt():
                break
        return news

    def _round(self) -> News:
        """Do all blocks in which something is missing."""
        blocks = self._missing()
        news = News()
        for more in self._here(blocks) if self.executor is None else self._there(blocks):
            news += more
            self.renew()
        for name in news.torn:
            warnings.warn(f"{name} ends within a record, which is computed again", Damaged, stacklevel=5)
        return news

    def _missing(self) -> list[int]:
        """Blocks of this part with points that are wanted and not done; those that cannot be read are begun again."""
        selected, done = self.store.selected(), self._done()
        missing = selected & ~done
        return [block for block in self._mine() if missing[self.store.region(block)].any()]

    def _mine(self) -> range:
        """Blocks of this part."""
        k, count = self.part
        return range(k - 1, self.store.blocks, count)

    def _done(self) -> np.ndarray:
        try:
            return self.store.done()
        except BadInput as error:
            warnings.warn(f"{error}; what it marks is looked at block by block", Damaged, stacklevel=6)
        for block in range(self.store.blocks):
            try:
                self.store.array("done")[self.store.region(block)]
            except Exception:  # whatever a codec raises on damaged bytes
                self.store.forget(block)
        return self.store.done()

    def _here(self, blocks: list[int]) -> Iterator[News]:
        """In this process, block after block."""
        for block in blocks:
            try:
                yield _work.do_block(self.store, block, self.halt, devices=self.devices, tell=self._told, measure=self.measure)
                self.written.add(block)
            except Stopped:
                return

    def _told(self, news: News) -> None:
        self.renew()
        if self.tell:
            self.tell(news)

    def _there(self, blocks: list[int]) -> Iterator[News]:
        """By the executor's workers: a few tasks each at a time, the next as one comes back."""
        tasks = getattr(self.executor, "tasks", len(blocks)) or 1
        shares = [tuple(blocks[k::tasks]) for k in range(min(tasks, len(blocks)))]
        for share, news in _results(self._submit, shares, FAR * (self.workers or 16), self.halt):
            self.written |= set(share) if news.points else set()
            if self.tell:
                self.tell(news)
            yield news

    def _submit(self, share: Share) -> Any:
        return self.executor.submit(_work.work, str(self.store.folder.resolve()), share, self.devices, self.measure)


def _results(submit: Callable[[Share], Any], shares: list[Share], most: int, halt: Halt) -> Iterator[tuple[Share, News]]:
    """What tasks return, as they end; no new ones once a halt is asked for. Any future that has `done` and `result` will do.

    Blocks whose worker died go to another one; after a few deaths the blocks themselves are at fault.
    """
    waiting, flying, deaths = deque(shares), {}, Counter()  # type: ignore[var-annotated]
    while flying or (waiting and not halt()):
        while waiting and len(flying) < most and not halt():
            share = waiting.popleft()
            flying[submit(share)] = share
        ended = [future for future in flying if future.done()]
        for future in ended:
            share = flying.pop(future)
            try:
                yield share, future.result()
            except CancelledError:
                raise BadInput("executor", "workers to the end (--resume goes on)", Words("a cluster that is gone")) from None
            except BrokenExecutor:
                deaths[share] += 1
                if deaths[share] > DEATHS:
                    raise
                waiting.appendleft(share)
        if not ended:
            time.sleep(POLL)


def _check_part(part: tuple[int, int], grid: Grid) -> None:
    k, count = part
    if count > 1 and grid.refine and grid.refine.by == "simulation":
        raise BadInput("part", "1/1 where a simulation says which points are wanted", Words(f"{k}/{count}"))
    if not 1 <= k <= count:
        raise BadInput("part", "K/N with K from 1 to N", Words(f"{k}/{count}"))


def check_folder(folder: Path, grid: Grid, resume: bool) -> None:
    """Refuse a folder with another sweep in it, or with any where none is to be resumed; nothing is changed."""
    if not (folder / SPEC).exists():
        return
    if not resume:
        raise BadInput("out", "a folder without a sweep, or --resume to go on", Words(f"{folder}, which has one"))
    there = specification(folder)
    if there["identity"] != grid.identity:
        what = Words(differences(there["grid"], grid.to_dict()))
        raise BadInput("resume", "the grid that the folder was begun with", what, str(folder))
    now = versions()
    if there["versions"] != now:
        what = Words(differences(there["versions"], now))
        raise BadInput("resume", "the versions that it was begun with", what, str(folder))


def differences(old: Any, new: Any, at: str = "") -> str:
    """What differs between two nested tables, in words."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(key for key in new if key not in old)]
        parts = (differences(old.get(key), new.get(key), f"{at}.{key}" if at else str(key)) for key in keys)
        return "; ".join(part for part in parts if part)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        parts = (differences(*pair, f"{at}[{k + 1}]") for k, pair in enumerate(zip(old, new, strict=True)))
        return "; ".join(part for part in parts if part)
    return "" if old == new else f"{at}: {new!r} in place of {old!r}"


@contextlib.contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Complaints of the disk, in one line; what was written before is whole."""
    try:
        yield
    except ConnectionError:
        raise
    except OSError as error:
        raise _of_the_disk(folder, error) from None


def _of_the_disk(folder: Path, error: OSError) -> BadInput:
    got = Words(f"{folder} ({error.strerror or error})")
    return BadInput("out", "a folder that can be written to (--resume goes on from what is there)", got)


def _wait(store: Store, halt: Halt) -> None:
    """Wait for the other processes of a distributed sweep; if one dies, JAX ends them all."""
    while not halt() and (store.selected() & ~store.done()).any():
        time.sleep(WAIT)

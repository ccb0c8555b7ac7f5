"""The commands about sweeps: sweep, status, merge, export, report."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from madtheory.cli import _output as output
from madtheory.cli import _tables as tables
from madtheory.cli._distributed import processes
from madtheory.cli._options import Export, Merge, ReportOptions, Status, Sweep
from madtheory.cli._progress import tally
from madtheory.errors import BadInput, Words

if TYPE_CHECKING:
    from madtheory.sweep import Grid
    from madtheory.sweep import Sweep as Outcome

GridFile = Annotated[str, Parameter(help="TOML file that describes the grid.")]
Folder = Annotated[str, Parameter(help="Folder of a sweep.")]
STATUS, MERGE, EXPORT, REPORT, SWEEP = Status(), Merge(), Export(), ReportOptions(), Sweep()  # no flag given
SIGNALLED = 128  # exit status of a command that a signal ended, less the signal's number


def sweep(grid: GridFile, /, *, options: Sweep = SWEEP) -> int:
    """Measure every point of a grid of loops; stops and resumes anywhere, with the same numbers."""
    part = _part(options.part)
    with processes(options.distributed) as first:
        from madtheory.sweep import Grid, estimate, executor
        from madtheory.sweep import sweep as run

        spec = Grid.from_toml(grid)
        if options.dry_run:
            said = estimate(spec, options.out or ".", devices=options.devices).to_dict()
            output.emit("estimate", said, tables.estimate(said), Sweep(json=options.json))
            return 0
        out = _folder(options.out)
        shown = first and not options.json
        with (executor(options.executor, Path(out), options.workers, options.scheduler) as (who, workers),
              _warned(), _progress(spec, part, workers, options.devices, shown) as tell):  # fmt: skip
            how = {"executor": who, "workers": workers, "part": part, "devices": options.devices}
            found = run(spec, out, resume=options.resume, tell=tell, **how)
    if first:
        _tell(found, options.json)
    return _exit(found, f"madtheory sweep {grid} --out {out} --resume", first)


def status(folder: Folder, /, *, options: Status = STATUS) -> int:
    """How far a sweep has come."""
    output.check_out(options.out)
    from madtheory.sweep import Store, state
    from madtheory.sweep import owner as owner_of

    store = Store.open(folder)
    said = _document(state(store)) | {"held_by": owner_of(Path(folder))}
    if options.check:
        said["damaged"] = [why for _, why in store.damaged()]
    output.emit("status", said, tables.sweep(said), options)
    return int(bool(said.get("damaged")))


def merge(*folders: Annotated[str, Parameter(help="Folders of the parts.")], options: Merge = MERGE) -> int:
    """Put the parts of a sweep together that different machines have computed."""
    from madtheory.sweep import merge as together

    _tell(together(folders, _folder(options.out)), options.json)
    return 0


def export(folder: Folder, /, *, options: Export = EXPORT) -> int:
    """Write a sweep's results as netCDF, Parquet or CSV."""
    if options.to is None:
        raise BadInput("to", "a file (--to FILE.nc, .parquet or .csv)", Words("nothing"))
    from madtheory.sweep import export as write

    path = write(folder, options.to, partial=options.partial)
    said = {"file": str(path), "bytes": path.stat().st_size}
    output.emit("export", said, tables.pairs(said), options)
    return 0


def report(folder: Folder, /, *, options: ReportOptions = REPORT) -> int:
    """Write one HTML page about a sweep, with its figures: phase diagram, verdicts, laws, provenance."""
    output.check_out(options.out)
    from madtheory.sweep import report as write

    path = write(folder, options.out, observable=options.observable, generation=options.generation, partial=options.partial)
    said = {"file": str(path), "bytes": path.stat().st_size}
    output.emit("report", said, tables.pairs(said), Sweep(json=options.json))
    return 0


def _folder(out: str | None) -> str:
    if out is None:
        raise BadInput("out", "a folder for the sweep (--out DIR)", Words("nothing"))
    output.check_out(out)
    return out


def _part(text: str) -> tuple[int, int]:
    with contextlib.suppress(ValueError):
        k, count = (int(number) for number in text.split("/"))
        return k, count
    raise BadInput("part", "K/N, such as 1/4", text)


@contextlib.contextmanager
def _warned() -> Iterator[None]:
    """Warnings as lines, without the place in the code."""
    with warnings.catch_warnings():
        warnings.showwarning = _say
        yield


def _say(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"note: {message}", file=sys.stderr)


@contextlib.contextmanager
def _progress(grid: Grid, part: tuple[int, int], workers: int | None, chosen: Any,
              shown: bool) -> Iterator[Callable[[Any], None] | None]:  # fmt: skip
    """A callback for what has been done: a bar with the time left and the rate of a device, or a line now and then."""
    if not shown:
        yield None
        return
    from madtheory import _arguments

    devices = workers or len(_arguments.devices(chosen))
    total, started, done = -(-grid.size // part[1]), time.monotonic(), [0, 0]
    with tally("sweep", total) as move:

        def tell(news: Any) -> None:
            done[0] += news.points
            done[1] += news.generations
            rate = done[1] / max(time.monotonic() - started, 1e-9) / devices
            each = f" on each of {devices}" if devices > 1 else ""
            move(done[0], f"{done[0]} of {total} points, {rate:.3g} replica-generations/s{each}")

        yield tell


def _document(found: Outcome) -> dict[str, Any]:
    return {"folder": str(found.folder), "points": found.points, "done": found.done, "complete": found.complete, **found.counts}


def _tell(found: Outcome, json: bool) -> None:
    said = _document(found)
    output.emit("sweep", said, tables.sweep(said), Sweep(json=json))


def _exit(found: Outcome, command: str, first: bool) -> int:
    """0 all passed, 1 some verdict failed, 130 or 143 after a signal, with the way to go on."""
    if found.signal is not None:
        if first:
            print(f"stopped with {found.done} of {found.points} points done; go on with: {command}", file=sys.stderr)
        return SIGNALLED + (signal.SIGINT if found.signal == signal.SIGINT else signal.SIGTERM)
    return int(found.counts["failed"] > 0)

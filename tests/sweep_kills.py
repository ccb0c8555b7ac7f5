"""Sweeps that are killed again and again: `python -m tests.sweep_kills FOLDER KILLS SEED [processes]` prints how it went.

Every child is forked before JAX or zarr do anything, sweeps, and is killed at a random moment unless it ends before; what is
left goes on in the next one. A sweep that is complete is compared with one that was let alone. With `processes` the child has two
workers, and half of the time one of these is killed first, which the sweep has to survive.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import xarray  # noqa: F401
import zarr.codecs  # noqa: F401

import madtheory.results._dataset  # noqa: F401 (what a sweep imports on its way, so that children begin at once)
from madtheory.sweep import Grid, executor, sweep
from tests.sweep_cases import COUNTED, LARGE, TILES, made_up, table

GRID = Grid.stored(table(axes=LARGE))
WINDOWS = {False: (0.1, 1.0), True: (3.0, 9.0)}  # seconds after which a child is killed; its workers have to start


def child(folder: Path, workers: bool) -> int:
    """Start a process that sweeps; its number."""
    number = os.fork()
    if number:
        return number
    status = 1
    try:
        with executor("processes" if workers else "local", folder, 2 if workers else None) as (who, count):
            found = sweep(GRID, folder, resume=True, executor=who, workers=count, measure=made_up)
        status = 0 if found.complete else 3
    finally:
        os._exit(status)


def ended(number: int, seconds: float) -> int | None:
    """The exit status of a process that ends within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status = os.waitpid(number, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    return None


def workers_of(number: int) -> list[int]:
    """Processes that a process has started and that run a sweep's blocks."""
    asked = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(number)], capture_output=True, text=True, check=False).stdout
    return [int(line.split()[0]) for line in asked.splitlines() if "spawn_main" in line]


def kill(number: int) -> bool:
    """Kill a process; whether it was there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)
        return True
    return False


def killed(folder: Path, kills: int, seed: int, workers: bool) -> dict[str, Any]:
    """Kill sweeps until so many have been; how many were completed in spite of it, and to what they came."""
    draw, drivers, died, status, hashes, tiles = random.Random(seed), 0, 0, [], set(), 0
    while drivers + died < kills:
        out = folder / str(len(status))
        os.environ[COUNTED] = str(folder / f"{len(status)}.tiles")
        while True:
            number = child(out, workers)
            found = None
            if workers and draw.random() < 0.5:
                found = ended(number, draw.uniform(*WINDOWS[workers]))
                died += found is None and any(kill(one) for one in workers_of(number)[:1])
            found = ended(number, draw.uniform(*WINDOWS[workers])) if found is None else found
            if found is not None:
                break
            drivers += kill(number)
            os.waitpid(number, 0)
        status.append(found)
        hashes.add(read(out))
        tiles += Path(os.environ[COUNTED]).stat().st_size
    repeated = tiles - len(status) * GRID.size * TILES
    return {"drivers": drivers, "workers": died, "sweeps": len(status), "status": sorted(set(status)), "hashes": sorted(hashes),
            "repeated": repeated}  # fmt: skip


def read(folder: Path) -> str:
    """The digest of a sweep, in a process of its own: what is forked later must find zarr asleep."""
    code = f"from tests.sweep_cases import digest; from pathlib import Path; print(digest(Path(r'{folder}')))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    where, kills, seed, *more = sys.argv[1:]
    print(json.dumps(killed(Path(where), int(kills), int(seed), bool(more))))

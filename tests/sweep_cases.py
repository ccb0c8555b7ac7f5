"""What the tests of sweeps share: a grid, a record that is made without a simulation, and what a folder comes to."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

import madtheory as mad
from madtheory._run import Summary
from madtheory.sweep import Grid, load

LOOP: dict[str, Any] = {
    "bias_first_generation": False,
    "estimator": "unbiased",
    "model": {"kind": "gaussian", "dim": 1},
    "truth": {"mean": [0.0], "covariance": [[1.0]]},
    "schedule": {"kind": "replace"},
}
N = {"field": "schedule.n", "values": [5, 10, 20]}
BIAS = {"field": "sampling_bias", "from": 0.8, "to": 1.0, "steps": 4}
TILES, WIDTH = 4, 64


def table(**changes: Any) -> dict[str, Any]:
    """A grid of twelve points, with some keys changed."""
    run = {"replicas": 500, "seed": 7}
    return {"loop": LOOP, "axes": [N, BIAS], "generations": 8, "observables": ["log_variance"], "run": run} | changes


def grid(**changes: Any) -> Grid:
    return Grid.from_dict(table(**changes))


LARGE = [{"field": "schedule.n", "from": 2, "to": 26, "steps": 25}, BIAS | {"steps": 16}]
COUNTED = "MADTHEORY_TEST_TILES"  # names a file that every tile that is computed leaves a byte in


def made_up(grid: Grid, layout: Any, point: Any, *, devices: Any = None, notebook: Any = None) -> np.ndarray:
    """A record that follows from the point's seed alone, in tiles that are written down one by one."""
    total = np.zeros(2)
    for tile in range(TILES):
        known = notebook.recall(tile, WIDTH)
        if known is None:
            _count()
            words = hashlib.sha256(f"{point.run.seed}.{tile}".encode()).digest()
            mean = np.frombuffer(words[:16], "<u8").astype(np.float64)[None] / 2.0**64
            known = Summary(tile, WIDTH, mean, mean**2, np.zeros((0, 2, WIDTH)), [])
            notebook.note(known, WIDTH)
        total = total + known.mean[0]
    row = layout.blank()
    row["log_variance"] = total[0] * np.arange(grid.generations + 1)
    row["log_variance_standard_error"] = total[1]
    row["replicas"], row["status"], row["seed"] = point.run.replicas, 1, point.run.seed
    return row


def _count() -> None:
    """Take a moment, and say that a tile was computed."""
    if COUNTED in os.environ:
        time.sleep(0.002)
        with open(os.environ[COUNTED], "ab", buffering=0) as file:
            file.write(b"t")


def digest(folder: Path) -> str:
    """SHA-256 of all results of a sweep that is complete."""
    found = hashlib.sha256()
    for name, values in sorted(load(folder).variables.items()):
        found.update(f"{name} {values.dtype} {values.shape}".encode() + np.ascontiguousarray(values.values).tobytes())
    return found.hexdigest()


def simulated(point: Any, names: tuple[str, ...]) -> Any:
    """The same point by `simulate`."""
    run = point.run
    return mad.simulate(point.loop, generations=run.generations, observables=names, replicas=run.replicas, seed=run.seed)

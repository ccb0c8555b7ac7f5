"""From the shell to verdicts: `madtheory verify loop.toml`, the whole process, with nothing compiled and with everything."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import _machine as machine
from benchmarks._lines import Line, Target
from benchmarks._ours import ROOT
from benchmarks._run import Run

TARGETS = {"empty": Target(8, most=True), "filled": Target(4, most=True)}
LOOP = """
sampling_bias = 0.9
bias_first_generation = false
estimator = "unbiased"
model = { kind = "gaussian", dim = 1 }
truth = { mean = [0.0], covariance = [[1.0]] }
schedule = { kind = "replace", n = 100 }
"""
"""The loop of README.md."""


def start(run: Run) -> Iterator[Line]:
    """With an empty compilation cache, then at once with the one that this filled; in turn."""
    seconds: dict[str, list[float]] = {"empty": [], "filled": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(run.pick(1, 5)):
            cache = Path(folder) / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            for state in seconds:
                seconds[state].append(verify(Path(folder), cache))
    for state, runs in seconds.items():
        raw = ({"name": "process", "steady_s": runs},)
        text = f"madtheory verify loop.toml, {state} cache"
        yield Line("start", text, value=statistics.median(runs), unit="s", target=TARGETS[state], raw=raw)


def verify(folder: Path, cache: Path) -> float:
    """Seconds of one process; the command keeps what it compiles below `XDG_CACHE_HOME`."""
    loop = folder / "loop.toml"
    loop.write_text(LOOP, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name not in ("JAX_COMPILATION_CACHE_DIR", machine.DEVICES)}
    env |= {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)}
    begin = time.perf_counter()
    command = [sys.executable, "-m", "madtheory", "verify", str(loop)]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode not in (0, 1):
        raise RuntimeError(f"madtheory verify ended with status {done.returncode}: {done.stderr[-2000:]}")
    return seconds

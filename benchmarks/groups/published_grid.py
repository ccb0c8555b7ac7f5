"""Collapse-or-Thrive's Gaussian loops: single cells, and the whole grid of dimensions, sizes and schedules.

Theirs is one process per seed and one Python loop over generations (mean, covariance with 1/n, multivariate normal draws);
some seeds are timed and multiplied, and the start of their processes is not charged. Ours always does all 100 seeds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
from scipy.special import digamma

from benchmarks import _closed as closed
from benchmarks._harness import Claim, Outcome, Result, Way
from benchmarks._lines import Line, Target, compare, with_compile
from benchmarks._ours import Job, here, predicted
from benchmarks._run import Run

SEEDS, GENERATIONS = 100, 100
DIMS, SIZES = (1, 3, 10, 31, 100), (10, 32, 100, 316, 1000)
CELLS = {
    "A1 replace": ("replace", 1, 100), "A2 replace": ("replace", 10, 100), "A3 replace": ("replace", 10, 1000),
    "A4 replace": ("replace", 100, 1000), "A5 accumulate": ("accumulate", 10, 1000),
    "A7 subsample": ("accumulate_subsample", 10, 1000),
}  # fmt: skip
DIGITS = math.log(1e8)  # half of those of double precision
POINTS = 2e8
"""Numbers that a line with all points drawn may draw on our side; beyond, fewer replicas."""

Cell = tuple[str, int, int]


def published_grid(run: Run) -> Iterator[Line]:
    """Cells A1–A7, then the whole grid."""
    for name, cell in list(CELLS.items())[: run.pick(1, 6)]:
        yield from _cell(run, name, cell)
    dims, sizes = run.pick(DIMS[:1], DIMS), run.pick(SIZES[:2], SIZES)
    both = [(kind, d, n) for d in dims for kind in ("replace", "accumulate") for n in sizes]
    yield from _grid(run, "A replace+accumulate", both, [Target(500), Target(100)])
    subsample = [("accumulate_subsample", d, n) for d in dims for n in sizes]
    if run.mode == "quick":
        return
    yield from _grid(run, "A subsample", subsample, [Target(10), None])


def _cell(run: Run, name: str, cell: Cell) -> Iterator[Line]:
    _, dim, n = cell
    ways = [here({_label(cell): _job(run, cell)}), _theirs(run, [cell], run.pick(1, 2))]
    yield from compare("published-grid", f"{name}, d={dim}, n={n}", ways, _claims(run, [cell]), **run.how)[0]
    share = min(1.0, POINTS / (SEEDS * GENERATIONS * n * dim))
    if run.mode == "quick" or cell[0] == "accumulate_subsample":
        return
    drawn = _job(run, cell, "points", int(SEEDS * share))
    ways = [here({_label(cell): drawn}, work=drawn.replicas / SEEDS, name="ours, every point"), ways[1]]
    yield from compare("published-grid", f"{name}, d={dim}, n={n}", ways, _claims(run, [cell]), **run.how)[0]


def _grid(run: Run, name: str, cells: list[Cell], targets: list[Target | None]) -> Iterator[Line]:
    """Warm and with compilation, against one seed of every cell."""
    jobs = {_label(cell): _job(run, cell) for cell in cells}
    yield from with_compile(run, "published-grid", name, jobs, _theirs(run, cells, 1), _claims(run, cells), targets)


def _label(cell: Cell) -> str:
    return f"{cell[0]} d={cell[1]} n={cell[2]}"


def _generations(run: Run) -> int:
    return run.pick(10, GENERATIONS)


def _job(run: Run, cell: Cell, draw: str = "statistics", replicas: int = SEEDS) -> Job:
    kind, dim, n = cell
    return Job({"kind": kind, "n": n}, dim, _generations(run), replicas, "mle", "points" if "sub" in kind else draw)


def _claims(run: Run, cells: list[Cell]) -> list[Claim]:
    """E log det Σ where n > d: under replace after as many generations as `_sound` allows, else after the first.

    Where the schedule is another one, the mean drift at the end besides.
    """
    found = []
    for cell in cells:
        kind, dim, n = cell
        if n > dim:
            t = min(_generations(run), _sound(n, dim)) if kind == "replace" else 1
            found.append(closed.log_variance(n, dim, t, "mle", _label(cell)))
        if kind != "replace":
            found += predicted(_job(run, cell), ["mean_square_drift"], _generations(run), _label(cell))
    return found


def _sound(n: int, dim: int) -> float:
    """Generations until the variances of a covariance lie e^DIGITS apart: their loop keeps it as a matrix of double precision."""
    apart = digamma((n - 1) / 2) - digamma((n - dim) / 2)
    return max(int(DIGITS / apart), 1) if dim > 1 else math.inf


def _theirs(run: Run, cells: list[Cell], seeds: int) -> Way:
    def call(seed: int) -> Result:
        outcomes, seconds = {}, {}
        for cell in cells:
            start = time.perf_counter()
            outcomes[_label(cell)] = _some_seeds(cell, seed, seeds, _generations(run))
            seconds[_label(cell)] = time.perf_counter() - start
        return Result(outcomes, extra={"seconds": seconds} if len(cells) > 1 else {})

    return Way("their loop", call, seeds / SEEDS)


def _some_seeds(cell: Cell, seed: int, seeds: int, generations: int) -> Outcome:
    runs = np.mean([one_seed(100 * seed + k, cell, generations) for k in range(seeds)], axis=0)
    return Outcome(seeds, {"mean_square_drift": runs[:, 0], "log_variance": runs[:, 1]})


def one_seed(seed: int, cell: Cell, generations: int) -> np.ndarray:
    """(T, 2) squared drift and log|Σ|/d of one run, with the whole history kept where the schedule needs it."""
    kind, dim, n = cell
    rng, stored = np.random.default_rng(seed), np.empty((generations, 2))
    mean, covariance, history = np.zeros(dim), np.eye(dim), np.empty((0, dim))
    for t in range(generations):
        new = rng.multivariate_normal(mean, covariance, n, check_valid="ignore")
        history = new if kind == "replace" else np.concatenate([history, new])
        train = history[rng.choice(len(history), n, replace=False)] if kind == "accumulate_subsample" else history
        mean, covariance = np.mean(train, axis=0), np.atleast_2d(np.cov(train, rowvar=False, bias=True))
        stored[t] = mean @ mean, np.linalg.slogdet(covariance)[1] / dim
    return stored

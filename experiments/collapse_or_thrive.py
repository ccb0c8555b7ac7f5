"""Replacing data collapses, accumulating does not, subsampling lies between: the Gaussian grid of Collapse or Thrive.

Kazdan et al. (2024) fit Gaussians with the 1/n estimator for several dimensions d and sample sizes n, n ≤ d included, where a
fitted covariance has no full rank. Expected variance per dimension does not depend on d, whatever the rank. Subsampling keeps
all points, so only its small sizes are run here; its law is drawn for all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from madtheory import figures
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.predict import predict
from madtheory.results import Report, compare
from madtheory.schedules import Accumulate, AccumulateSubsample, Replace
from madtheory.simulate import Simulation
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "collapse_or_thrive"
GENERATIONS = 20
DIMENSIONS, SIZES, FEW_POINTS = (1, 3, 10), (10, 32, 100, 316, 1000), 10
KINDS = {"replace": Replace, "accumulate": Accumulate, "subsample": AccumulateSubsample}
Cell = tuple[str, int, int]


def loop(kind: str, dim: int, n: int) -> Loop:
    """One cell of the grid."""
    switches = {"bias_first_generation": False, "estimator": "mle"}
    return Loop(model=Gaussian(dim=dim), truth=Truth.standard(dim), schedule=KINDS[kind](n=n), **switches)


def sweep(smoke: bool) -> dict[Cell, Loop]:
    """The cells that are simulated, by kind, dimension and sample size."""
    dims, sizes = ((1, 3), (3, 32)) if smoke else (DIMENSIONS, SIZES)
    cells = [(kind, dim, n) for kind in KINDS for dim in dims for n in sizes if kind != "subsample" or n <= FEW_POINTS]
    return {cell: loop(*cell) for cell in cells}


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify every cell, and draw what is left after the last generation."""
    cells = sweep(smoke)
    loops = {"{0}, d={1}, n={2}".format(*cell): one for cell, one in cells.items()}
    report = Report(out, 2 * len(loops), min(replicas, 1_000) if smoke else replicas, seed, devices, progress)
    report.check(loops, GENERATIONS, ["mean_square_drift", "variance"])
    runs = dict(zip(cells, report.again(loops, GENERATIONS, ["mean_square_drift", "variance"]).values(), strict=True))
    data = pd.concat(rows(cell, runs) for cell in grid(cells))
    figures.save_figure(draw(data), out, "variance_left", data)
    return report.finish()


def grid(cells: dict[Cell, Loop]) -> list[Cell]:
    """Every kind, dimension and size that occurs, simulated or not."""
    kinds, dims, sizes = (list(dict.fromkeys(values)) for values in zip(*cells, strict=True))
    return [(kind, dim, n) for kind in kinds for dim in dims for n in sizes]


def rows(cell: Cell, runs: dict[Cell, Simulation]) -> pd.DataFrame:
    """Variance at the last generation: the law, and the simulation where there is one."""
    kind, dim, n = cell
    said = predict(loop(*cell), GENERATIONS, ["variance"])
    labels = {"schedule": kind, "d": dim, "n": n}
    if cell in runs:
        return compare(runs[cell], said, "variance", **labels).tail(1)
    return pd.DataFrame({**labels, "generation": [GENERATIONS], "predicted": said.observables["variance"].mean[-1]})


def draw(data: pd.DataFrame) -> Any:
    """One panel per dimension."""
    dims = sorted(data["d"].unique())
    figure, axes = figures.grid(1, len(dims), height=2.2, sharey=True)
    for ax, dim in zip(axes[0], dims, strict=True):
        ax.set_xscale("log")
        figures.curves(data[data["d"] == dim], ax=ax, x="n", y="variance", by="schedule")
        ax.set_title(f"d = {dim}")
    figures.legend(axes[0, 0], loc="lower right")
    return figure

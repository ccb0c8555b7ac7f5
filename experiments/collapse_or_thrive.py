"""Replacing data collapses, accumulating does not, subsampling lies between: the Gaussian grid of Collapse or Thrive.

Kazdan et al. (2024) fit Gaussians with the 1/n estimator for several dimensions d and sample sizes n, n ≤ d included, where a
fitted covariance has no full rank. Expected variance per dimension does not depend on d, whatever the rank. Subsampling keeps
all points, so only its small sizes are run here; its law is drawn for all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
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
GENERATIONS = 10
DIMENSIONS, SIZES, FEW_POINTS = (1, 3, 10), (10, 32, 100, 316, 1000), 10
LINE = np.unique(np.geomspace(SIZES[0], SIZES[-1], 13).astype(int))
KINDS = {"replace": Replace, "accumulate": Accumulate, "subsample": AccumulateSubsample}
ASKED = ("mean_square_drift", "variance")
Cell = tuple[str, int, int]


def loop(kind: str, dim: int, n: int) -> Loop:
    """One cell of the grid."""
    switches = {"bias_first_generation": False, "estimator": "mle"}
    return Loop(model=Gaussian(dim=dim), truth=Truth.standard(dim), schedule=KINDS[kind](n=int(n)), **switches)


def sweep(smoke: bool) -> dict[Cell, Loop]:
    """The cells that are simulated, by kind, dimension and sample size."""
    dims, sizes = ((1,), SIZES[:1]) if smoke else (DIMENSIONS, SIZES)
    cells = [(kind, dim, n) for kind in KINDS for dim in dims for n in sizes if kind != "subsample" or n <= FEW_POINTS]
    return {cell: loop(*cell) for cell in cells}


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify every cell, and draw what is left after the last generation."""
    cells = sweep(smoke)
    loops = {f"{kind}, d={dim}, n={n}": one for (kind, dim, n), one in cells.items()}
    report = Report(out, len(loops), min(replicas, 1_000) if smoke else replicas, seed, devices, progress)
    runs = dict(zip(cells, report.check(loops, GENERATIONS, ASKED).values(), strict=True))
    data = pd.concat([*(measured(cell, one) for cell, one in runs.items()), *(law(kind, dim) for kind, dim in lines(cells))])
    figures.save_figure(draw(data), out, "variance_left", data)
    return report.finish()


def lines(cells: dict[Cell, Loop]) -> list[tuple[str, int]]:
    """Every kind and dimension that occurs."""
    return sorted({(kind, dim) for kind, dim, _ in cells}, key=lambda pair: (pair[1], list(KINDS).index(pair[0])))


def measured(cell: Cell, run_: Simulation) -> pd.DataFrame:
    """Variance at the last generation of a simulated cell, with its law."""
    said = predict(run_.loop, GENERATIONS, ["variance"])
    labels = dict(zip(("schedule", "d", "n"), cell, strict=True))
    return compare(run_, said, "variance", **labels).tail(1).rename(columns={"predicted": "law"})


def law(kind: str, dim: int) -> pd.DataFrame:
    """Variance at the last generation by the law, for many sample sizes."""
    left = [predict(loop(kind, dim, n), GENERATIONS, ["variance"]).observables["variance"].mean[-1] for n in LINE]
    return pd.DataFrame({"schedule": kind, "d": dim, "n": LINE, "predicted": left})


def draw(data: pd.DataFrame) -> Any:
    """One panel per dimension."""
    dims = sorted(data["d"].unique())
    figure, axes = figures.grid(1, len(dims), height=2.2, sharey=True, titles=[f"$d={dim}$" for dim in dims])
    for ax, dim in zip(axes[0], dims, strict=True):
        ax.set_xscale("log")
        figures.curves(data[data["d"] == dim], ax=ax, x="n", y="variance", by="schedule")
        figures.log_ticks(ax.xaxis)
    figures.legend(axes[0, 0], loc="lower right")
    return figure

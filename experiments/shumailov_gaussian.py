"""E W₂² of the replace loop in one dimension: the published slope 3/2 is the start of a curve that bends down to slope 1.

Shumailov et al. (2024) expand E W₂² to first order in 1/M. The exact law is t/M + 2(1 − c₄(M)^t): its slope falls from 3/2 to
1 per M generations. Their worked value, Var X = 1 + t/M for the draws of generation t, is exact and not first order.
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
from madtheory.schedules import Replace
from madtheory.simulate import Simulation
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "shumailov_gaussian"
SIZES = (10, 100, 1000)
GENERATIONS, WORKED, LONG = 20, 10, 1000
PARTS = ("mean_square_drift", "variance")
SHOWN = (1, 2, 3, 5, 7, 10, 14, 20)


def sweep(smoke: bool) -> dict[str, Loop]:
    """Unbiased estimator, no sampling bias, one loop per sample size M."""
    switches = {"bias_first_generation": False, "estimator": "unbiased"}
    sizes = SIZES[1:2] if smoke else SIZES
    return {f"M={m}": Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=Replace(n=m), **switches) for m in sizes}


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify the exact law, and draw it against the expansion."""
    loops = sweep(smoke)
    report = Report(out, len(loops), min(replicas, 1_000) if smoke else replicas, seed, devices, progress)
    runs = report.check(loops, GENERATIONS, ["log_variance", *PARTS, "w2_squared"])
    data = pd.concat(table(label, one) for label, one in runs.items())
    figures.save_figure(draw(data), out, "w2_slope", data)
    report.numbers = worked(runs["M=100"])
    return report.finish()


def worked(simulation: Simulation) -> dict[str, Any]:
    """The published example: the variance of all draws of one generation, over replicas too."""
    said = predict(simulation.loop, WORKED, PARTS).observables
    exact = sum(float(said[name].mean[WORKED]) for name in PARTS)
    measured = sum(float(simulation.observables[name].mean[WORKED]) for name in PARTS)
    size = int(simulation.loop.schedule.n)  # type: ignore[attr-defined]
    return {"WorkedSize": size, "WorkedGeneration": WORKED, "WorkedExact": exact, "WorkedSimulated": measured}


def table(label: str, simulation: Simulation) -> pd.DataFrame:
    """E W₂² in units of t/M, over t/M: the law far beyond the simulation, and the simulation where its mean can be tested."""
    size = int(simulation.loop.schedule.n)  # type: ignore[attr-defined]
    frame = compare(simulation, predict(simulation.loop, GENERATIONS, ["w2_squared"]), "w2_squared", size=label)
    shown = frame["testable"] & frame["generation"].isin(SHOWN)
    law = predict(simulation.loop, LONG, ["w2_squared"]).observables["w2_squared"].mean
    long = pd.DataFrame({"size": label, "generation": np.arange(LONG + 1), "predicted": law})
    both = pd.concat([frame[shown].drop(columns="predicted"), long]).query("generation > 0")
    unit = both["generation"] / size
    scaled = both[["predicted", "simulated", "standard_error"]].div(unit, axis=0)
    return pd.concat([both[["size", "generation"]], scaled], axis=1).assign(relative=unit)


def draw(data: pd.DataFrame) -> Any:
    """The slope over t/M, between its two ends."""
    figure, axes = figures.grid(width=figures.COLUMN, height=2.4)
    axes[0, 0].set_xscale("log")
    figures.curves(data, ax=axes[0, 0], x="relative", y="slope", by="size")
    for level, name in ((1.5, "first order: 3/2"), (1.0, "limit: 1")):
        axes[0, 0].axhline(level, color="0.45", lw=0.6, ls="--" if level > 1 else ":", label=name, zorder=0)
    axes[0, 0].set(xlabel=r"generations per sample, $t/M$", ylabel=r"$\mathbb{E}\,W_2^2\,/\,(t/M)$", ylim=(0.9, 1.7))
    figures.legend(axes[0, 0], loc="lower left", bbox_to_anchor=(0, 0.14))
    return figure

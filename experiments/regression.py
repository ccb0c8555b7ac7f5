"""Regression on synthetic labels: linear growth, a bound, saturation, or divergence although real data keep coming.

Gerstgrasser et al. (2024) and Kazdan et al. (2024) relabel one set of inputs; new inputs cost less when data accumulate. With
fewer points than dimensions the shortest solution forgets the signal, and its noise saturates on new inputs only (the setting of
Dohmatob et al. 2024). A pool of new real and new synthetic points diverges once d/n exceeds (1+p)/(1+2p), p the
synthetic share.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from madtheory import figures
from madtheory.loop import Loop
from madtheory.models import LinearRegression, RegressionTruth
from madtheory.predict import predict
from madtheory.results import Report, compare
from madtheory.schedules import Accumulate, Fresh, Replace, Schedule
from madtheory.verify import Verdict

NAME = "regression"
GENERATIONS = 12
D, N = 8, 24
WIDE, FEW = 24, 10
MIXED = 40


def loop(schedule: Schedule, d: int, design: str = "fresh", method: str = "ols") -> Loop:
    """A loop with σ² = 1 and ‖w_0‖² = 1."""
    truth = RegressionTruth(coefficients=np.full(d, d**-0.5))
    model = LinearRegression(features=d, method=method, design=design, noise="true")
    return Loop(model=model, truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")


def sweep() -> dict[str, dict[str, Loop]]:
    """Loops by panel and label."""
    half = Fresh(n_real=MIXED // 2, n_synthetic=MIXED // 2, n_initial=MIXED)
    return {
        "$d<n$": {
            "replace": loop(Replace(n=N), D),
            "accumulate, one design": loop(Accumulate(n=N), D, "reused"),
            "accumulate, new inputs": loop(Accumulate(n=N), D),
            "fresh real data": loop(Fresh(n_real=N // 2, n_synthetic=N // 2, n_initial=N), D),
        },
        "$d>n$, shortest solution": {
            "one design": loop(Replace(n=FEW), WIDE, "reused", "min_norm"),
            "new inputs": loop(Replace(n=FEW), WIDE, method="min_norm"),
        },
        "half of the data real": {f"$d/n={d / MIXED:g}$": loop(half, d) for d in (20, 26, 30, 32)},
    }


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify every loop and draw the three panels."""
    panels = sweep()
    loops = {f"{panel}: {label}": one for panel, own in panels.items() for label, one in own.items()}
    report = Report(out, len(loops), min(replicas, 1_000) if smoke else replicas, seed, devices, progress)
    runs = report.check(loops, 4 if smoke else GENERATIONS, ["risk", "log_risk"])
    tables = []
    for name, one in runs.items():
        panel, label = name.split(": ")
        said = predict(one.loop, int(one.generations[-1]), ["risk"])
        tables.append(compare(one, said, "risk", panel=panel, loop=label))
    data = pd.concat(tables, ignore_index=True)
    data = data[data["generation"] > 0]
    figures.save_figure(draw(data), out, "risk", data)
    return report.finish()


def draw(data: pd.DataFrame) -> Any:
    """A panel for each regime."""
    panels = list(dict.fromkeys(data["panel"]))
    figure, axes = figures.grid(1, len(panels), height=2.3, titles=panels)
    for axis, panel in zip(axes[0], panels, strict=True):
        figures.curves(data[data["panel"] == panel], ax=axis, y="risk", by="loop")
        figures.legend(axis, loc="upper left")
    axes[0, 2].set_yscale("log")
    return figure

"""Every schedule of the Gaussian loop does what its law says, in one dimension and in three.

Seven schedules (replace, accumulate, accumulate-subsample, fixed real, fresh, weighted, window), batches of equal size, the
1/N estimator, no sampling bias. Under this estimator expected variance and expected squared drift add up to the variance
of the truth for every schedule, so what a schedule saves of one it saves of the other.
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
from madtheory.results import Report, compare, fan, pit, with_quantiles
from madtheory.schedules import Accumulate, AccumulateSubsample, FixedReal, Fresh, Replace, Weighted, Window
from madtheory.simulate import Simulation
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "schedules"
N, GENERATIONS = 20, 20
SCHEDULES = {
    "replace": Replace(n=N),
    "window, K=3": Window(n=N, window=3),
    "subsample": AccumulateSubsample(n=N),
    "accumulate": Accumulate(n=N),
    "fixed real": FixedReal(n_real=N, n_synthetic=N),
    "fresh": Fresh(n_real=N, n_synthetic=N),
    "golden weight": Weighted(n_real=N, n_synthetic=N, weight="golden"),
}
SMOKE = 1_000
KEEP = (1, 5, 10, 15, 20)
SHOWN = ("variance", "mean_square_drift")


def loop(schedule: Any, dim: int) -> Loop:
    """A loop with the four switches set as above."""
    switches = {"bias_first_generation": False, "estimator": "mle"}
    return Loop(model=Gaussian(dim=dim), truth=Truth.standard(dim), schedule=schedule, **switches)


def sweep(smoke: bool) -> dict[tuple[str, int], Loop]:
    """All loops by schedule and dimension."""
    names = ("replace", "accumulate", "fresh") if smoke else SCHEDULES
    return {(name, dim): loop(SCHEDULES[name], dim) for dim in ((1,) if smoke else (1, 3)) for name in names}


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify every loop, then draw them all."""
    loops = sweep(smoke)
    named = {f"{name}, d={dim}": one for (name, dim), one in loops.items()}
    report = Report(out, len(loops) + 1, min(replicas, SMOKE) if smoke else replicas, seed, devices, progress)
    runs = dict(zip(loops, report.check(named, GENERATIONS).values(), strict=True))
    kept = report.simulate({"replace": loops["replace", 1]}, GENERATIONS, ["log_variance"], keep=KEEP)["replace"]
    report.keep({"replace_simulated": runs["replace", 1], "replace_predicted": predict(loops["replace", 1], GENERATIONS)})
    quantiles, transform = fan(kept), pit(kept)
    both = pd.concat([quantiles.assign(panel="fan"), transform.assign(panel="pit")])
    figures.save_figure(figures.distribution(quantiles, transform), out, "distribution", both)
    draw_means(out, runs, quantiles)
    return report.finish()


def draw_means(out: Path, runs: dict[tuple[str, int], Simulation], quantiles: pd.DataFrame) -> None:
    """Variance and drift of all schedules, and of replace alone."""
    said = {key: predict(one.loop, GENERATIONS, SHOWN) for key, one in runs.items()}
    data = {y: pd.concat(compare(one, said[key], y, schedule=key[0], d=key[1]) for key, one in runs.items()) for y in SHOWN}
    for dim in sorted({dim for _, dim in runs}):
        shown = {y: frame[frame["d"] == dim] for y, frame in data.items()}
        figure = figures.against_law(shown, log={"mean_square_drift"})
        figures.save_figure(figure, out, f"schedule_comparison_d{dim}", pd.concat(shown.values()))
    alone = {y: frame[(frame["schedule"] == "replace") & (frame["d"] == 1)] for y, frame in data.items()}
    variance = with_quantiles(alone["variance"], quantiles, np.exp)
    figures.save_figure(figures.one_loop(variance, "variance", "law, 5% to 95%"), out, "variance_decay", variance)
    drift = alone["mean_square_drift"]
    figures.save_figure(figures.one_loop(drift, "mean_square_drift"), out, "mean_drift", drift)

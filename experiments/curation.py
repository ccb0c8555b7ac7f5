"""Choosing the best of what a model made moves its mean; how, and what is left of its diversity, depends on the choice.

Truncation and best-of-K spend the variance they select on, so the whole response is bounded (the breeder's equation). A judge who
picks one of two by Bradley and Terry's odds moves the mean by far less than the tilt by e^r that many candidates would give, and
that tilt alone keeps the variance. Rewarding distance from the mean makes the variance grow without end. Beside fresh real
data even the tilt has a strength from which the variance runs away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from madtheory import figures
from madtheory.curation import BestOf, Curation, Preference, Tilt, TopShare
from madtheory.laws import ATLAS, evaluate
from madtheory.laws._steered import steered_loop
from madtheory.loop import Loop
from madtheory.predict import predict
from madtheory.results import Report, compare
from madtheory.schedules import Fresh, Replace, Schedule
from madtheory.simulate import Simulation
from madtheory.verify import Verdict

NAME = "curation"
N, GENERATIONS, LONG, STRENGTH = 250, 5, 15, 0.5
CHOICES: dict[str, Curation] = {
    r"tilt by $e^r$": Tilt(direction=[STRENGTH]),
    "one of two": Preference(candidates=2, direction=[STRENGTH]),
    "one of eight": Preference(candidates=8, direction=[STRENGTH]),
    "best of four": BestOf(candidates=4, direction=[1.0]),
    "upper half": TopShare(share=0.5, direction=[1.0]),
    "one of two, novelty": Preference(candidates=2, novelty=STRENGTH),
}
SHARES = (0.8, 0.95, 1.05)
"""Strengths of the tilt beside real data, in units of the runaway's."""


def sweep() -> dict[str, Loop]:
    """Each choice in a closed loop, and tilts around the runaway beside as many real points."""
    mixed = Fresh(n_real=8 * N, n_synthetic=8 * N)
    critical = float(evaluate(ATLAS["curation-runaway"].value, loop(mixed, Tilt(direction=[0.1]))))  # type: ignore[arg-type]
    beside = {f"{share:g} of the threshold": loop(mixed, Tilt(direction=[share * critical])) for share in SHARES}
    return {name: loop(Replace(n=N), choice) for name, choice in CHOICES.items()} | beside


def loop(schedule: Schedule, choice: Curation) -> Loop:
    """A loop that starts at N(0, 1)."""
    return steered_loop(schedule, mean=0.0, variance=1.0, curation=choice)


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify means and variances, and draw both."""
    loops = sweep()
    report = Report(out, 2 * len(loops), min(replicas, 200) if smoke else min(replicas, 4_000), seed, devices, progress)
    closed = {name: one for name, one in loops.items() if name in CHOICES}
    first = report.check(closed, GENERATIONS, ["variance"])
    towards = {name: one for name, one in closed.items() if "novelty" not in name}
    moving = report.check(towards, GENERATIONS, ["mean_square_drift"])
    beside = report.check({name: one for name, one in loops.items() if name not in CHOICES}, LONG, ["variance"])
    panels = (("distance", moving), ("variance", first), ("beside", beside))
    data = pd.concat([table(panel, name, one) for panel, runs in panels for name, one in runs.items()], ignore_index=True)
    figures.save_figure(draw(data), out, "curation", data)
    return report.finish()


def table(panel: str, name: str, one: Simulation) -> pd.DataFrame:
    """An observable with its law; of the square drift the root."""
    generations, observable = int(one.generations[-1]), "mean_square_drift" if panel == "distance" else "variance"
    found = compare(one, predict(one.loop, generations, [observable]), observable, panel=panel, choice=name)
    if panel != "distance":
        return found
    root = np.sqrt(found["simulated"])
    error = np.divide(found["standard_error"], 2 * root, out=np.zeros(len(root)), where=root > 0)
    return found.assign(simulated=root, predicted=np.sqrt(found["predicted"]), standard_error=error)


def draw(data: pd.DataFrame) -> Any:
    """Distance, variance, and the runaway beside real data."""
    titles = ["reward b = 1/2, nothing real", "the same loops", "as many real points"]
    figure, axes = figures.grid(1, 3, height=2.6, titles=titles)
    for ax, (panel, y) in zip(axes[0], (("distance", "distance"), ("variance", "variance"), ("beside", "variance")), strict=True):
        figures.curves(data[data["panel"] == panel], ax=ax, y=y, by="choice")
    axes[0, 1].set_yscale("log")
    figures.legend(axes[0, 1], loc="lower left")
    figures.legend(axes[0, 2], loc="upper left")
    return figure

"""A verifier that knows the real line turns linear growth of the test error into a floor.

Labels are accepted while they lie within c of the verifier's line. Near it, acceptance multiplies the coefficients' error by
k(c) < 1 in every generation and leaves the labels the variance kσ², so the error settles at kσ²d/((n−d−1)(1−k²)) (Yi et al. 2025
prove that it stays bounded). A wide window lets the loop collapse, a narrow one copies the verifier, right or wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np
import pandas as pd

from madtheory import figures
from madtheory.laws._regression import regression_loop
from madtheory.laws.verifier_risk import verified_loop
from madtheory.loop import Loop
from madtheory.predict import predict
from madtheory.results import Report, compare
from madtheory.schedules import Replace
from madtheory.simulate import Simulation
from madtheory.verify import Verdict

NAME = "verification"
N, D, GENERATIONS, OFFSET = 100, 3, 10, 0.15
WIDTHS = (0.5, 1.0, 2.0)


def sweep() -> dict[str, Loop]:
    """Right verifiers of three widths in units of σ, and none."""
    scale = float(np.sqrt(regression_loop(Replace(n=N), D).truth.noise_variance))
    return {f"c = {c:g} σ": verified_loop(Replace(n=N), c * scale) for c in WIDTHS} | {"none": regression_loop(Replace(n=N), D)}


def wrong(loop: Loop) -> Loop:
    """The same window about a line that is off by `OFFSET` in every coefficient."""
    return eqx.tree_at(lambda lo: lo.curation.line, loop, loop.curation.line + OFFSET)


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify the right verifiers, run the wrong ones beside them, and draw both."""
    loops = sweep()
    others = {f"{name}, off": wrong(loop) for name, loop in loops.items() if loop.curation is not None}
    report = Report(out, len(loops) + len(others), min(replicas, 500) if smoke else min(replicas, 2_000), seed, devices, progress)
    right = report.check(loops, GENERATIONS, ["risk"])
    astray = report.simulate(others, GENERATIONS, ["risk"], keep=[])
    panels = (("right", right), ("off", astray))
    data = pd.concat([table(panel, name, one) for panel, runs in panels for name, one in runs.items()], ignore_index=True)
    figures.save_figure(draw(data), out, "risk", data)
    return report.finish()


def table(panel: str, name: str, one: Simulation) -> pd.DataFrame:
    """The risk, with its law where there is one."""
    return compare(one, predict(one.loop, GENERATIONS, ["risk"]), "risk", panel=panel, verifier=name.removesuffix(", off"))


def draw(data: pd.DataFrame) -> Any:
    """Right verifiers on the left, wrong ones on the right with the distance between the lines."""
    figure, axes = figures.grid(1, 2, height=2.6, titles=["verifier right", f"verifier off by {OFFSET:g} per coefficient"])
    figures.curves(data[data["panel"] == "right"], ax=axes[0, 0], y="risk", by="verifier")
    figures.curves(data[data["panel"] == "off"], ax=axes[0, 1], y="risk", by="verifier")
    axes[0, 1].axhline(D * OFFSET**2, color="0.5", linewidth=0.8)
    figures.legend(axes[0, 0], loc="upper left")
    return figure

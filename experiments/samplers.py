"""A perfect score does not save a loop: the grid of its sampler alone makes it collapse or explode.

Every generation fits a Gaussian and samples it through a discretised flow whose score is exact. Euler's step (DDIM) on a
geometric grid takes the same share of the variance in every direction and generation; ancestral sampling loses or gains twice
as much, by the choice of its noise variance alone; Heun's step on the grid of Karras et al. (2022) swells what Euler's shrinks;
and a flow on straight paths contracts every scale at a rate of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from madtheory import figures
from madtheory.laws._steered import steered_loop
from madtheory.loop import Loop
from madtheory.predict import predict
from madtheory.results import Report, compare
from madtheory.samplers import Ancestral, FlowMatching, ProbabilityFlow
from madtheory.schedules import Replace
from madtheory.simulate import Simulation
from madtheory.verify import Verdict

NAME = "samplers"
N, GENERATIONS, SCALE = 200, 12, 0.5
GRID = (18, 80.0, 0.002)
PANELS: dict[str, dict[str, Any]] = {
    "one ratio, 18 steps": {
        "Euler": ProbabilityFlow(*GRID),
        "Heun": ProbabilityFlow(*GRID, solver="heun"),
        "ancestral, posterior": Ancestral(*GRID),
        "ancestral, forward": Ancestral(*GRID, variance="forward"),
    },
    "grid of Karras et al., 18 steps": {
        "Euler": ProbabilityFlow(17, 80.0, 0.002, grid="edm"),
        "Heun": ProbabilityFlow(17, 80.0, 0.002, grid="edm", solver="heun"),
    },
    "straight paths, 18 steps": {
        "Euler": FlowMatching(18),
        "Heun": FlowMatching(18, solver="heun"),
    },
}


def sweep() -> dict[str, Loop]:
    """Every sampler of every panel, for data of standard deviation 1/2."""
    options = {"mean": 0.0, "variance": SCALE**2}
    return {f"{panel}: {name}": steered_loop(Replace(n=N), sampler=sampler, **options)
            for panel, samplers in PANELS.items() for name, sampler in samplers.items()}  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify the log-variance of each, and draw the panels."""
    loops = sweep()
    report = Report(out, len(loops), min(replicas, 1_000) if smoke else replicas, seed, devices, progress)
    runs = report.check(loops, GENERATIONS, ["log_variance"])
    data = pd.concat([table(label, one) for label, one in runs.items()], ignore_index=True)
    figures.save_figure(draw(data), out, "log_variance", data)
    return report.finish()


def table(label: str, one: Simulation) -> pd.DataFrame:
    """The log-variance with its law."""
    panel, name = label.split(": ")
    return compare(one, predict(one.loop, GENERATIONS, ["log_variance"]), "log_variance", panel=panel, sampler=name)


def draw(data: pd.DataFrame) -> Any:
    """A panel for each grid."""
    figure, axes = figures.grid(1, len(PANELS), height=2.4, titles=list(PANELS))
    for panel, ax in zip(PANELS, axes[0], strict=True):
        figures.curves(data[data["panel"] == panel], ax=ax, y="log_variance", by="sampler")
    axes[0, 0].set_ylim(bottom=-16)  # room for the names
    figures.legend(axes[0, 0], loc="lower left")
    return figure

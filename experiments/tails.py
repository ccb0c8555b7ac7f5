"""P(σ > ε) of the replace loop follows from exact inversion; the published exponential rate is a bound on it.

Suresh et al. (2024) bound the probability that the standard deviation is still above ε by Markov's inequality on σ. Their
setting (n = 10, ε = 0.1, unbiased estimator), with the exact law, the best exponential bound, theirs, and a simulation.
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
from madtheory.schedules import Replace
from madtheory.simulate import Simulation
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "tails"
BOUNDS = {"best exponential bound": "replace-tail-chernoff", "bound of Suresh et al.": "replace-tail-suresh"}
SMALLEST = 1e-3  # of the axis


def sweep() -> dict[str, Loop]:
    """The one loop."""
    switches = {"bias_first_generation": False, "estimator": "unbiased"}
    return {"replace": Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=Replace(n=10), **switches)}


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify law and bounds, and draw them."""
    generations, loops = 50 if smoke else 200, sweep()
    report = Report(out, 1, min(replicas, 1_000) if smoke else replicas, seed, devices, progress)
    run_ = report.check(loops, generations, ["tail_probability"])["replace"]
    data = table(run_, generations)
    figures.save_figure(draw(data), out, "tail_probability", data)
    last = data[data["generation"] == generations].set_index("curve")
    report.numbers = {
        "Exact": float(last["predicted"]["exact law"]), "Simulated": float(last["simulated"]["exact law"]),
        "SimulatedError": f"{last['standard_error']['exact law']:.1g}",
        "Bound": float(last["predicted"]["bound of Suresh et al."]),
        "Best": float(last["predicted"]["best exponential bound"]), "Generations": generations,
    }  # fmt: skip
    return report.finish()


def table(simulation: Simulation, generations: int) -> pd.DataFrame:
    """Exact law with the simulation beside it, and the bounds; every tenth simulated point is kept."""
    said = predict(simulation.loop, generations, ["tail_probability"])
    exact = compare(simulation, said, "tail_probability", curve="exact law")
    few = exact["generation"] % 10 == 0
    exact = exact.assign(simulated=exact["simulated"].where(few & (exact["simulated"] > SMALLEST)))
    bounds = predict(simulation.loop, generations, list(BOUNDS.values())).observables
    columns = {name: {"generation": simulation.generations, "predicted": bounds[law].mean} for name, law in BOUNDS.items()}
    return pd.concat([exact, *(pd.DataFrame(column).assign(curve=name) for name, column in columns.items())], ignore_index=True)


def draw(data: pd.DataFrame) -> Any:
    """All three on a logarithmic axis."""
    figure, axes = figures.grid(width=figures.COLUMN, height=2.4)
    axes[0, 0].set_yscale("log")
    figures.curves(data, ax=axes[0, 0], y="tail_probability", by="curve")
    axes[0, 0].set_ylim(SMALLEST, 2)
    figures.legend(axes[0, 0], loc="lower left")
    return figure

"""Self-consuming Gaussians go MAD unless fresh data come in, and biased sampling limits how much synthetic data may.

The Gaussian figures of Alemohammad et al. (2024): the fully synthetic loop with and without sampling bias λ; the limit point of
the fresh data loop against the number n_s of synthetic points, whose "WD" is W₂²; the largest n_s that does no harm; and the
memory of K models, each against its closed form. Unbiased estimator, λ not applied to real data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from madtheory import figures
from madtheory.laws import ATLAS, evaluate
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.predict import predict
from madtheory.results import Report, compare
from madtheory.schedules import Fresh, Replace, Schedule, Window
from madtheory.simulate import Simulation
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "mad_gaussian"
DIM, N, GENERATIONS, LIMIT = 3, 100, 20, 60
BIASES = (1.0, 0.9, 0.8)
SYNTHETIC = (10, 30, 110, 300, 1000)
REAL = np.geomspace(100, 100_000, 7).astype(int)
MEMORIES, SHOWN_MEMORIES, RATIO = (1, 2, 4, 5, 8, 10, 20), (2, 10), 10


def loop(schedule: Schedule, bias: float = 1.0, dim: int = DIM) -> Loop:
    """A loop with the switches of the paper."""
    switches = {"bias_first_generation": False, "estimator": "unbiased", "sampling_bias": bias}
    return Loop(model=Gaussian(dim=dim), truth=Truth.standard(dim), schedule=schedule, **switches)


def memory(k: int) -> Loop:
    """Fresh data and a memory of k models, ten synthetic points to each real one."""
    return loop(Window(n=RATIO * N, window=k, n_real=N), dim=1)


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify one loop of each kind, then draw limit point, threshold and memory."""
    biases, sizes, shown = (BIASES[:2], SYNTHETIC[:2], MEMORIES[:1]) if smoke else (BIASES, SYNTHETIC, SHOWN_MEMORIES)
    dim = 1 if smoke else DIM
    synthetic = {f"fully synthetic, λ={bias}": loop(Replace(n=N), bias, dim) for bias in biases}
    fresh = {f"fresh, λ={bias}, n_s={n}": loop(Fresh(n_real=N, n_synthetic=n), bias, dim) for bias in biases for n in sizes}
    memories = {f"memory of {k}": memory(k) for k in shown}
    checked = synthetic | {label: fresh[label] for label in fresh if label.endswith(f"={sizes[-1]}")}
    steps = len(checked) + len(memories) + len(fresh)
    report = Report(out, steps, min(replicas, 1_000) if smoke else replicas, seed, devices, progress)
    runs = report.check(checked, GENERATIONS)
    draw_synthetic(out, {label: runs[label] for label in synthetic})
    kept = memory_rows(report.check(memories, LIMIT))
    limits = limit_rows(report.simulate(fresh, LIMIT, ["w2_squared"], replicas=report.replicas // 5))
    data = pd.concat([limits, threshold_rows(), kept])
    figures.save_figure(draw(data), out, "fresh_data", data)
    return report.finish()


def draw_synthetic(out: Path, runs: dict[str, Simulation]) -> None:
    """Variance and drift of the fully synthetic loops."""
    shown = ("variance", "mean_square_drift")
    said = {label: predict(one.loop, GENERATIONS, shown) for label, one in runs.items()}
    data = {y: pd.concat(compare(one, said[label], y, bias=bias_of(one.loop)) for label, one in runs.items()) for y in shown}
    figures.save_figure(figures.against_law(data, by="bias"), out, "fully_synthetic", pd.concat(data.values()))


def limit_rows(runs: dict[str, Simulation]) -> pd.DataFrame:
    """W₂² of the limit point against n_s."""
    said = [quantity("stationary-w2-squared", one.loop) for one in runs.values()]
    found = [one.observables["w2_squared"] for one in runs.values()]
    measured = [(series.mean[-1], series.standard_error[-1]) for series in found]
    frame = pd.DataFrame(measured, columns=["simulated", "standard_error"]).assign(predicted=said, panel="limit")
    sizes = [int(one.loop.schedule.n_synthetic) for one in runs.values()]  # type: ignore[attr-defined]
    return frame.assign(curve=[bias_of(one.loop) for one in runs.values()], x=sizes)


def threshold_rows() -> pd.DataFrame:
    """The largest n_s that does no harm, against n_r; as n_r → ∞ it converges."""
    loops = [loop(Fresh(n_real=n, n_synthetic=N), bias) for bias in BIASES[1:] for n in REAL]
    rows = [(bias_of(one), int(one.schedule.n_real), quantity("admissible-synthetic-size", one)) for one in loops]  # type: ignore[attr-defined]
    absent = {"simulated": np.nan, "standard_error": np.nan}
    return pd.DataFrame(rows, columns=["curve", "x", "predicted"]).assign(panel="threshold", **absent)


def memory_rows(runs: dict[str, Simulation]) -> pd.DataFrame:
    """n_e/n_r against K, from the mean's drift: its limit, and after some generations with the simulation beside it."""
    drifts = [predict(memory(k), LIMIT, ["mean_square_drift"]).observables["mean_square_drift"].mean[-1] for k in MEMORIES]
    limit = [1 / quantity("window-factor-limit", memory(k)) for k in MEMORIES]
    frame = pd.DataFrame({"x": MEMORIES, "predicted": 1 / (N * np.array(drifts)), "curve": f"$t={LIMIT}$"}).set_index("x")
    for one in runs.values():
        drift = one.observables["mean_square_drift"]
        worth, relative = 1 / (N * drift.mean[-1]), drift.standard_error[-1] / drift.mean[-1]
        frame.loc[one.loop.schedule.window, ["simulated", "standard_error"]] = worth, worth * relative  # type: ignore[attr-defined]
    far = pd.DataFrame({"x": MEMORIES, "predicted": limit, "curve": r"$t\to\infty$"})
    return pd.concat([frame.reset_index(), far]).assign(panel="memory")


def bias_of(one: Loop) -> str:
    """What a curve is called."""
    return f"λ = {float(one.sampling_bias):g}"


def quantity(law: str, one: Loop) -> float:
    """A number of the loop as a whole."""
    return float(evaluate(ATLAS[law].value, one))  # type: ignore[attr-defined, arg-type]


def draw(data: pd.DataFrame) -> Any:
    """Limit point, threshold, memory."""
    figure, axes = figures.grid(1, 3, height=2.3)
    names = ("limit", "threshold", "memory")
    labels = ((r"synthetic points $n_s$", r"$W_2^2$ of the limit point"), (r"real points $n_r$", r"largest harmless $n_s$"),
              (r"models remembered $K$", r"$n_e/n_r$"))  # fmt: skip
    for ax, name, (x, y) in zip(axes[0], names, labels, strict=True):
        scale = "linear" if name == "memory" else "log"
        ax.set(xscale=scale, yscale=scale)
        figures.curves(data[data["panel"] == name], ax=ax, x="x", y=name, by="curve")
        ax.set(xlabel=x, ylabel=y)
        figures.legend(ax, loc="upper left")
    for ax in axes[0, :2]:
        figures.log_ticks(ax.yaxis)
    axes[0, 1].set_ylim(90, 1100)
    return figure

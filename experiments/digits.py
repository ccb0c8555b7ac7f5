"""On handwritten digits the Fréchet distance of a self-consuming Gaussian is what the law says, for drawn and resampled data.

The truth is the Gaussian fitted to the leading principal components of the 8×8 digits that scikit-learn ships. Real data are
drawn from it (parametric) or are rows of the data drawn with replacement (bootstrap), for which mean and variance obey the same
laws although the data are not normal. The Fréchet distance is the published FID without its network.
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
from madtheory.schedules import Fresh, Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "digits"
COMPONENTS, N, GENERATIONS = 4, 500, 20
ASKED = ("frechet", "mean_square_drift", "variance")
SCHEDULES = {"replace": Replace(n=N), "fresh": Fresh(n_real=N, n_synthetic=N)}
DRAWS = ("parametric", "bootstrap")


def sweep(smoke: bool) -> dict[tuple[str, str], Loop]:
    """Loops by schedule and origin of real data; raises `BadInput` with the install line where scikit-learn is absent."""
    names, components = (("replace",), 2) if smoke else (tuple(SCHEDULES), COMPONENTS)
    truths = {draws: Truth.from_data("digits", components=components, real_draws=draws) for draws in DRAWS}
    switches = {"bias_first_generation": False, "estimator": "unbiased"}
    cells = [(name, draws) for name in names for draws in DRAWS]
    model = Gaussian(dim=components)
    return {(name, draws): Loop(model=model, truth=truths[draws], schedule=SCHEDULES[name], **switches) for name, draws in cells}


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify every loop, and draw the Fréchet distance of all."""
    cells = sweep(smoke)
    loops = {f"{name}, {draws}": one for (name, draws), one in cells.items()}
    report = Report(out, len(loops), min(replicas, 500) if smoke else replicas, seed, devices, progress)
    runs = dict(zip(cells, report.check(loops, GENERATIONS, ASKED).values(), strict=True))
    said = {name: predict(cells[name, "parametric"], GENERATIONS, ["frechet"]) for name, _ in cells}
    data = pd.concat(compare(one, said[name], "frechet", schedule=name, draws=draws) for (name, draws), one in runs.items())
    data["predicted"] = data["predicted"].where(data["draws"] == "parametric")
    figures.save_figure(draw(data), out, "frechet", data)
    return report.finish()


def draw(data: pd.DataFrame) -> Any:
    """One panel per schedule; the line is the law for parametric draws."""
    names = list(dict.fromkeys(data["schedule"]))
    figure, axes = figures.grid(1, len(names), height=2.2, titles=names)
    for ax, name in zip(axes[0], names, strict=True):
        shown = data[data["schedule"] == name]
        figures.curves(shown, ax=ax, y="frechet", by="draws")
        ax.set_ylim(bottom=0)
    figures.legend(axes[0, 0], loc="upper left", title="real data")
    return figure

"""A time series that is fitted and simulated again does not collapse: its correlation ends in a Beta law of the estimator.

Each generation fits an AR(1) to the series that the last one wrote. The bias −(a + bρ)/n of the fit pulls the correlation to
−a/b, and fitting noise spreads it until (1+ρ)/2 ~ Beta(b−a, b+a), whatever the real correlation was. The variance of the
innovations shrinks meanwhile as every variance does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from madtheory import figures
from madtheory.laws import ATLAS, evaluate
from madtheory.laws.autoregressive import series_loop
from madtheory.loop import Loop
from madtheory.predict import predict
from madtheory.results import Report, compare
from madtheory.simulate import Simulation
from madtheory.verify import Verdict

NAME = "autoregression"
N, GENERATIONS, LONG, REAL = 60, 20, 240, 0.6
FITS = {"least squares": "ols", "Yule–Walker": "yule_walker"}
MEANS = ("known", "fitted")
SHARES = np.arange(0.05, 1, 0.1)


def sweep() -> dict[str, Loop]:
    """The four estimators."""
    return {f"{name}, mean {mean}": series_loop(fit_by, mean, N, REAL) for name, fit_by in FITS.items() for mean in MEANS}


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify the path, run on to the end, and draw both."""
    loops, replicas = sweep(), min(replicas, 1_000) if smoke else replicas
    report = Report(out, 2 * len(loops), replicas, seed, devices, progress)
    runs = report.check(loops, GENERATIONS, ["autocorrelation"])
    paths = [path(label, one) for label, one in runs.items()]
    ends = report.simulate(loops, LONG, ["autocorrelation"], keep=[LONG], replicas=min(replicas, 4_000))
    data = pd.concat([*paths, *(ended(label, one) for label, one in ends.items())], ignore_index=True)
    figures.save_figure(draw(data), out, "correlation", data)
    return report.finish()


def path(label: str, one: Simulation) -> pd.DataFrame:
    """The mean correlation with its law."""
    said = predict(one.loop, GENERATIONS, ["autocorrelation"])
    return compare(one, said, "autocorrelation", panel="path", fit=label)


def ended(label: str, one: Simulation) -> pd.DataFrame:
    """Shares of replicas up to ρ, by the law and as simulated, at the simulated quantiles."""
    values = one.observables["autocorrelation"].values
    assert values is not None
    rho = np.quantile(values[-1].astype(float), SHARES)
    law = evaluate(ATLAS["autocorrelation-stationary"].cdf, one.loop, LONG, rho)
    error = np.sqrt(SHARES * (1 - SHARES) / one.replicas)
    shares = {"rho": rho, "predicted": law, "simulated": SHARES, "standard_error": error}
    return pd.DataFrame({"panel": "end", "fit": label, **shares})


def draw(data: pd.DataFrame) -> Any:
    """The path on the left, the distribution in the end on the right."""
    figure, axes = figures.grid(1, 2, height=2.4, titles=[f"series of {N} steps", f"after {LONG} generations"])
    early = data[data["panel"] == "path"]
    few = early["generation"] % 2 == 0
    figures.curves(early.assign(simulated=early["simulated"].where(few)), ax=axes[0, 0], y="autocorrelation", by="fit")
    figures.curves(data[data["panel"] == "end"], ax=axes[0, 1], x="rho", y="share", by="fit")
    figures.legend(axes[0, 0], loc="lower left")
    return figure

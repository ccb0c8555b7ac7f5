"""More data for the generators make a ridge regression on their labels better: the printed condition has the wrong sign.

For inputs of eigenvalues k^−β, n generators fitted to T^b points each, and a ridge regression with the penalty T^−ℓ on T of their
labels, Dohmatob et al. (2024) find an error of T^−(c+b−a−1), where nσ² is of the order T^a, c = 2βr/(2βr+1), ℓ = β/(2βr+1) and r
is the smoothness of the real coefficients (Corollary 5.2). They add that it diverges if b ≥ a+1−c; it does if b < a+1−c. Here
a = 1/4, b = 1 and c = 0.6, so that by what is printed the error does not fall."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments._errata import LAW, PRINTED
from madtheory import figures
from madtheory.loop import Loop
from madtheory.models import LinearRegression, RegressionTruth
from madtheory.predict import predict
from madtheory.results import Report, compare, write
from madtheory.schedules import Replace
from madtheory.verify import Verdict

NAME = "errata_exponent"
BETA, SOURCE, FEATURES = 2.0, 0.375, 40
ROOTS = (4, 5, 6, 7)  # n = T^a generators, a = 1/4


def loop(root: int) -> Loop:
    """n = T^(1/4) generators on T points each, and a ridge regression on T of their labels."""
    points, k = root**4, np.arange(1.0, FEATURES + 1)
    penalty = points ** -(BETA / (2 * BETA * SOURCE + 1))
    truth = RegressionTruth(coefficients=k ** ((BETA * (1 - 2 * SOURCE) - 1) / 2), covariance=np.diag(k**-BETA))
    model = LinearRegression(features=FEATURES, method="ridge", penalty=[0.0] * root + [penalty], design="fresh", noise="true")
    return Loop(model=model, truth=truth, schedule=Replace(n=points), bias_first_generation=False, estimator="mle")


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Verify the law for each T, and draw the error beside one that does not fall."""
    report = Report(out, len(ROOTS), min(replicas, 500 if smoke else 2_000), seed, devices, progress)
    rows = []
    for root in ROOTS:
        own = loop(root)
        run_ = report.check({f"T = {root**4}": own}, root + 1, ["risk"])[f"T = {root**4}"]
        rows.append(compare(run_, predict(own, root + 1, ["risk"]), "risk", curve=LAW).tail(1).assign(points=root**4))
    law = pd.concat(rows, ignore_index=True)
    still = pd.DataFrame({"points": law["points"], "predicted": law["predicted"][0], "curve": PRINTED})
    data = pd.concat([law, still], ignore_index=True)
    figures.save_figure(draw(data), out, "errata", data)
    last = law.iloc[-1]
    z = (last["simulated"] - still["predicted"][0]) / last["standard_error"]
    write(out / "errata.txt", law[["points", "simulated", "standard_error", "predicted"]].to_string(index=False) + "\n")
    report.numbers = {"First": float(law["predicted"][0]), "Last": float(last["predicted"]), "Z": f"{abs(z):.0f}"}
    return report.finish()


def draw(data: pd.DataFrame) -> Any:
    """The error against T."""
    figure, axes = figures.grid(width=figures.COLUMN, height=2.4)
    axes[0, 0].set_xscale("log")
    figures.curves(data, ax=axes[0, 0], x="points", y="risk", by="curve")
    axes[0, 0].set_xlabel("points T")
    axes[0, 0].set_xticks(sorted(set(data["points"])), [str(n) for n in sorted(set(data["points"]))])
    axes[0, 0].minorticks_off()
    figures.legend(axes[0, 0])
    return figure

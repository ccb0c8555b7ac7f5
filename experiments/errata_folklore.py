"""Half real data do not leave half the variance, it is not (n/(n+1))^t, and no fading share of real data bounds the error.

Three statements that circulate on tutorial pages. One: a share α of real data gives the variance α σ². With fresh data and the
unbiased estimator nothing is lost. Two: the fitted variance falls as (n/(n+1))^t. Under replace with 1/n it is (1 − 1/n)^t.

Three: a share t^−γ of new real data in sets of one size bounds the error of the mean where γ < 1/2. It grows like t^γ/2 fits for
every γ in (0, 1). A threshold at 1/2 there is, in the share of new real data in every batch of a set that accumulates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Gaussian, MeanTruth, NormalMean
from madtheory.schedules import Fresh, Replace, Schedule
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_folklore"
N, GENERATIONS = 4, 6
TOTAL, FADES, LONG, SETTLED = 400, 0.4, 200, 20


def errata() -> list[Erratum]:
    """All statements."""

    def loop(schedule: Schedule, estimator: str) -> Loop:
        switches = {"bias_first_generation": False, "estimator": estimator}
        return Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=schedule, **switches)

    fades = fading()
    half = loop(Fresh(n_real=10, n_synthetic=10), "unbiased")
    return [
        Erratum("half the variance", "folklore", "as reported", half, GENERATIONS, "variance", lambda t: 0.5 + 0 * t),
        Erratum("variance (n/(n+1))^t", "folklore", "as reported", loop(Replace(n=N), "mle"), GENERATIONS, "variance",
                lambda t: (N / (N + 1)) ** t),
        Erratum("real share t^−0.4: bounded", "folklore", "as reported", fades, LONG, "mean_square_drift",
                lambda t: path(np.minimum(t, SETTLED)), scale=TOTAL, shown="n · mean square drift"),
    ]  # fmt: skip


def real_points() -> np.ndarray:
    """(T,) new real points of every generation, all of the first (counts)."""
    return np.rint(TOTAL * np.arange(1.0, LONG + 1) ** -FADES).astype(int)


def fading() -> Loop:
    """A mean fitted to sets of one size with ever fewer real points."""
    real = real_points()
    synthetic = np.maximum(TOTAL - real, 1)  # the first generation draws none
    return Loop(model=NormalMean(), truth=MeanTruth(mean=0.0), schedule=Fresh(n_real=real, n_synthetic=synthetic),
                bias_first_generation=False, estimator="mle")  # fmt: skip


def path(t: np.ndarray) -> np.ndarray:
    """V_t of V' = (1−α)²V + 1/n, which the claim takes for settled after a while."""
    share, error = real_points() / TOTAL, [0.0]
    for real in share:
        error.append((1 - real) ** 2 * error[-1] + 1 / TOTAL)
    return np.array(error)[t.astype(int)]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

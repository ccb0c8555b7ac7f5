"""Half real data do not leave half the variance, and the variance is not (n/(n+1))^t.

Two statements that circulate on tutorial pages: that a share α of real data gives the variance α σ², and that the fitted
variance falls as (n/(n+1))^t. With fresh data and the unbiased estimator nothing is lost; under replace with 1/n
it is (1 − 1/n)^t."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Fresh, Replace, Schedule
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_folklore"
N, GENERATIONS = 4, 6


def errata() -> list[Erratum]:
    """Both statements."""

    def loop(schedule: Schedule, estimator: str) -> Loop:
        switches = {"bias_first_generation": False, "estimator": estimator}
        return Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=schedule, **switches)

    half = loop(Fresh(n_real=10, n_synthetic=10), "unbiased")
    return [
        Erratum("half the variance", "folklore", "as reported", half, GENERATIONS, "variance", lambda t: 0.5 + 0 * t),
        Erratum("variance (n/(n+1))^t", "folklore", "as reported", loop(Replace(n=N), "mle"), GENERATIONS, "variance",
                lambda t: (N / (N + 1)) ** t),
    ]  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

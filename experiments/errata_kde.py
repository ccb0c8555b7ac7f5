"""The variance of a kernel density loop does not grow as S_0 + t h²: that is the law of a draw, not of the model.

Under replace with a fixed bandwidth a draw of generation t has the variance S_0 + t h² over all runs (annealed), but within one
run the model's variance tends to n h² (quenched); the rest is the drift of its centre. The statement as reported from
Kazdan et al. (2024), who plot both readings of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import KDE
from madtheory.schedules import Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_kde"
N, BANDWIDTH, GENERATIONS = 20, 0.4, 60


def errata() -> list[Erratum]:
    """The one claim."""
    model, truth = KDE(bandwidth=BANDWIDTH), Truth.standard(1)
    loop = Loop(model=model, truth=truth, schedule=Replace(n=N), bias_first_generation=False, estimator="mle")
    return [
        Erratum("h² more in every generation", "kazdan2024", "as reported", loop, GENERATIONS, "variance",
                lambda t: 1 + BANDWIDTH**2 * t)
    ]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

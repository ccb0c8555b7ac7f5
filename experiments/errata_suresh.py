"""A Poisson model dies out at twice the printed lower rate: k g_k tends to 2.

Suresh et al. (2024) give the survival of a symbol through g_k between 1/k and 3/k. The recursion g_{k+1} = 1 − e^{−g_k} has
g_k ~ 2/k, and for Poisson counts the survival 1 − exp(−n L_0 g_k) is exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import MeanTruth, Poisson
from madtheory.schedules import Replace
from madtheory.verify import Verdict

NAME = "errata_suresh"
N, RATE, GENERATIONS = 10, 1.0, 50


def errata() -> list[Erratum]:
    """Extinction by the lower end of the printed range."""
    loop = Loop(model=Poisson(), truth=MeanTruth(mean=RATE), schedule=Replace(n=N), bias_first_generation=False, estimator="mle")
    lower = lambda k: np.exp(-N * RATE / k)  # noqa: E731
    return [Erratum("g_k = 1/k", "suresh2024", "as reported", loop, GENERATIONS, "absorbed", lower)]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

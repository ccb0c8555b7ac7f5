"""An alphabet of any size collapses in less than 2n generations, where the printed bound grows like n².

Seddik et al. (2024) bound the mean time to collapse by a multiple of n² and suspect that it is not sharp. The exact law has
E T below 2n. Diversity falls as (1 − 1/n)^t, which a mean time of order n² would contradict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Categorical, CategoricalTruth
from madtheory.schedules import Replace
from madtheory.verify import Verdict

NAME = "errata_seddik"
N, SYMBOLS, GENERATIONS = 20, 10, 80


def errata() -> list[Erratum]:
    """The share that has collapsed, beside an exponential law whose mean is n²."""
    truth = CategoricalTruth.uniform(SYMBOLS)
    loop = Loop(model=Categorical(), truth=truth, schedule=Replace(n=N), bias_first_generation=False, estimator="mle")
    slow = lambda t: -np.expm1(-t / N**2)  # noqa: E731
    return [Erratum("E T of order n²", "seddik2024", "read", loop, GENERATIONS, "collapsed", slow)]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

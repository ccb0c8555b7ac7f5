"""The mean standard deviation decays half as fast as that of a typical run.

E σ_t = c_4(n)^t σ_0 holds exactly (Bertrand et al. 2024), and is often read as the size of σ_t. The typical path has
log σ_t falling by (log(ν/2) − ψ(ν/2))/2 per generation, twice as much for large n."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import gammaln

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_bertrand"
N, GENERATIONS = 20, 60


def errata() -> list[Erratum]:
    """log σ² of the mean standard deviation."""
    loop = Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=Replace(n=N), bias_first_generation=False,
                estimator="unbiased")  # fmt: skip
    log_c4 = 0.5 * np.log(2 / (N - 1)) + gammaln(N / 2) - gammaln((N - 1) / 2)
    return [
        Erratum("the mean σ as a typical σ", "bertrand2024", "as reported", loop, GENERATIONS, "log_variance",
                lambda t: 2 * log_c4 * t)
    ]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

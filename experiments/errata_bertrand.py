"""The mean standard deviation decays half as fast as that of a typical run; and λ < 1/2 is no edge of stability.

E σ_t = c_4(n)^t σ_0 holds exactly (Bertrand et al. 2024), and is often read as the size of σ_t. The typical path has
log σ_t falling by (log(ν/2) − ψ(ν/2))/2 per generation, twice as much for large n.

Their condition on the ratio λ of synthetic to real data, at best λ < 1/2, is sufficient. In an exponential family that holds the
real law an error is multiplied by λ/(1+λ) whatever λ is: with four synthetic points to a real one it still dies out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import gammaln

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Gaussian, MeanTruth, NormalMean
from madtheory.schedules import Fresh, Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_bertrand"
N, GENERATIONS = 20, 60
FIRST, REAL, RATIO, SHORT = 4, 100, 4, 12


def errata() -> list[Erratum]:
    """log σ² of the mean standard deviation; and an error that stays what it was."""
    loop = Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=Replace(n=N), bias_first_generation=False,
                estimator="unbiased")  # fmt: skip
    log_c4 = 0.5 * np.log(2 / (N - 1)) + gammaln(N / 2) - gammaln((N - 1) / 2)
    mixed = Loop(model=NormalMean(), truth=MeanTruth(mean=0.0), bias_first_generation=False, estimator="mle",
                 schedule=Fresh(n_real=REAL, n_synthetic=RATIO * REAL, n_initial=FIRST))  # fmt: skip
    return [
        Erratum("the mean σ as a typical σ", "bertrand2024", "as reported", loop, GENERATIONS, "log_variance",
                lambda t: 2 * log_c4 * t),
        Erratum("λ > 1/2: errors do not die out", "bertrand2024", "as reported", mixed, SHORT, "mean_square_drift",
                lambda t: np.full_like(t, 1 / FIRST)),
    ]  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

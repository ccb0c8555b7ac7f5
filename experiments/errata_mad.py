"""λ of the MAD paper scales the covariance, not the spread; and fixed real data stop a Gaussian's drift for good.

Alemohammad et al. (2024) draw from N(μ, λΣ), while truncation of a generator's input scales standard deviations, λ_σ = √λ: read
as the latter, the variance would fall by λ² per generation. Their image experiments end "delaying the inevitable" when the real
data are kept; for Gaussians without sampling bias the drift converges instead, to (1+2a)/(1+a) times that of the real sample,
a = n_s/(n_r+n_s)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import FixedReal, Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_mad"
N, BIAS, GENERATIONS = 100, 0.9, 20
REAL, SYNTHETIC, LONG = 20, 20, 20


def errata() -> list[Erratum]:
    """λ as a factor of the spread, and a drift that goes on as it began."""
    biased, kept = (
        Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=schedule, sampling_bias=bias, bias_first_generation=False,
             estimator="unbiased")
        for schedule, bias in ((Replace(n=N), BIAS), (FixedReal(n_real=REAL, n_synthetic=SYNTHETIC), 1.0))
    )  # fmt: skip
    added = (SYNTHETIC / (REAL + SYNTHETIC)) ** 2 / SYNTHETIC  # by generation 2
    return [
        Erratum("λ as a factor of σ", "alemohammad2024", "read", biased, GENERATIONS, "log_variance",
                lambda t: 2 * (t - 1) * np.log(BIAS)),
        Erratum("fixed real data only delay", "alemohammad2024", "read", kept, LONG, "mean_square_drift",
                lambda t: 1 / REAL + (t - 1) * added),
    ]  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

"""λ of the MAD paper scales the covariance of draws, not their spread, and makes the variance fall in expectation.

Alemohammad et al. (2024) draw from N(μ, λΣ), while truncation of a generator's input scales standard deviations, λ_σ = √λ. With
λ read as a factor of the standard deviation the variance would fall by λ² per generation. Their appendix calls tr Σ_t a
submartingale, whose expectation could not fall below that of generation 1: with λ < 1 it is a supermartingale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_mad"
N, BIAS, GENERATIONS = 100, 0.9, 20


def errata() -> list[Erratum]:
    """λ as a factor of the spread, and an expectation that may not fall."""
    loop = Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=Replace(n=N), sampling_bias=BIAS,
                bias_first_generation=False, estimator="unbiased")  # fmt: skip
    return [
        Erratum("λ as a factor of σ", "alemohammad2024", "as reported", loop, GENERATIONS, "log_variance",
                lambda t: 2 * (t - 1) * np.log(BIAS)),
        Erratum("tr Σ is a submartingale", "alemohammad2024", "as reported", loop, GENERATIONS, "variance", np.ones_like),
    ]  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

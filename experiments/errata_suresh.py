"""A Poisson model survives as k g_k → 2 says, not 1; and the exponential bound on a Gaussian's spread is no rate.

Suresh et al. (2024) give the survival of a symbol through g_k between 1/k and 3/k. The recursion g_{k+1} = 1 − e^{−g_k} has
g_k ~ 2/k, and for Poisson counts the survival 1 − exp(−n L_0 g_k) is exact.

Their bound on P(σ_k > ε) falls by exp(−k/(4n−1)), and is read as the speed of collapse; the probability falls far sooner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Gaussian, MeanTruth, Poisson
from madtheory.schedules import Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_suresh"
N, RATE, GENERATIONS = 10, 1.0, 50
EPSILON, LONG = 0.1, 200


def errata() -> list[Erratum]:
    """Extinction by the lower end of the printed range, and the bound taken for the probability."""
    loop = Loop(model=Poisson(), truth=MeanTruth(mean=RATE), schedule=Replace(n=N), bias_first_generation=False, estimator="mle")
    lower = lambda k: np.exp(-N * RATE / k)  # noqa: E731
    fitted = Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=Replace(n=N), bias_first_generation=False,
                  estimator="unbiased")  # fmt: skip
    bound = lambda k: np.minimum(1, np.exp(-k / (4 * N - 1)) / EPSILON)  # noqa: E731
    return [
        Erratum("g_k = 1/k", "suresh2024", "as reported", loop, GENERATIONS, "absorbed", lower),
        Erratum("the bound on P(σ > ε) as a rate", "suresh2024", "as reported", fitted, LONG, "tail_probability", bound),
    ]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

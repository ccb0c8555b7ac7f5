"""The time until a symbol is lost has an exponential tail, not the algebraic one of independent symbols.

Treating the symbols as independent branching diffusions gives the right mean in the limit, and P(T > t) = Π(1 − e^{−2np_i/t})
with a tail t^{−s} for s symbols. Symbols that share n places are not independent. As reported of arXiv 2509.20101."""

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

NAME = "errata_first_extinction"
N, P, GENERATIONS = 20, (0.5, 0.5), 120


def errata() -> list[Erratum]:
    """Two symbols of equal frequency."""
    truth = CategoricalTruth(probabilities=list(P))
    loop = Loop(model=Categorical(), truth=truth, schedule=Replace(n=N), bias_first_generation=False, estimator="mle")
    independent = lambda t: 1 - np.prod([-np.expm1(-2 * N * p / t) for p in P], axis=0)  # noqa: E731
    return [Erratum("independent symbols", "arXiv 2509.20101", "as reported", loop, GENERATIONS, "symbol_lost", independent)]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

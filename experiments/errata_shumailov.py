"""Two readings of Shumailov et al.: an error that diverges needs the unbiased estimator, and a loss is not one per generation.

E W₂² grows without bound only if the variance is divided by n − 1; with the maximum-likelihood 1/n it stays below 2 tr Σ_0.
And 1 − q, with q the probability that a symbol is missing from one sample, is not what is lost anew in every generation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Categorical, CategoricalTruth, Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_shumailov"
N, GENERATIONS = 20, 20
POINTS, RARE, LONG = 30, 0.1, 60


def errata() -> list[Erratum]:
    """Both claims."""
    switches = {"bias_first_generation": False, "estimator": "mle"}
    fitted = Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=Replace(n=N), **switches)
    truth = CategoricalTruth(probabilities=[RARE, 1 - RARE])
    symbols = Loop(model=Categorical(), truth=truth, schedule=Replace(n=POINTS), **switches)
    missing = (1 - RARE) ** POINTS
    return [
        Erratum("drift t/n for every fit", "shumailov2024", "as reported", fitted, GENERATIONS, "mean_square_drift",
                lambda t: t / N),
        Erratum("a loss of q per generation", "shumailov2024", "as reported", symbols, LONG, "symbol_lost",
                lambda t: 1 - (1 - missing) ** t),
    ]  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

"""Accumulation costs a factor π²/6 only where batches are as large as the real one and all points are kept.

With batches of m = n/ρ the factor is 1 + ρψ′(1+ρ), between 1 and 2; where each generation fits n points chosen from the pool it
is π²/2 − 2. "Accumulate" stands for all of these in the literature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import MeanTruth, NormalMean
from madtheory.schedules import Accumulate
from madtheory.verify import Verdict

NAME = "errata_accumulate"
N, GENERATIONS = 12, 40


def errata() -> list[Erratum]:
    """Batches four times smaller and four times larger than the real one."""

    def limit(t: np.ndarray) -> np.ndarray:
        return np.cumsum(1 / t**2) / N

    def loop(batch: int) -> Loop:
        switches = {"bias_first_generation": False, "estimator": "mle"}
        return Loop(model=NormalMean(), truth=MeanTruth(mean=0.0), schedule=Accumulate(n=batch, n_initial=N), **switches)

    return [
        Erratum(f"Σ 1/k² with batches of {batch}", "deydonoho2024", "as reported", loop(batch), GENERATIONS, "mean_square_drift",
                limit, scale=N, shown="n · mean square drift")
        for batch in (N // 4, 4 * N)
    ]  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

"""Two readings of results on curated loops that hold for infinitely many candidates, and one of a ridge formula.

With infinitely many candidates, preference curation by a linear reward moves a Gaussian by Σb and leaves its covariance alone
(Ferbach et al. 2024); with two candidates it moves it by less than a quarter of that at b = 2 and shrinks the variance. And the
risk of a ridge regression on n-fold generated labels (Dohmatob et al. 2024) is that of generators fitted by least squares, of
which only the last is penalised: where every generation is, the loop is another.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.curation import Preference
from madtheory.laws import ATLAS, evaluate
from madtheory.laws._regression import regression_loop
from madtheory.laws._steered import steered_loop
from madtheory.schedules import Replace
from madtheory.verify import Verdict

NAME = "errata_curation"
N, GENERATIONS, STRENGTH = 2_000, 3, 2.0
D, POINTS, PENALTY, LONG = 24, 120, 0.3, 8


def errata() -> list[Erratum]:
    """All claims."""
    pair = steered_loop(Replace(n=N), mean=0.0, variance=1.0, curation=Preference(candidates=2, direction=[STRENGTH]))
    ridge = regression_loop(Replace(n=POINTS), D, method="ridge", penalty=PENALTY)
    return [
        Erratum("a shift of Σb with two candidates", "ferbach2024", "read for K → ∞", pair, GENERATIONS, "mean_square_drift",
                lambda t: (STRENGTH * (t - 1)) ** 2),
        Erratum("a linear reward keeps the variance", "ferbach2024", "read for K → ∞", pair, GENERATIONS, "variance",
                np.ones_like),
        Erratum("ridge in every generation", "dohmatob2024", "read", ridge, LONG, "risk", last_alone),
    ]  # fmt: skip


def last_alone(t: np.ndarray) -> np.ndarray:
    """Risk of a ridge regression on labels of t − 1 generations of least squares."""
    said = []
    for generations in t.astype(int).tolist():
        loop = regression_loop(Replace(n=POINTS), D, method="ridge", penalty=[0.0] * (generations - 1) + [PENALTY])
        risk = evaluate(ATLAS["ridge-downstream-risk"].mean, loop, generations)
        assert risk is not None
        said.append(float(risk[-1]))
    return np.array(said)


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, min(replicas, 2_000), seed, devices, progress)

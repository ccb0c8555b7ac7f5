"""An alphabet of any size collapses in less than 2n generations, where the printed bound grows like n²; and a sign.

Seddik et al. (2024) bound the mean time to collapse by a multiple of n² and suspect that it is not sharp. The exact law has
E T below 2n. Diversity falls as (1 − 1/n)^t, which a mean time of order n² would contradict.

With N real and n synthetic symbols in every generation their Theorem 2, equation (9), has 1 + α − (α/N)β^m where the line of
the proof above it has a plus, α = n/(N+n) and β = α²(1−1/n): as printed it does not even begin at S_1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import Categorical, CategoricalTruth
from madtheory.schedules import FixedReal, Replace
from madtheory.verify import Verdict

NAME = "errata_seddik"
N, SYMBOLS, GENERATIONS = 20, 10, 80
REAL, SYNTHETIC, SHORT = 10, 40, 10


def errata() -> list[Erratum]:
    """The share that has collapsed, beside an exponential law whose mean is n²; and Σp² with the printed sign."""
    loop, mixed = (
        Loop(model=Categorical(), truth=CategoricalTruth.uniform(SYMBOLS), schedule=schedule, bias_first_generation=False,
             estimator="mle")
        for schedule in (Replace(n=N), FixedReal(n_real=REAL, n_synthetic=SYNTHETIC))
    )  # fmt: skip
    slow = lambda t: -np.expm1(-t / N**2)  # noqa: E731
    return [
        Erratum("E T of order n²", "seddik2024", "read", loop, GENERATIONS, "collapsed", slow),
        Erratum("the sign in equation (9)", "seddik2024", "read", mixed, SHORT, "repetition", equation_9),
    ]


def equation_9(t: np.ndarray) -> np.ndarray:
    """E S_m, m = t − 1, as printed."""
    first = 1 / REAL + (1 - 1 / REAL) / SYMBOLS
    alpha = SYNTHETIC / (REAL + SYNTHETIC)
    decay = (alpha**2 * (1 - 1 / SYNTHETIC)) ** (t - 1)
    share = alpha / REAL
    return (first * (1 + alpha - share * decay) + share * (1 - decay)) / (1 + alpha + share)


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

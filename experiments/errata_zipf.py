"""The mass that a loop loses from a Zipf law grows like a root of the number of generations, not linearly.

Dohmatob et al. (2024) add one generation's error n times, which bounds what n generations lose. For frequencies that are drawn
again and again a symbol of probability p is lost after n generations of T tokens with probability exp(−T p f_n) up to O(p), where
f_n ~ 2/n, so that the lost mass grows like n^c, c = 1 − 1/β."""

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

NAME = "errata_zipf"
TOKENS, SYMBOLS, EXPONENT, GENERATIONS = 400, 400, 1.5, 8


def errata() -> list[Erratum]:
    """What is left after one generation's loss per generation."""
    truth = CategoricalTruth.zipf(SYMBOLS, EXPONENT)
    loop = Loop(model=Categorical(), truth=truth, schedule=Replace(n=TOKENS), bias_first_generation=False, estimator="mle")
    p = np.asarray(truth.probabilities)
    once = float(np.sum(p * (1 - p) ** TOKENS))
    return [
        Erratum("lost mass grows with n", "dohmatob2024tails", "as reported", loop, GENERATIONS, "recall", lambda t: 1 - once * t)
    ]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

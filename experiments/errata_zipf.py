"""What a loop loses of a Zipf law grows like a root of the number of generations, or its logarithm, but not linearly.

Dohmatob et al. (2024) add one generation's error n times, which bounds what n generations lose. For frequencies that are drawn
again and again a symbol of probability p is lost after n generations of T tokens with probability exp(−T p f_n) up to O(p), where
f_n ~ 2/n, so that the lost mass grows like n^c, c = 1 − 1/β. For their own learner, a table of answers to questions asked at
their real frequencies, it grows like (log n)^c."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.laws.lookup_accuracy import lookup_loop
from madtheory.loop import Loop
from madtheory.models import Categorical, CategoricalTruth
from madtheory.schedules import Replace
from madtheory.verify import Verdict

NAME = "errata_zipf"
TOKENS, SYMBOLS, EXPONENT, GENERATIONS = 400, 400, 1.5, 8


def errata() -> list[Erratum]:
    """What is left after one generation's loss per generation, of symbols that are drawn and of answers that are looked up."""
    truth = CategoricalTruth.zipf(SYMBOLS, EXPONENT)
    loop = Loop(model=Categorical(), truth=truth, schedule=Replace(n=TOKENS), bias_first_generation=False, estimator="mle")
    p = np.asarray(truth.probabilities)
    once = float(np.sum(p * (1 - p) ** TOKENS))
    left = lambda t: 1 - once * t  # noqa: E731
    table = lookup_loop(Replace(n=TOKENS), SYMBOLS, EXPONENT)
    return [
        Erratum("lost mass grows with n", "dohmatob2024tails", "as reported", loop, GENERATIONS, "recall", left),
        Erratum("lost answers grow with n", "dohmatob2024tails", "as reported", table, GENERATIONS, "accuracy", left),
    ]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

"""A published sweep follows from its code's conventions, not from those that the laws are usually stated for.

The code of Kazdan et al. (2024) fits covariances by 1/n, which loses (1 − 1/n) per generation where the unbiased estimator keeps
the mean variance for ever; its regressions label one and the same inputs anew, so that accumulating costs exactly Σ 1/k² fits,
more than it does with new inputs; and its fit to n points chosen from all that were made costs what the choice adds besides,
π²/2 − 2 in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.laws import ATLAS, evaluate
from madtheory.laws._regression import regression_loop
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Accumulate, AccumulateSubsample, Replace
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_kazdan"
N, GENERATIONS = 10, 12
D, POINTS = 8, 16


def errata() -> list[Erratum]:
    """The code's loops, with what the usual conventions say."""
    switches = {"bias_first_generation": False, "estimator": "mle"}
    shrinks, chosen = (
        Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=schedule, **switches)
        for schedule in (Replace(n=N), AccumulateSubsample(n=N))
    )
    reused, fresh = (regression_loop(Accumulate(n=POINTS), D, design=design) for design in ("reused", "fresh"))
    renewed = evaluate(ATLAS["accumulate-risk"].mean, fresh, GENERATIONS)
    assert renewed is not None
    return [
        Erratum("the mean variance stays", "kazdan2024", "of the unbiased fit", shrinks, GENERATIONS, "variance", np.ones_like),
        Erratum("accumulating with new inputs", "kazdan2024", "of new inputs", reused, GENERATIONS, "risk",
                lambda t: renewed[t.astype(int)]),
        Erratum("chosen from all: Σ 1/k²", "kazdan2024", "of the whole pool", chosen, GENERATIONS, "mean_square_drift",
                lambda t: np.cumsum(1 / t**2) / N, scale=N, shown="n · mean square drift"),
    ]  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

"""Editing labels keeps the error below twice that of one fit only where few labels are edited.

Zhu et al. (2025) relabel a masked part of one data set by the last model, and bound the test error by 2σ²d/(n−d−1). The bound
cannot hold for every mask: with all labels masked this is the replace loop, whose error grows without limit; and with a fixed
share μ of the labels it settles at (1+2μ)/(1−μ²) times that of one fit, which exceeds 2 from μ = 0.366 on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.laws._regression import regression_loop
from madtheory.loop import Loop
from madtheory.models import MeanTruth, NormalMean
from madtheory.schedules import Custom, Replace
from madtheory.verify import Verdict

NAME = "errata_edit"
D, POINTS, GENERATIONS = 4, 20, 8
REAL, EDITED = 5, 15


def errata() -> list[Erratum]:
    """All labels edited, and three in four of a design that is a column of ones, where one fit errs by σ²/n."""
    every = regression_loop(Replace(n=POINTS), D, design="reused")
    one_fit = float(every.truth.noise_variance) * D / (POINTS - D - 1)
    some = Loop(model=NormalMean(), truth=MeanTruth(mean=0.0), schedule=masked(), bias_first_generation=False, estimator="mle")
    points = REAL + EDITED
    return [
        Erratum("all labels edited: below 2 fits", "zhu2025", "as reported", every, GENERATIONS, "risk",
                lambda t: np.minimum(t, 2) * one_fit),
        Erratum("3 of 4 labels edited: below 2 fits", "zhu2025", "as reported", some, GENERATIONS, "mean_square_drift",
                lambda t: np.minimum(t, 2) / points, scale=points, shown="n · mean square drift"),
    ]  # fmt: skip


def masked() -> Custom:
    """Real labels outside the mask for ever, and inside it first real ones, then those of the last model."""
    weights = np.zeros((GENERATIONS, GENERATIONS + 1))
    weights[:, 0] = REAL / (REAL + EDITED)
    weights[np.arange(GENERATIONS), np.arange(GENERATIONS) + 1] = EDITED / (REAL + EDITED)
    return Custom(source=[0, *range(GENERATIONS)], size=[REAL] + [EDITED] * GENERATIONS, weights=weights)


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

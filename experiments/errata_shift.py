"""What a shifted source costs a pooled regression is p² tr ΣΔ: not p² tr Δ, and not a d-th of it.

Dohmatob et al. (2025) pool real labels with those of a source whose coefficients are off by δ ~ (0, Δ), and measure the shift by
c². Their definition has c² = tr ΣΔ/d and their corollary c² = tr ΣΔ; and that the cost tends to p² tr Δ as d/n → 0, p the share
of the source, is so for inputs of covariance I alone. Here the source is a model fitted to a few real points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.laws._regression import regression_loop
from madtheory.schedules import Fresh
from madtheory.verify import Verdict

NAME = "errata_shift"
D, FEW, MANY, GENERATIONS = 4, 30, 400, 2


def errata() -> list[Erratum]:
    """Both readings of the cost."""
    loop = regression_loop(Fresh(n_real=MANY, n_synthetic=MANY, n_initial=FEW), D, white=False)
    noise, inputs = float(loop.truth.noise_variance), loop.truth.input_covariance
    shift = noise * np.linalg.inv(inputs) / (FEW - D - 1)
    shifted, alone = float(np.trace(inputs @ shift)), noise * D / (2 * MANY - D - 1)

    def pooled(cost: float) -> Any:
        return lambda t: np.where(t == 1, shifted, alone + cost / 4)

    return [
        Erratum("a cost of p² tr Δ", "dohmatob2025", "as reported", loop, GENERATIONS, "risk", pooled(float(np.trace(shift)))),
        Erratum("a cost of p² tr ΣΔ/d", "dohmatob2025", "as reported", loop, GENERATIONS, "risk", pooled(shifted / D)),
    ]


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

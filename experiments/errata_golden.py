"""The golden weight makes n real points worth 1.618 n only when n is large.

He et al. (2025) weight real against synthetic points by the golden ratio. The stationary error of the mean is then w S/n with
w = 0.618 and S the stationary variance of the draws, which a maximum-likelihood fit keeps below that of the real law: the printed
limit is one of n → ∞.

The error f(w) d/n of a regression, f(w) = [w² + (1−w)²]/(1 − (1−w)²) for equal batches, is that of inputs which stay the same.
With new inputs for 12 real and 12 synthetic points in four dimensions it is larger by a third at w = 1/2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.laws._regression import regression_loop
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Fresh, Weighted
from madtheory.truth import Truth
from madtheory.verify import Verdict

NAME = "errata_golden"
N, GENERATIONS = 2, 12
D, POINTS = 4, 12
GOLDEN = (5**0.5 - 1) / 2


def errata() -> list[Erratum]:
    """The error of the mean on its way to the printed limit, and that of a regression."""
    loop = Loop(model=Gaussian(dim=1), truth=Truth.standard(1), schedule=Weighted(n_real=N, n_synthetic=N, weight="golden"),
                bias_first_generation=False, estimator="mle")  # fmt: skip
    lines = regression_loop(Fresh(n_real=POINTS, n_synthetic=POINTS), D)
    noise = float(lines.truth.noise_variance)
    return [
        Erratum("n real points are worth 1.618 n", "he2025", "as reported", loop, GENERATIONS, "mean_square_drift", printed,
                scale=N, shown="n · mean square drift"),
        Erratum("f(w) d/n with new inputs", "he2025", "as reported", lines, GENERATIONS, "risk",
                lambda t: noise * D / POINTS * (2 + 4.0 ** (1 - t)) / 3),
    ]  # fmt: skip


def printed(t: np.ndarray) -> np.ndarray:
    """w/n, approached from 1/n by (1−w)² per generation."""
    return (GOLDEN + (1 - GOLDEN) ** (2 * t - 1)) / N


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

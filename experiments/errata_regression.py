"""Four statements about regression loops that hold for one design, one ratio d/n, or as a bound only.

π²/6 is what accumulating costs on one design; with new inputs it costs less (Gerstgrasser et al. 2024). With fewer points than
dimensions the error grows linearly on one design and saturates on new ones; a loop is worse than no model from SNR (1/φ − 1)
generations on, not from SNR/(1/φ − 1), which is the same at φ = 1/2 alone; and sets that grow as m log² m bound the error at
three times that of the first fit, not at that (Dohmatob et al. 2024)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments import _errata
from experiments._errata import Erratum
from madtheory.loop import Loop
from madtheory.models import LinearRegression, RegressionTruth
from madtheory.schedules import Accumulate, Replace, Schedule
from madtheory.verify import Verdict

NAME = "errata_regression"
D, N, FEW, WIDE, GENERATIONS = 8, 24, 10, 24, 12


def loop(schedule: Schedule, d: int, method: str = "ols") -> Loop:
    """A loop with σ² = 1 and ‖w_0‖² = 1, new inputs for every batch."""
    truth = RegressionTruth(coefficients=np.full(d, d**-0.5))
    model = LinearRegression(features=d, method=method, design="fresh", noise="true")
    return Loop(model=model, truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")


def growing() -> list[int]:
    """N m log² m points in generation m, N in the first."""
    m = np.arange(1, GENERATIONS + 1)
    return [N, *np.ceil(N * m * np.log(m) ** 2)[1:].astype(int).tolist()]


def errata() -> list[Erratum]:
    """All claims."""
    one, ratio, forgets = D / (N - D - 1), D / N, FEW / WIDE
    noise = FEW / (WIDE - FEW - 1)
    wide = loop(Replace(n=FEW), WIDE, "min_norm")
    return [
        Erratum("accumulating costs π²/6", "gerstgrasser2024", "as reported", loop(Accumulate(n=N), D), GENERATIONS, "risk",
                lambda t: one * np.cumsum(1 / t**2)),
        Erratum("noise grows linearly at n < d", "dohmatob2024", "read", wide, GENERATIONS, "risk",
                lambda t: 1 - forgets**t + noise * t),
        Erratum("null model after SNR φ/(1−φ)", "dohmatob2024", "read", loop(Replace(n=N), D), GENERATIONS, "risk",
                lambda t: t * (1 - ratio) / ratio),
        Erratum("n m log² m points: no loss", "dohmatob2024", "read", loop(Replace(n=growing()), D), GENERATIONS, "risk",
                lambda t: np.full_like(t, one)),
    ]  # fmt: skip


def run(
    out: Path, *, smoke: bool = False, replicas: int = 10_000, seed: int = 0, devices: Any = None, progress: Any = None
) -> list[Verdict]:
    """Each claim against its law."""
    return _errata.run(errata(), out, smoke, replicas, seed, devices, progress)

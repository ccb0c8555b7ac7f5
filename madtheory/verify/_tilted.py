"""The raw mean of σ²_t beyond its horizon, by importance sampling: draw where the mean comes from.

Under the law tilted by (χ²)^θ the rare paths that carry E σ²_t are typical. Each replica then weighs
e^{tκ(θ)} ∏ r_k^{−θ}; θ near 1 makes σ²_t times the weight nearly constant, and θ = 1 would test nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from madtheory.laws import ATLAS
from madtheory.laws._horizon import kappa
from madtheory.loop import Loop
from madtheory.simulate import Simulation
from madtheory.verify._claim import at
from madtheory.verify._finding import Finding, two_sided_p, z_power, z_resolution

TILT = 0.9
LARGEST_LOG_VARIANCE = 1.0  # of the weighted variance; beyond, the tilted mean is not normal either


def tilted(claim: Loop, loop: Loop, generations: int, run: Callable[[float], Simulation]) -> Iterator[Finding]:
    """A z-test of E σ²_t at the last generation, for replace in one dimension with one sample size.

    `run(θ)` simulates `loop` with tilt θ and keeps the last generation.
    """
    law = ATLAS["replace-variance"]
    if not (law.applies(claim) and law.applies(loop) and loop.dim == 1 and np.ndim(loop.schedule.n) == 0):  # type: ignore[attr-defined]
        return
    n = int(loop.schedule.n)  # type: ignore[attr-defined]
    spread = generations * (kappa(2 - TILT, n) + kappa(TILT, n))
    if not 0 < spread < LARGEST_LOG_VARIANCE:
        return
    log_ratio = np.log(weighted_variance(run(TILT), n)) - np.log(at(law.mean, claim, generations)[0])  # type: ignore[index]
    error = float(np.sqrt(np.expm1(spread) / len(log_ratio)))
    z = float(np.expm1(log_ratio).mean() / error)
    wrong = at(law.mean, law.wrong(claim), generations) / at(law.mean, claim, generations) - 1  # type: ignore[operator]
    yield Finding(law.name, law.observable, "tilted", generations, z, two_sided_p(z), z_power(abs(float(wrong[0])) / error),
                  z_resolution(error), detail=f"importance sampling with tilt {TILT}")  # fmt: skip


def weighted_variance(run: Simulation, n: int) -> np.ndarray:
    """(R,) σ²_T times its likelihood ratio, in units of the mean ratio: E = E σ²_T."""
    t, loop = int(run.generations[-1]), run.loop
    values = run.observables["log_variance"].values[-1].astype(np.float64)  # type: ignore[index]
    start = float(np.log(loop.truth.covariance[0, 0]))
    bias = np.array(loop.bias(t))
    bias[0] = bias[0] if loop.bias_first_generation else 1.0
    step = np.sum(np.log(bias)) + t * (np.log((n - 1) / n) if loop.estimator == "mle" else 0.0)
    ratios = values - start - step  # log of the product of χ²/ν
    return np.exp(values - TILT * ratios + t * kappa(TILT, n))

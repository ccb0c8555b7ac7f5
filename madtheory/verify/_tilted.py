"""The raw mean of σ²_t beyond its horizon, by importance sampling: draw where the mean comes from.

Under the law tilted by (χ²)^θ the rare paths that carry E σ²_t are typical. Each replica then weighs
e^{tκ(θ)} ∏ r_k^{−θ}; θ near 1 makes σ²_t times the weight nearly constant, and θ = 1 would test nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._horizon import kappa
from madtheory.loop import Loop
from madtheory.simulate import Simulation, simulate
from madtheory.verify._finding import Finding, two_sided_p, z_power, z_resolution

TILT = 0.9
LARGEST_LOG_VARIANCE = 1.0  # of the weighted variance; beyond, the tilted mean is not normal either


def tilted(claim: Loop, loop: Loop, generations: int, replicas: int, seed: int) -> Iterator[Finding]:
    """A z-test of E σ²_t at the last generation, for replace in one dimension with one sample size."""
    law = ATLAS["replace-variance"]
    if not (law.applies(claim) and loop.dim == 1 and np.ndim(loop.schedule.n) == 0):  # type: ignore[attr-defined]
        return
    n = int(loop.schedule.n)  # type: ignore[attr-defined]
    spread = generations * (kappa(2 - TILT, n) + kappa(TILT, n))
    if not 0 < spread < LARGEST_LOG_VARIANCE:
        return
    run = simulate(loop, generations=generations, observables=["log_variance"], replicas=replicas, seed=seed, keep=[generations], tilt=TILT)
    estimate = weighted_variance(run, n)
    expected = float(evaluate(law.mean, claim, generations)[generations])
    error = expected * np.sqrt(np.expm1(spread) / replicas)
    z = float((estimate.mean() - expected) / error)
    wrong = float(evaluate(law.mean, law.wrong(claim), generations)[generations])
    yield Finding(law.name, law.observable, "tilted", generations, z, two_sided_p(z), z_power(abs(wrong - expected) / error),
                  z_resolution(error / expected), detail=f"importance sampling with tilt {TILT}")  # fmt: skip


def weighted_variance(run: Simulation, n: int) -> np.ndarray:
    """(R,) σ²_T times its likelihood ratio, in units of the mean ratio: E = E σ²_T."""
    t, loop = int(run.generations[-1]), run.loop
    values = run.observables["log_variance"].values[-1].astype(np.float64)  # type: ignore[index]
    start = float(np.log(loop.truth.covariance[0, 0]))
    bias = loop.bias(t).copy()
    bias[0] = bias[0] if loop.bias_first_generation else 1.0
    step = np.sum(np.log(bias)) + t * (np.log((n - 1) / n) if loop.estimator == "mle" else 0.0)
    ratios = values - start - step  # log of the product of χ²/ν
    return np.exp(values - TILT * ratios + t * kappa(TILT, n))

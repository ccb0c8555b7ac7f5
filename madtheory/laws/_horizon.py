"""How far the raw mean of σ²_t can be tested under replace (one dimension): three horizons, in order.

The ratio r = σ²_t/σ²_{t−1} is χ²_ν/ν up to a constant, ν = n−1, and κ(θ) = log E (r/E r)^θ. The normalised mean is the
same for every λ and both estimators, so n and the number of replicas R are all that counts. Generations are real numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln, polygamma

EDGEWORTH = 0.0665  # largest change of the two-sided 5 % level per unit of skewness/√R, to leading order
CALIBRATED = 0.01


def kappa(theta: float, n: int) -> float:
    """κ(θ) = log E(χ²_ν/ν)^θ, for θ > −ν/2."""
    half = (n - 1) / 2
    return float(gammaln(half + theta) - gammaln(half) - theta * np.log(half))


def kappa_prime(theta: float, n: int) -> float:
    """κ′(θ) = ψ(ν/2+θ) − log(ν/2): the drift of log σ² under the law tilted by σ^{2θ}."""
    half = (n - 1) / 2
    return float(digamma(half + theta) - np.log(half))


def kappa_second(theta: float, n: int) -> float:
    """κ″(θ) = ψ′(ν/2+θ)."""
    return float(polygamma(1, (n - 1) / 2 + theta))


def skewness(t: float, n: int) -> float:
    """Skewness of σ²_t, from κ(2) and κ(3) written without cancellation."""
    second = t * np.log1p(2 / (n - 1))
    third = second + t * np.log1p(4 / (n - 1))
    return float((np.expm1(third) - 3 * np.expm1(second)) / np.expm1(second) ** 1.5)


def calibrated_horizon(n: int, replicas: int) -> float:
    """t_z: up to here the level of a z-test on the mean of σ²_t is off by less than 1 %."""
    limit = CALIBRATED * np.sqrt(replicas) / EDGEWORTH
    if skewness(1, n) >= limit:
        return 0.0
    root: Any = brentq(lambda t: np.log(skewness(t, n) / limit), 1.0, visible_horizon(n, replicas) + 1)
    return float(root)


def precision_horizon(n: int, replicas: int, precision: float) -> float:
    """t_ε: up to here the exact relative standard error of the mean of σ²_t is below `precision`."""
    return float(np.log1p(replicas * precision**2) / np.log1p(2 / (n - 1)))


def visible_horizon(n: int, replicas: int) -> float:
    """t* = log R/κ′(1): beyond it the mean of σ²_t is carried by paths that R replicas do not contain.

    Chatterjee & Diaconis (2018): importance sampling needs about exp(KL) draws, and KL = t κ′(1).
    """
    return float(np.log(replicas) / kappa_prime(1, n))


def mean_horizon(n: int, replicas: int, precision: float = 0.01) -> float:
    """The last generation with a verdict on the raw mean: min(t_z, t_ε)."""
    return min(calibrated_horizon(n, replicas), precision_horizon(n, replicas, precision))

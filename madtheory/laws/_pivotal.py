"""One generation of a location-scale loop: the law of (U, V), location and scale fitted to n points of the standard member.

(μ, s) becomes (μ + s√λ U, s√λ V), and pairs of different generations are independent.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln, polygamma, xlogy

from madtheory.models import Laplace, LocationScale, ShiftedExponential, Uniform

STEP, LIMIT = 0.05, 60.0  # of the trapezoid rule in log s, which converges like exp(−const/STEP)


class Pivotal(NamedTuple):
    """Moments of (U, V); NaN where they have no closed form.

    Attributes:
        log_mean: E log V.
        log_variance: Var log V.
        scale: E V.
        scale_square: E V².
        location: E U.
        location_square: E U².
        product: E UV.
    """

    log_mean: float
    log_variance: float
    scale: float
    scale_square: float
    location: float
    location_square: float
    product: float


@functools.lru_cache(maxsize=256)
def pivotal(model: LocationScale, n: int) -> Pivotal:
    """The moments of a family's estimator at n points."""
    if isinstance(model, Uniform):
        return Pivotal(-1 / n, 1 / n**2, n / (n + 1), n / (n + 2), 0.0, 0.0, 0.0)
    if isinstance(model, ShiftedExponential):
        log = float(digamma(n - 1) - np.log(n)), float(polygamma(1, n - 1))
        return Pivotal(*log, (n - 1) / n, (n - 1) / n, 1 / n, 2 / n**2, (n - 1) / n**2)
    if isinstance(model, Laplace):
        return Pivotal(*_log_deviation(n), *_deviation(n), 0.0, _median_square(n), 0.0)
    if getattr(model, "fit_by", "") == "moments":
        return Pivotal(np.nan, np.nan, np.nan, (n - 1) / n, 0.0, model.unit_variance / n, 0.0)
    return Pivotal(*[np.nan] * 7)


def _spacings(n: int) -> tuple[np.ndarray, np.ndarray]:
    """(n+1,) probability of k negative points, and (n+1, n) what Σ|x − median| is a sum of: these times independent exponentials.

    Given k, the gap between the j-th and the next point is exponential with the number of points further out as its rate;
    the gap across 0 is a sum of two. Each gap counts min(j, n−j) times.
    """
    k, j = np.arange(n + 1)[:, None], np.arange(1, n)
    times = np.minimum(j, n - j)
    own = np.where(j < k, times / j, times / (n - j))
    k = np.arange(n + 1)
    inside = (k > 0) & (k < n)
    across = np.where(inside, np.minimum(k, n - k) / np.where(inside, k, 1), 0.0)
    probability = np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(n, 0.5))
    return probability, np.concatenate([own, across[:, None]], axis=1)


def _deviation(n: int) -> tuple[float, float]:
    """E V and E V² of the mean deviation from the median."""
    probability, parts = _spacings(n)
    mean, square = parts.sum(axis=1) / n, (parts**2).sum(axis=1) / n**2
    return float(probability @ mean), float(probability @ (square + mean**2))


def _log_deviation(n: int) -> tuple[float, float]:
    """E log V and Var log V: with E a standard exponential, E/V has survival function φ, the Laplace transform of V."""
    probability, parts = _spacings(n)
    y = np.arange(-LIMIT, LIMIT, STEP)
    scaled = np.exp(y)[:, None, None] * (parts / n)
    log_each = -np.log1p(scaled).sum(axis=2)
    density = (np.exp(log_each) * (scaled / (1 + scaled)).sum(axis=2)) @ probability
    weight = density / density.sum()
    mean = float(weight @ y)
    return float(digamma(1) - mean), float(weight @ (y - mean) ** 2 - polygamma(1, 1))


def _median_square(n: int) -> float:
    """E U² of the median: a sum of exponentials on one side of 0 given k, by the same representation."""
    middle, even = (n + 1) // 2, n % 2 == 0
    k = np.arange(n + 1)
    probability = np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(n, 0.5))
    total = 0.0
    for negative, p in zip(k, probability, strict=True):
        below = min(negative, n - negative)  # by symmetry
        if even and below == middle:
            total += p * 0.5 / middle**2
            continue
        rates = np.arange(below, middle)
        steps = 1.0 / (n - rates)
        steps = np.append(steps, 0.5 / (n - middle)) if even else steps
        total += p * (np.sum(steps**2) + np.sum(steps) ** 2)
    return float(total)

"""Closed forms of the loops that are timed, written from their definitions and not with madtheory's own laws."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, polygamma

from benchmarks._harness import Claim


def log_variance(n: int, dim: int, t: int, estimator: str, part: str = "") -> Claim:
    """log|Σ_t|/d under replace: t independent sums of d log-chi-squares, for n > d."""
    half = (n - np.arange(1, dim + 1)) / 2
    divisor = n if estimator == "mle" else n - 1
    mean = t * np.sum(digamma(half) + np.log(2 / divisor)) / dim
    return Claim("log_variance", t, float(mean), float(np.sqrt(t * np.sum(polygamma(1, half))) / dim), part)


def drift(n: int, t: int) -> Claim:
    """(μ_t − μ_0)² under replace in one dimension, unbiased, σ_0 = 1: mean t/n.

    Given the variances, μ_t is normal with variance V/n, V = Σ_{s<t} σ_s²; so E μ_t⁴ = 3 E V²/n², and
    E σ_r²σ_s² = (1 + 2/(n−1))^min(r,s).
    """
    s = np.arange(t)
    second = np.sum((1 + 2 / (n - 1)) ** np.minimum.outer(s, s))
    return Claim("mean_square_drift", t, t / n, float(np.sqrt(3 * second - t**2) / n))


def weighted_drift(n: int, dim: int, weight: float, t: int, part: str = "") -> Claim:
    """‖μ_t − μ_0‖² with n real points that weigh w and n synthetic ones that weigh 1 − w, unbiased, Σ_0 = 1; t until stationary.

    m' = w²d/n + (1−w)²(m + v/n) for the drift m, and with v = E tr Σ the weighted covariance times N/(N−1), N = 2n:
    v' (1 − 1/N) = (1 − 1/n)(w d + (1−w) v) + w(1−w)((d + v)/n + m).
    """
    w, u, m, v = weight, 1 - weight, dim / n, float(dim)
    for _ in range(1, t):
        spread = (1 - 1 / n) * (w * dim + u * v) + w * u * ((dim + v) / n + m)
        m, v = w**2 * dim / n + u**2 * (m + v / n), spread / (1 - 1 / (2 * n))
    return Claim("mean_square_drift", t, m, None, part)

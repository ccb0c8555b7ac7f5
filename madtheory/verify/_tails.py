"""Tails and quantiles of the laws that tests are read off from; `scipy.stats` would take longer to import than a small run."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special


def normal_above(z: Any) -> Any:
    """P(Z > z) of a standard normal."""
    return special.ndtr(-np.asarray(z))


def normal_level(p: Any) -> Any:
    """The z with P(Z > z) = p."""
    return -special.ndtri(p)


def chi_square_above(x: Any, degrees: Any) -> Any:
    """P(χ² > x)."""
    return special.chdtrc(degrees, x)


def chi_square_level(p: Any, degrees: Any) -> Any:
    """The x with P(χ² > x) = p."""
    return special.chdtri(degrees, p)


def noncentral_chi_square_above(x: Any, degrees: Any, noncentrality: Any) -> Any:
    """P(χ²(noncentrality) > x), to the rounding of 1 − P."""
    return 1 - special.chndtr(x, degrees, noncentrality)


def binomial_up_to(count: Any, trials: Any, p: Any) -> Any:
    """P(K ≤ count)."""
    count = np.floor(count)
    inside = special.betaincc(np.maximum(count, 0) + 1, np.maximum(trials - count, 1e-300), p)
    return np.where(count < 0, 0.0, np.where(count >= trials, 1.0, inside))[()]


def binomial_from(count: Any, trials: Any, p: Any) -> Any:
    """P(K ≥ count)."""
    count = np.ceil(count)
    inside = special.betainc(np.maximum(count, 1e-300), np.maximum(trials - count, 0) + 1, p)
    return np.where(count <= 0, 1.0, np.where(count > trials, 0.0, inside))[()]


def binomial_at(count: Any, trials: Any, p: Any) -> Any:
    """P(K = count)."""
    ways = special.gammaln(trials + 1) - special.gammaln(count + 1) - special.gammaln(trials - count + 1)
    return np.exp(ways + special.xlogy(count, p) + special.xlog1py(trials - count, -p))


def skewness(values: np.ndarray) -> np.ndarray:
    """Third standardised moment along the first axis."""
    apart = values - values.mean(axis=0)
    return (apart**3).mean(axis=0) / (apart**2).mean(axis=0) ** 1.5

"""Ratios of gamma functions without cancellation, for sample sizes from 2 to 10⁹."""

from __future__ import annotations

import numpy as np
from scipy.special import bernoulli, comb, digamma, gammaln

TERMS = 16  # of the expansion in 1/a; with a ≥ 20 and |s| ≤ a/10 the first one left out is below 1e-16 of the first
LARGE = 20.0


def _coefficients() -> np.ndarray:
    """(TERMS, TERMS+2) of (−1)^{k+1} [B_{k+1}(s) − B_{k+1}]/(k(k+1)) in powers of s, row k−1."""
    numbers = bernoulli(TERMS + 1)
    out = np.zeros((TERMS, TERMS + 2))
    for k in range(1, TERMS + 1):
        j = np.arange(1, k + 2)
        out[k - 1, j] = (-1) ** (k + 1) * comb(k + 1, j) * numbers[k + 1 - j] / (k * (k + 1))
    return out


COEFFICIENTS = _coefficients()
SLOPES = COEFFICIENTS[:, 1:] * np.arange(1, TERMS + 2)


def log_rising(a: np.ndarray | float, s: np.ndarray | float) -> np.ndarray:
    """log[Γ(a+s) / (Γ(a) a^s)], relatively accurate for large `a` (Tricomi & Erdélyi 1951)."""
    a, s = np.broadcast_arrays(np.asarray(a, dtype=float), s)
    return np.where(_large(a, s), _series(COEFFICIENTS, a, s), gammaln(a + s) - gammaln(a) - s * np.log(a))


def log_rising_slope(a: np.ndarray | float, s: np.ndarray | float) -> np.ndarray:
    """∂/∂s of `log_rising`: ψ(a+s) − log a. At s = 0 it is the mean of log(χ²_{2a}/2a)."""
    a, s = np.broadcast_arrays(np.asarray(a, dtype=float), s)
    return np.where(_large(a, s), _series(SLOPES, a, s), digamma(a + s) - np.log(a))


def _large(a: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Where the expansion in 1/a is exact to rounding."""
    return (a >= LARGE) & (abs(s) <= a / 10)


def _series(coefficients: np.ndarray, a: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Σ_k p_k(s)/a^k with row k−1 of `coefficients` for p_k; 0 where `a` and `s` are out of its reach."""
    large = _large(a, s)
    powers = np.where(large, s, 0.0)[..., None] ** np.arange(coefficients.shape[1])
    inverse = np.where(large, a, LARGE)[..., None] ** -np.arange(1.0, TERMS + 1)
    return np.sum((powers @ coefficients.T) * inverse, axis=-1)

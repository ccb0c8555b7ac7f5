"""Tolerances from a false-alarm rate: every statistical test may be wrong once in a million runs, all its checks together."""

from __future__ import annotations

import numpy as np
from scipy import stats

FALSE_ALARM = 1e-6


def z_bound(checks: int) -> float:
    """|z| that none of `checks` standard normal scores exceeds, but for one run in a million (Bonferroni)."""
    return float(stats.norm.isf(FALSE_ALARM / 2 / checks))


def worst_z(samples: np.ndarray, expected: np.ndarray) -> float:
    """Largest |z| of the means of `samples` (R, …) against `expected` (…)."""
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    return float(np.max(abs(samples.mean(axis=0) - expected) / error))


def uniform_z(probabilities: np.ndarray, bins: int = 64) -> float:
    """Chi-square of the histogram of numbers in (0, 1) against equal bins, as a normal score."""
    counts = np.histogram(probabilities, bins, (0, 1))[0]
    each = len(probabilities) / bins
    return float(stats.norm.isf(stats.chi2.sf(np.sum((counts - each) ** 2) / each, bins - 1)))

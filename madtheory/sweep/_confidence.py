"""Confidence sequences: intervals for a mean that hold at all times at once, so that a run may stop when it likes."""

from __future__ import annotations

import math

import numpy as np


def spread(count: int, level: float, tuned: int) -> float:
    r"""Half-width of the interval after `count` numbers, in standard deviations of one number.

    The boundary of Robbins' normal mixture with the sample's own standard deviation, an asymptotic confidence sequence
    (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, Theorem 2.2): whatever the distribution, the mean lies outside at some
    time with probability at most `level` in the limit of a late start,
    $\sqrt{\tfrac{2(n\rho^2+1)}{n^2\rho^2}\log\tfrac{\sqrt{n\rho^2+1}}{\alpha}}$.

    Args:
        count: n, numbers so far.
        level: α, strictly between 0 and 1.
        tuned: number at which the interval is meant to be narrow; ρ follows from it.
    """
    rho2 = _rho2(level, tuned)
    grown = count * rho2 + 1
    return math.sqrt(2 * grown / (count**2 * rho2) * math.log(math.sqrt(grown) / level))


def _rho2(level: float, tuned: int) -> float:
    """ρ² that makes the interval about the narrowest at `tuned` numbers."""
    twice = -2 * math.log(level)
    return (twice + math.log(twice + 1)) / tuned


def half_width(count: int, m2: np.ndarray, level: float, tuned: int) -> np.ndarray:
    """Half-widths from sums of squared deviations (any shape); infinite before there are two numbers."""
    if count < 2:
        return np.full(np.shape(m2), np.inf)
    return np.sqrt(np.asarray(m2, np.float64) / (count - 1)) * spread(count, level, tuned)

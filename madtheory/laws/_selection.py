"""Mean and variance of what a curation keeps of N(m, v), in one dimension, where the candidates are many.

A reward of a standard normal z is β z, or −(κ/2)(z − c)²: all that selection depends on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.optimize import brentq
from scipy.stats import norm

from madtheory.curation import Acceptance, BestOf, Curation, Preference, Tilt, TopShare

FAR = 12.0  # standard deviations beyond which nothing is left to integrate
NODES, WEIGHTS = leggauss(300)
LEVELS = 1500


def kept(curation: Curation, mean: float, variance: float) -> tuple[float, float]:
    """Mean and variance of the points that `curation` keeps."""
    scale = float(np.sqrt(variance))
    if isinstance(curation, Acceptance):
        first, second = _accepted(curation, mean, scale)
        return mean + scale * first, variance * (second - first**2)
    if curation.direction is not None:
        slope, curve, centre = float(curation.direction[0]) * scale, 0.0, 0.0
    elif curation.centre is not None:
        slope, curve, centre = 0.0, float(curation.strength) * variance, (float(curation.centre[0]) - mean) / scale
    else:
        slope, curve, centre = 0.0, -float(curation.novelty) * variance, 0.0
    first, second = _RULES[type(curation)](curation, slope, curve, centre)
    return mean + scale * first, variance * (second - first**2)


def _tilt(curation: Tilt, slope: float, curve: float, centre: float) -> tuple[float, float]:
    if curve <= -1:
        return np.nan, np.nan  # nothing that could be normalised
    shift = slope + curve * centre / (1 + curve)
    return shift, 1 / (1 + curve) + shift**2


def _top_share(curation: TopShare, slope: float, curve: float, centre: float) -> tuple[float, float]:
    share = curation.share
    if slope:
        low = norm.isf(share)
        first = np.sign(slope) * norm.pdf(low) / share
        return float(first), float(1 + low * norm.pdf(low) / share)
    inner = share if curve > 0 else 1 - share  # of the probability is closer to the centre
    radius: Any = brentq(lambda r: norm.cdf(centre + r) - norm.cdf(centre - r) - inner, 0, FAR + abs(centre))
    return _cut(centre - radius, centre + radius, curve > 0)


def _accepted(curation: Acceptance, mean: float, scale: float) -> tuple[float, float]:
    least = float(curation.least)
    if curation.direction is not None:
        slope = float(curation.direction[0]) * scale
        edge = (least - float(curation.direction[0]) * mean) / slope
        return _cut(edge, np.inf, inside=True) if slope > 0 else _cut(-np.inf, edge, inside=True)
    if curation.centre is not None:
        pull, centre = float(curation.strength), float(curation.centre[0])
    else:
        pull, centre = -float(curation.novelty), mean
    radius = np.sqrt(max(-2 * least / pull, 0.0))
    return _cut((centre - radius - mean) / scale, (centre + radius - mean) / scale, pull > 0)


def _cut(low: float, high: float, inside: bool) -> tuple[float, float]:
    """First and second moment of a standard normal between two numbers, or outside of them."""
    ends = np.array([low, high])
    density = norm.pdf(ends)
    share = norm.cdf(high) - norm.cdf(low)
    first, second = density[0] - density[1], share + density @ np.where(np.isinf(ends), 0.0, ends * [1, -1])
    if not inside:
        share, first, second = 1 - share, -first, 1 - second
    return float(first / share), float(second / share)


def _points(slope: float, centre: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes z, their probabilities, and P(reward below that at z) up to its direction: of z, or of −|z − c|."""
    if slope:
        z, weight = FAR * NODES, FAR * WEIGHTS
        return z, weight * norm.pdf(z), norm.cdf(z * np.sign(slope))
    reach = (FAR + abs(centre)) / 2
    radius, weight = reach * (1 + NODES), reach * WEIGHTS
    closer = norm.cdf(centre + radius) - norm.cdf(centre - radius)
    z = np.concatenate([centre + radius, centre - radius])
    return z, np.tile(weight, 2) * norm.pdf(z), np.tile(1 - closer, 2)


def _best_of(curation: BestOf, slope: float, curve: float, centre: float) -> tuple[float, float]:
    z, weight, below = _points(slope, centre)
    rank = below if slope or curve > 0 else 1 - below
    chosen = curation.candidates * weight * rank ** (curation.candidates - 1)
    return float(chosen @ z), float(chosen @ z**2)


def _preference(curation: Preference, slope: float, curve: float, centre: float) -> tuple[float, float]:
    """1/Σ e^r = ∫ e^{l − e^l Σ e^r} dl makes the candidates independent given l."""
    z, weight, _ = _points(slope, centre)
    reward = slope * z - curve / 2 * (z - centre) ** 2
    near = weight > 1e-30 * weight.max()
    levels = np.linspace(-45 - reward[near].max(), 5 - reward[near].min(), LEVELS)[:, None]
    waiting = np.exp(-np.exp(np.minimum(levels + reward, 700)))
    others = (waiting @ weight) ** (curation.candidates - 1)
    chosen = weight * ((others[:, None] * np.exp(np.minimum(levels + reward, 700)) * waiting).sum(0))
    chosen *= curation.candidates * (levels[1, 0] - levels[0, 0])
    return float(chosen @ z), float(chosen @ z**2)


_RULES: dict[type[Curation], Callable[..., tuple[float, float]]] = {
    Tilt: _tilt, TopShare: _top_share, BestOf: _best_of, Preference: _preference,
}  # fmt: skip

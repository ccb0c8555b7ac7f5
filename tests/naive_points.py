"""Loops of models fitted to points, in NumPy: what to draw and how to fit are handed in, the rest is the schedule's table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from tests.false_alarms import FALSE_ALARM

Draw = Callable[[np.random.Generator, Any, int, int, float], np.ndarray]
"""(rng, model, replicas, size, λ) → (R, size, d) points; the model is `None` for the real law."""
Fit = Callable[[np.ndarray, np.ndarray], Any]
"""Points (R, N, d) with shares (N,) that sum to 1 → what `Draw` takes as a model."""


def run(loop: Any, draw: Draw, fit: Fit, generations: int, replicas: int, seed: int) -> list[Any]:
    """The models of generations 1…T."""
    rng, table = np.random.default_rng(seed), loop.composition(generations)
    models: list[Any] = [None]
    batches: dict[int, np.ndarray] = {}
    for t in range(1, generations + 1):
        for e in np.flatnonzero(table.born == t):
            batches[e] = draw(rng, models[table.source[e]], replicas, int(table.size[e]), float(table.bias[e]))
        used = np.flatnonzero(table.weights[t - 1] > 0)
        share = np.repeat(table.weights[t - 1, used] / table.size[used], table.size[used])
        models.append(fit(np.concatenate([batches[e] for e in used], axis=1), share))
    return models[1:]


def quantile(points: np.ndarray, share: np.ndarray, p: float) -> np.ndarray:
    """(R,) weighted p-quantiles of points (R, N): the middle of all numbers with at most p below and 1−p above them."""
    order = np.argsort(points, axis=1)
    ranked, up_to = np.take_along_axis(points, order, axis=1), np.cumsum(share[order], axis=1)
    ends = [np.argmax(up_to > p + side, axis=1) for side in (-1e-9, 1e-9)]
    return sum(np.take_along_axis(ranked, end[:, None], axis=1)[:, 0] for end in ends) / 2


def alike(first: np.ndarray, second: np.ndarray, checks: int = 1) -> bool:
    """Whether two samples may be of one law: Kolmogorov and Smirnov, one false alarm in a million runs of `checks` such tests.

    Four decimals are compared: what happens with positive probability rounds to two numbers in two precisions.
    """
    return bool(stats.ks_2samp(first.round(4), second.round(4), method="asymp").pvalue > FALSE_ALARM / checks)


def follows(sample: np.ndarray, cdf: Callable[[np.ndarray], np.ndarray], checks: int = 1) -> bool:
    """Whether a sample may be of this law, in the same way."""
    return bool(stats.kstest(sample, cdf, method="asymp").pvalue > FALSE_ALARM / checks)

"""The loop written out point by point in NumPy: slow, plain, and sharing no code with what it checks but the specification."""

from __future__ import annotations

from typing import Any

import numpy as np


def fit(points: np.ndarray, share: np.ndarray, estimator: str) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean (R, d) and covariance (R, d, d) of points (R, N, d) with shares (N,) that sum to 1."""
    mean = np.einsum("rnd,n->rd", points, share)
    centred = points - mean[:, None]
    covariance = np.einsum("rni,rnj,n->rij", centred, centred, share)
    return mean, covariance * (len(share) / (len(share) - 1) if estimator == "unbiased" else 1.0)


def draw(rng: np.random.Generator, mean: np.ndarray, covariance: np.ndarray, size: int) -> np.ndarray:
    """(R, size, d) points of N(mean, covariance); a covariance without full rank is welcome."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
    return mean[:, None] + np.einsum("rij,rnj->rni", root, rng.normal(size=(len(mean), size, mean.shape[1])))


def real(rng: np.random.Generator, truth: Any, bias: float, replicas: int, size: int) -> np.ndarray:
    """(R, size, d) real points, spread about the mean by √bias."""
    if truth.real_draws == "bootstrap":
        rows = truth.points[rng.integers(len(truth.points), size=(replicas, size))]
        return truth.mean + np.sqrt(bias) * (rows - truth.mean)
    return draw(rng, np.tile(truth.mean, (replicas, 1)), np.tile(bias * truth.covariance, (replicas, 1, 1)), size)


def choose(rng: np.random.Generator, pool: np.ndarray, seen: int, again: bool) -> np.ndarray:
    """(R, seen, d) points of each replica's pool (R, N, d), with or without replacement."""
    replicas, total, _ = pool.shape
    index = rng.integers(total, size=(replicas, seen)) if again else rng.random((replicas, total)).argsort(axis=1)[:, :seen]
    return np.take_along_axis(pool, index[:, :, None], axis=1)


def run(loop: Any, generations: int, replicas: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Means (T+1, R, d) and covariances (T+1, R, d, d) of every generation; 0 is the truth."""
    rng, table, batches = np.random.default_rng(seed), loop.composition(generations), {}
    means = [np.tile(loop.truth.mean, (replicas, 1))]
    covariances = [np.tile(loop.truth.covariance, (replicas, 1, 1))]
    for t in range(1, generations + 1):
        for e in np.flatnonzero(table.born == t):
            k, size, bias = int(table.source[e]), int(table.size[e]), float(table.bias[e])
            synthetic = k > 0 and draw(rng, means[k], bias * covariances[k], size)
            batches[e] = synthetic if k > 0 else real(rng, loop.truth, bias, replicas, size)
        used = np.flatnonzero(table.weights[t - 1] > 0)
        points = np.concatenate([batches[e] for e in used], axis=1)
        share = np.repeat(table.weights[t - 1, used] / table.size[used], table.size[used])
        if table.pool is not None and t > 1:
            points = choose(rng, points, int(table.size_seen[t - 1]), table.pool == "resample")
            share = np.full(points.shape[1], 1 / points.shape[1])
        mean, covariance = fit(points, share, loop.estimator)
        means, covariances = [*means, mean], [*covariances, covariance]
    return np.array(means), np.array(covariances)

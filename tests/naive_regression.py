"""Logistic and Poisson regressions in plain NumPy, a whole batch of replicas at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from tests import naive_points


def cumulant(poisson: bool, u: np.ndarray) -> np.ndarray:
    """b(u)."""
    return np.exp(u) if poisson else np.logaddexp(0, u)


def mean(poisson: bool, u: np.ndarray) -> np.ndarray:
    """b'(u)."""
    return np.exp(u) if poisson else expit(u)


def labels(rng: np.random.Generator, poisson: bool, u: np.ndarray) -> np.ndarray:
    """Labels with these natural parameters."""
    return rng.poisson(np.exp(u)).astype(float) if poisson else (rng.random(u.shape) < expit(u)).astype(float)


def fitted(poisson: bool, x: np.ndarray, y: np.ndarray, share: np.ndarray, steps: int = 60) -> np.ndarray:
    """(R, d) maxima of the likelihood for inputs (R, N, d) by Newton's method, steps halved until the likelihood grows.

    Not a number where steps have not vanished at the end, or every label is on its own side.
    """
    theta, going = np.zeros((len(x), x.shape[2])), np.ones(len(x), bool)
    for _ in range(steps):
        step = newton(poisson, x[going], y[going], share, theta[going])
        size, before = np.ones(len(step)), loss(poisson, x[going], y[going], share, theta[going])
        for _ in range(20):
            worse = ~(loss(poisson, x[going], y[going], share, theta[going] + size[:, None] * step) <= before + 1e-14)
            if not worse.any():
                break
            size[worse] /= 2
        theta[going] += size[:, None] * step
        going[going] = np.max(abs(step), axis=1) > 1e-9
        if not going.any():
            break
    u = np.matmul(x, theta[:, :, None])[:, :, 0]
    lost = going if poisson else going | np.all((2 * y - 1) * u > 0, axis=1)
    return np.where(lost[:, None], np.nan, theta)


def loss(poisson: bool, x: np.ndarray, y: np.ndarray, share: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """(R,) weighted mean of −log-likelihood."""
    u = np.matmul(x, theta[:, :, None])[:, :, 0]
    return (cumulant(poisson, u) - y * u) @ share


def newton(poisson: bool, x: np.ndarray, y: np.ndarray, share: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """(R, d) Newton's step."""
    p = mean(poisson, np.matmul(x, theta[:, :, None])[:, :, 0])
    turned = np.swapaxes(x, 1, 2)
    pull = np.matmul(turned, ((y - p) * share)[:, :, None])
    hessian = np.matmul(turned * ((p if poisson else p * (1 - p)) * share)[:, None], x)
    return np.linalg.solve(hessian + 1e-15 * np.eye(x.shape[2]), pull)[:, :, 0]


def run(loop: Any, generations: int, replicas: int, seed: int) -> np.ndarray:
    """(R, d) coefficients of the last generation."""
    poisson, truth = loop.model.kind == "poisson_regression", loop.truth
    root = np.linalg.cholesky(truth.input_covariance)

    def draw(rng: np.random.Generator, model: Any, replicas: int, size: int, bias: float) -> np.ndarray:
        theta = np.tile(truth.coefficients, (replicas, 1)) if model is None else model
        x = rng.normal(size=(replicas, size, len(root))) @ root.T
        u = np.nan_to_num(np.einsum("rnd,rd->rn", x, theta))
        y = np.where(np.isnan(theta[:, :1]), np.nan, labels(rng, poisson, u))
        return np.concatenate([x, y[:, :, None]], axis=2)

    def fit(points: np.ndarray, share: np.ndarray) -> np.ndarray:
        alive = np.isfinite(points).all(axis=(1, 2))
        theta = np.full((len(points), points.shape[2] - 1), np.nan)
        theta[alive] = fitted(poisson, points[alive, :, :-1], points[alive, :, -1], share)
        return theta

    return naive_points.run(loop, draw, fit, generations, replicas, seed)[-1]


def with_scores(loop: Any, weigh_all: bool, generations: int, replicas: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(R, d) errors of the last generation, and what they are to first order in the scores, whose mean is exactly 0.

    Every generation adds n points; the fit is to all batches so far (`weigh_all`), or to the last one.
    """
    rng, truth, n = np.random.default_rng(seed), loop.truth, int(loop.schedule.n)
    poisson = loop.model.kind == "poisson_regression"
    root, inverse = np.linalg.cholesky(truth.input_covariance), np.linalg.inv(loop.model.information(truth))
    theta = np.tile(truth.coefficients, (replicas, 1))
    first, points, own = np.zeros_like(theta), [], []
    for _ in range(generations):
        x = rng.normal(size=(replicas, n, len(root))) @ root.T
        u = np.einsum("rnd,rd->rn", x, theta)
        y = labels(rng, poisson, u)
        score = np.einsum("rn,rnd->rd", y - mean(poisson, u), x) / n
        points, own = [*(points if weigh_all else []), (x, y)], [*(own if weigh_all else []), first + score @ inverse]
        first = sum(own) / len(own)
        together = [np.concatenate(part, axis=1) for part in zip(*points, strict=True)]
        theta = fitted(poisson, *together, np.full(n * len(points), 1 / (n * len(points))))
    return theta - truth.coefficients, first

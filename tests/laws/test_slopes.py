"""Slopes of a linear structural model that is fitted to its own draws, against naive loops over points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from madtheory.laws import ATLAS, evaluate
from madtheory.laws.replace_slope import structural_loop
from madtheory.loop import Loop
from madtheory.simulate import simulate
from tests.false_alarms import worst_z, z_bound

T, REPLICAS = 4, 20_000
SETTINGS = {"two": (structural_loop(24), 24), "three, mle, biased": (structural_loop(26, 3, "mle", 0.8), 26)}
each_setting = pytest.mark.parametrize(("loop", "n"), SETTINGS.values(), ids=list(SETTINGS))


def slopes(covariance: np.ndarray) -> np.ndarray:
    """(R, d−1) coefficients of the last coordinate on the others."""
    return np.linalg.solve(covariance[:, :-1, :-1], covariance[:, :-1, -1:])[:, :, 0]


def naive(loop: Loop, n: int, rng: Any) -> np.ndarray:
    """(R, T, d−1) slopes of full covariances fitted to points drawn one by one."""
    dim, bias = loop.dim, float(np.asarray(loop.sampling_bias))
    mean, covariance = np.zeros((REPLICAS, dim)), np.tile(np.asarray(loop.truth.covariance), (REPLICAS, 1, 1))
    rows = []
    for t in range(T):
        scale = np.sqrt(bias) if t else 1.0
        points = rng.normal(size=(REPLICAS, n, dim)) @ np.swapaxes(np.linalg.cholesky(covariance), 1, 2) * scale + mean[:, None]
        mean = points.mean(axis=1)
        apart = points - mean[:, None]
        covariance = np.swapaxes(apart, 1, 2) @ apart / (n - (loop.estimator == "unbiased"))
        rows.append(slopes(covariance))
    return np.stack(rows, axis=1)


def node_by_node(loop: Loop, n: int, rng: Any) -> np.ndarray:
    """(R, T) slopes of two nodes, x → y, each fitted by itself: residual variances are divided by n − 2."""
    covariance = np.asarray(loop.truth.covariance)
    b, x_variance = np.full(REPLICAS, covariance[1, 0] / covariance[0, 0]), np.full(REPLICAS, covariance[0, 0])
    residual = np.full(REPLICAS, covariance[1, 1] - covariance[1, 0] ** 2 / covariance[0, 0])
    rows = []
    for _ in range(T):
        x = rng.normal(size=(REPLICAS, n)) * np.sqrt(x_variance)[:, None]
        y = b[:, None] * x + rng.normal(size=(REPLICAS, n)) * np.sqrt(residual)[:, None]
        x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        squares = np.sum(x**2, axis=1)
        b, x_variance = np.sum(x * y, axis=1) / squares, squares / (n - 1)
        residual = np.sum((y - b[:, None] * x) ** 2, axis=1) / (n - 2)
        rows.append(b)
    return np.stack(rows, axis=1)


def risk(found: np.ndarray, loop: Loop) -> np.ndarray:
    """(R, T) squared error of the slopes in the real covariance of the others."""
    covariance = np.asarray(loop.truth.covariance)
    apart = found - slopes(covariance[None])
    return np.einsum("rti,ij,rtj->rt", apart, covariance[:-1, :-1], apart)


def said(name: str, loop: Loop, generations: int = T, part: str = "mean") -> np.ndarray:
    """A law from generation 1 on."""
    values = evaluate(getattr(ATLAS[name], part), loop, generations)
    assert values is not None
    return values[1:]


@each_setting
def test_a_naive_loop_meets_the_laws(loop: Loop, n: int, seed: int) -> None:
    found = naive(loop, n, np.random.default_rng(seed))
    assert worst_z(found, said("replace-slope", loop)) < z_bound(T * (loop.dim - 1))
    assert worst_z(risk(found, loop), said("replace-slope-risk", loop)) < z_bound(T)
    apart = (found - said("replace-slope", loop)) ** 2
    assert worst_z(apart, said("replace-slope", loop, part="variance")) < z_bound(T * (loop.dim - 1))


@each_setting
def test_four_points_more_are_rejected(loop: Loop, n: int, seed: int) -> None:
    found = naive(loop, n, np.random.default_rng(seed))
    wrong = structural_loop(n + 4, loop.dim)
    assert worst_z(risk(found, loop), said("replace-slope-risk", wrong)) > z_bound(T)
    assert worst_z((found - said("replace-slope", loop)) ** 2, said("replace-slope", wrong, part="variance")) > z_bound(T)


def test_nodes_with_unbiased_residuals_are_another_loop_and_rejected_as_this_one(seed: int) -> None:
    """There E(b_t − b_0)² = (τ_0²/2σ_x²)[((n−1)/(n−3))^t − 1]."""
    loop, n, long = structural_loop(14), 14, np.arange(1, T + 1)
    covariance = np.asarray(loop.truth.covariance)
    apart = (node_by_node(loop, n, np.random.default_rng(seed)) - covariance[1, 0] / covariance[0, 0]) ** 2
    residual = covariance[1, 1] - covariance[1, 0] ** 2 / covariance[0, 0]
    assert worst_z(apart[:, :2], (residual / (2 * covariance[0, 0]) * (((n - 1) / (n - 3)) ** long - 1))[:2]) < z_bound(2)
    assert worst_z(apart * covariance[0, 0], said("replace-slope-risk", loop)) > z_bound(T)


def test_the_engine_in_many_dimensions_and_another_number_of_points_is_rejected(seed: int) -> None:
    """Beyond the dimensions in which the slopes are written out."""
    loop = structural_loop(30, 6)
    run = simulate(loop, generations=T, replicas=5_000, seed=seed, observables=["slope", "slope_risk"], keep=[T])
    b, squared = (run.observables[name].values for name in ("slope", "slope_risk"))
    assert b is not None
    assert squared is not None
    assert worst_z(b[0].astype(float), said("replace-slope", loop)[-1]) < z_bound(5)
    assert worst_z(squared[0].astype(float), said("replace-slope-risk", loop)[-1:]) < z_bound(1)
    assert worst_z(squared[0].astype(float), said("replace-slope-risk", structural_loop(34, 6))[-1:]) > z_bound(1)

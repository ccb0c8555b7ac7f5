"""Loops with a sampler or a curation between the model and its draws, and what becomes of a model on the way."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.curation import Tilt
from madtheory.laws._law import Hypothesis
from madtheory.laws._selection import kept
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Schedule
from madtheory.truth import Truth

LARGEST = 1e100  # variance from which a loop has run away
STEERED = Hypothesis("a sampler or a curation", lambda loop: loop.steered)
NO_SAMPLER = Hypothesis("no sampler", lambda loop: loop.sampler is None)
LINEAR_TILT = Hypothesis(
    "a tilt with a linear reward", lambda loop: isinstance(loop.curation, Tilt) and loop.curation.direction is not None
)


def steered_loop(schedule: Schedule, mean: float = 0.5, variance: float = 1.5, **between: Any) -> Loop:
    """A Gaussian loop in one dimension with `sampler` and `curation` as given."""
    truth = Truth(mean=[mean], covariance=[[variance]])
    return Loop(model=Gaussian(dim=1), truth=truth, schedule=schedule, bias_first_generation=False,
                estimator="unbiased", **between)  # fmt: skip


def sampled(loop: Loop, std: Any) -> tuple[Any, Any]:
    """Share of the mean that the sampler keeps, and standard deviation of its draws."""
    std = jnp.asarray(std, jnp.float64)
    return (jnp.ones_like(std), std) if loop.sampler is None else loop.sampler.through(std)


def drawn(loop: Loop, mean: float, variance: float, bias: float) -> tuple[float, float]:
    """Mean and variance of synthetic draws of N(mean, variance) as they reach the training set."""
    share, std = sampled(loop, jnp.sqrt(variance))
    mean, variance = float(share) * mean, float(std) ** 2 * bias
    return (mean, variance) if loop.curation is None else kept(loop.curation, mean, variance)


def large_sample_path(loop: Loop, generations: int) -> np.ndarray:
    """(T+1, 2) mean and variance of the fits when every batch is large: those of the mixture of its sources."""
    table = loop.composition(generations)
    truth, bias = loop.truth, np.asarray(table.bias, float)
    path = [np.array([float(truth.mean[0]), float(truth.covariance[0, 0])])]
    batches = np.zeros((len(table.source), 2))
    for t in range(1, generations + 1):
        if path[-1][1] > LARGEST:  # it runs away
            return np.vstack([path, np.full((generations + 1 - t, 2), np.inf)])
        for e in np.flatnonzero(table.born == t):
            source = int(table.source[e])
            real = (path[0][0], path[0][1] * bias[e])
            batches[e] = drawn(loop, path[source][0], path[source][1], bias[e]) if source else real
        share = table.weights[t - 1]
        mean = share @ batches[:, 0]
        path.append(np.array([mean, share @ (batches[:, 1] + (batches[:, 0] - mean) ** 2)]))
    return np.array(path)

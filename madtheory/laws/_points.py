"""The second moments of loops of models whose draws have the training set's mean and variance, kernels beside.

A fixed bandwidth adds to the variance, and one that follows the data multiplies it. Every step of EM leaves a normal mixture
with the mean and the 1/N variance of its data, although nothing else about it is known.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._recursion import Moments, moments_of_points
from madtheory.loop import Loop
from madtheory.models import KDE, Mixture, MixtureTruth
from madtheory.models.kde import KERNELS
from madtheory.schedules import Schedule
from madtheory.truth import Truth


def second_moments(loop: Loop, generations: int) -> Moments:
    """Covariances of the models' means and expected variances of a draw, averaged over coordinates (squared units)."""
    grown, added = np.ones(generations + 1), 0.0
    model = loop.model
    if isinstance(model, KDE):
        unit = KERNELS[model.kernel]
        fixed = model.relative is None and not isinstance(model.bandwidth, str)
        added = unit * jnp.asarray(model.bandwidth, dtype=jnp.float64) ** 2 if fixed else 0.0
        grown = grown if fixed else 1 + unit * factors(loop, generations) ** 2
    return moments_of_points(loop, generations, grown, added, real_variance(loop))


def real_variance(loop: Loop) -> Any:
    """Variance of a real point, averaged over coordinates (squared units)."""
    if isinstance(loop.truth, MixtureTruth):
        return loop.truth.variance
    return jnp.trace(jnp.asarray(loop.truth.covariance, dtype=jnp.float64)) / loop.dim


def factors(loop: Loop, generations: int) -> np.ndarray:
    """(T+1,) h_t/s_t of a bandwidth that follows the data; n counts as (Σw)²/Σw² points."""
    model = loop.model
    assert isinstance(model, KDE)
    if model.relative is not None:
        return np.full(generations + 1, float(model.relative))
    table = loop.composition(generations)
    n, power = 1 / (table.weights**2 @ (1 / table.size)), -1 / (loop.dim + 4)
    scaled = n if model.bandwidth == "scott" else n * (loop.dim + 2) / 4
    return np.concatenate([[0.0], scaled**power])


def points_loop(model: Any, schedule: Schedule) -> Loop:
    """A loop that starts from a truth with unequal scales."""
    truth = Truth(mean=np.zeros(model.dim), covariance=np.diag(np.arange(1.0, model.dim + 1)))
    return Loop(model=model, truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")


def mixture_loop(schedule: Schedule, iterations: int = 8) -> Loop:
    """A loop of two normal components that overlap."""
    truth = MixtureTruth(weights=[0.4, 0.6], means=[-1.5, 1.5], variances=[0.5, 1.0])
    model = Mixture(iterations=iterations)
    return Loop(model=model, truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")

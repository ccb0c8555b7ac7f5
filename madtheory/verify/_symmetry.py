"""Drift to either side is equally likely, whatever the variance has done: true of every loop with a Gaussian truth
whose draws reach the training set as the model makes them.

Given the size of the drift and the variance of each replica, the signs of the drift are fair coins, so this holds at any
generation. It finds means and variances that share their random numbers, which no marginal distribution shows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from madtheory.models import Gaussian
from madtheory.simulate import Simulation
from madtheory.verify._end_of_run import replicas_at
from madtheory.verify._finding import Finding, largest_p, two_sided_p, z_resolution


def symmetry(simulation: Simulation) -> Iterator[Finding]:
    """The correlation of the drift's sign with the log-variance at the last generation, the largest over coordinates."""
    t = int(simulation.generations[-1])
    loop = simulation.loop
    if not isinstance(loop.model, Gaussian) or not loop.truth.parametric or loop.steered:
        return
    drift, log_variance = (replicas_at(simulation, name, t) for name in ("drift", "log_variance"))
    if drift is None or log_variance is None:
        return
    if not np.all(np.isfinite(log_variance)):  # a covariance without full rank
        return
    centred = log_variance - log_variance.mean()
    if not np.any(centred):
        return
    z = (np.sign(drift) * centred).sum(axis=0) / np.sqrt(np.sum(centred**2))
    worst = float(z[np.argmax(abs(z))])
    resolution = z_resolution(1 / np.sqrt(len(drift)), len(z))
    yield Finding("symmetry", "drift", "symmetry", t, worst, largest_p(two_sided_p(worst), len(z)), None, resolution,
                  detail="correlation of the drift's sign with the log-variance")  # fmt: skip

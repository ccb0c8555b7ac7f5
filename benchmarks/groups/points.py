"""The univariate loop with every point drawn, as most papers run it: n = 100 normals per replica and generation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks import _machine as machine
from benchmarks._harness import Result, Way
from benchmarks._lines import Line, Target, compare, rate
from benchmarks._ours import Job, here
from benchmarks._run import Run
from benchmarks.groups.univariate import N, claims, result, stock_way

TARGET = Target(3, 5)


def points(run: Run) -> Iterator[Line]:
    """Ours with `draw="points"` against vectorised NumPy and stock JAX."""
    few, generations = run.pick(1024, 16_384), run.pick(8, 16)
    replicas, some = machine.roomy(few, 256), machine.roomy(few, 64)
    job = Job({"kind": "replace", "n": N}, 1, generations, replicas, draw="points")
    ways = [
        here({"": job}, work=replicas * generations),
        Way("NumPy", lambda seed: numpy_loop(seed, few, generations), few * generations),
        stock_way(stock, some, generations),
    ]
    lines, _ = compare("points", "every point, d=1", ways, claims(generations), show=rate, targets=[TARGET, None], **run.how)
    yield from lines


def numpy_loop(seed: int, replicas: int, generations: int) -> Result:
    """All points of all replicas in one array per generation."""
    rng = np.random.default_rng(seed)
    mean, variance = np.zeros(replicas), np.ones(replicas)
    drift, spread = np.empty(generations), np.empty(generations)
    for t in range(generations):
        x = rng.standard_normal((replicas, N))
        x *= np.sqrt(variance)[:, None]
        x += mean[:, None]
        mean, variance = x.mean(axis=1), x.var(axis=1, ddof=1)
        drift[t], spread[t] = np.mean(mean**2), np.mean(np.log(variance))
    return result(replicas, drift, spread)


def stock(mean: Any, log_variance: Any, key: Any) -> tuple[Any, Any]:
    """A generation by `jax.random.normal`."""
    import jax
    import jax.numpy as jnp

    z = jax.random.normal(key, (N,))
    return mean + jnp.exp(0.5 * log_variance) * z.mean(), log_variance + jnp.log(z.var(ddof=1))

"""Second moments of loops that keep everything: a model fits the whole pool, or a random part of it.

Given the pool (N points, mean p, 1/N variance s) a model has mean p, variance f s about it, and fitted variance h s on
average; the next batch then moves p and s by amounts whose expectation is linear in s. All numbers multiply Σ_0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from madtheory.laws._pairs import Path
from madtheory.laws._recursion import Moments
from madtheory.loop import Loop
from madtheory.schedules import Composition


class Choice(NamedTuple):
    """Fitting m of N points, per generation (T,): Var(μ_t | pool) = f s, E[Σ_t | pool] = h s."""

    f: np.ndarray
    h: np.ndarray


class Pool(NamedTuple):
    """(T,) each: p's variance, s on average, f, and the fraction of the pool that is new at the next generation (T−1,)."""

    drift: Any
    scale: Any
    f: np.ndarray
    added: np.ndarray


def is_pool(loop: Loop) -> bool:
    """Whether the loop keeps everything, and so is described by the moments of its pool."""
    return loop.schedule.kind == "accumulate" or loop.schedule.composition(1).pool is not None


def choice(table: Composition, estimator: str) -> Choice:
    """The choice of every generation; generation 1 fits the whole real batch."""
    total, seen = np.cumsum(table.size), _seen(table)
    whole = 1 / (1 - 1 / np.maximum(total, 2))  # N/(N−1): the 1/N variance of a pool is not unbiased for its own points
    subset = table.pool != "resample"
    h = np.where(subset, whole, 1.0) * (1 - 1 / seen if estimator == "mle" else 1.0)
    h[0] = 1.0 if estimator == "mle" else whole[0]
    return Choice(large_choice(table) * (whole if subset else 1.0), h)


def large_choice(table: Composition) -> np.ndarray:
    """(T,) f to first order in 1/m."""
    f = 1 / _seen(table) - (0.0 if table.pool == "resample" else 1 / np.cumsum(table.size))
    return np.where(np.arange(len(f)) == 0, 0.0, f)


def _seen(table: Composition) -> np.ndarray:
    """(T,) m, the points that are fitted."""
    return np.cumsum(table.size) * 1.0 if table.size_seen is None else np.asarray(table.size_seen, dtype=float)


def _pool(table: Composition, f: np.ndarray, h: np.ndarray) -> Pool:
    bias, n, total = jnp.asarray(table.bias), table.size, np.cumsum(table.size)
    spread = f[:-1] + bias[1:] * h[:-1] / n[1:]  # variance of the next batch's mean about p, per s
    added, kept = n[1:] / total[1:], total[:-1] / total[1:]
    growth = kept + bias[1:] * h[:-1] * (added - 1 / total[1:]) + kept * added * spread
    scale = bias[0] * (1 - 1 / n[0]) * jnp.concatenate([jnp.ones(1), jnp.cumprod(growth)])
    drift = jnp.cumsum(jnp.concatenate([bias[:1] / n[0], added**2 * spread * scale[:-1]]))
    return Pool(drift, scale, f, added)


def pool_moments(loop: Loop, generations: int) -> Moments:
    """The exact Cov(μ_s, μ_t) and E Σ_t of generations 0…`generations`; differentiable in the sampling bias."""
    table = loop.composition(generations)
    f, h = choice(table, loop.estimator)
    pool = _pool(table, f, h)
    return Moments(_covariance(pool.drift, f * pool.scale, pool.added), jnp.append(1.0, h * pool.scale))


def pool_path(loop: Loop, generations: int) -> Path:
    """(T+1,) E Σ_t and Cov μ_t, exactly, and Φ to first order."""
    table = loop.composition(generations)
    f, h = choice(table, loop.estimator)
    pool = _pool(table, f, h)
    scale = jnp.append(1.0, h * pool.scale)
    return Path(scale, jnp.append(0.0, pool.drift + f * pool.scale), _spread(table, scale))


def pool_constant_variance(table: Composition) -> Any:
    """(T+1, T+1) Cov(μ_s, μ_t)/S_0 if every model kept the variance of the truth (λ = 1): first order in 1/n."""
    f, n, total = large_choice(table), table.size, np.cumsum(table.size)
    added = n[1:] / total[1:]
    return _covariance(np.cumsum(np.append(1 / n[0], added**2 * (f[:-1] + 1 / n[1:]))), f, added)


def _spread(table: Composition, scale: Any) -> Any:
    """(T+1,) Φ with Var S_t = 2 Φ_t S_0² to first order in 1/n."""
    f, n, total = large_choice(table), table.size, np.cumsum(table.size)
    bias, square = jnp.asarray(table.bias), scale**2
    remembered = 1 + (bias - 1) * n / total  # how much of a deviation of the pool is left when its model's batch has joined
    own = jnp.append(1 / n[0], (n[1:] / total[1:]) ** 2 * (f[:-1] + 1 / n[1:])) * bias**2 * square[:-1]
    left = jnp.cumprod(remembered.at[0].set(1.0)) ** 2
    return jnp.append(0.0, left * jnp.cumsum(own / left) + f * square[1:])


def _covariance(drift: Any, own: Any, added: Any) -> Any:
    """(T+1, T+1) Cov(μ_s, μ_t): model s is remembered through its batch, a fraction `added` of the next pool."""
    later = drift + own * jnp.append(added, 0.0)
    order = jnp.arange(len(drift))
    shared = later[jnp.minimum(order[:, None], order)]
    return jnp.pad(jnp.where(jnp.eye(len(drift)) > 0, (drift + own)[:, None], shared), ((1, 0), (1, 0)))

"""What the laws of the replace loop share: one generation multiplies the scatter by a Wishart matrix.

Σ_t = λ_t A W A'/(n_t − δ) with AA' = Σ_{t−1} and W ~ Wishart_d(n_t − 1, I), and
μ_t = μ_{t−1} + √(λ_t/n_t) A z, with z ~ N(0, I) independent of W.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory.laws._gamma import log_rising, log_rising_slope
from madtheory.laws._law import Hypothesis, running
from madtheory.loop import Loop
from madtheory.schedules import per_generation

TWO_POINTS = Hypothesis("at least two points in every generation", lambda loop: smallest(loop) >= 2)
FULL_RANK = Hypothesis("more points than dimensions in every generation", lambda loop: smallest(loop) > loop.dim)
CONSTANT_BIAS = Hypothesis("one sampling_bias for all generations", lambda loop: np.ndim(loop.sampling_bias) == 0)


def sizes(loop: Loop, generations: int) -> np.ndarray:
    """(T,) n_k as floats (counts)."""
    return per_generation(np.asarray(loop.schedule.n), generations).astype(float)  # type: ignore[attr-defined]


def by_size(function: Callable[[np.ndarray], np.ndarray], loop: Loop, generations: int) -> np.ndarray:
    """(T, …) a function of n_k, computed once for each size that occurs."""
    values, place = np.unique(sizes(loop, generations), return_inverse=True)
    return function(values)[place]


def smallest(loop: Loop) -> int:
    """The smallest n_k of a replace loop, over all generations it describes."""
    return int(np.min(loop.schedule.n))  # type: ignore[attr-defined]


def delta(loop: Loop) -> int:
    """δ: 1 for the unbiased estimator, 0 for the mle."""
    return int(loop.estimator == "unbiased")


def bias(loop: Loop, generations: int) -> Any:
    """(T,) λ_k, with λ_1 = 1 unless the sampling bias applies in generation 1."""
    own = jnp.asarray(loop.sampling_bias, dtype=jnp.float64)
    own = jnp.broadcast_to(own, (generations,)) if own.ndim == 0 else own[:generations]
    return own if loop.bias_first_generation else own.at[:1].set(1.0)


def log_growth(loop: Loop, generations: int) -> Any:
    """(T,) log c_k = log[λ_k (n_k−1)/(n_k−δ)]: the factor by which the mean covariance grows."""
    n, d = sizes(loop, generations), delta(loop)
    return jnp.log(bias(loop, generations)) + np.log1p((d - 1) / (n - d))


def exponents(loop: Loop, generations: int) -> Any:
    """(T, d) E log[λ_k χ²_{n_k−i}/(n_k−δ)], the Lyapunov exponents of generation k; −∞ where n_k ≤ i."""
    d, i = delta(loop), np.arange(1, loop.dim + 1)

    def step(n: np.ndarray) -> np.ndarray:
        n = n[:, None]
        alive = n > i
        log_chi_square = np.log1p(np.where(alive, d - i, 0) / (n - d)) + log_rising_slope(np.where(alive, n - i, 1) / 2, 0.0)
        return np.where(alive, log_chi_square, -np.inf)

    return jnp.log(bias(loop, generations))[:, None] + by_size(step, loop, generations)


def growth(loop: Loop, generations: int) -> Any:
    """(T+1,) E tr Σ_t / tr Σ_0."""
    return jnp.exp(running(log_growth(loop, generations)))


def drift_rate(loop: Loop, generations: int) -> Any:
    """(T,) λ_k/n_k: the mean moves by this times the covariance it was drawn from."""
    return bias(loop, generations) / sizes(loop, generations)


def log_moment_step(loop: Loop, generations: int, order: float) -> Any:
    """(T,) log E[λ_k χ²_{n_k−1}/(n_k−δ)]^order for any real order above −(n_k−1)/2."""
    own = by_size(lambda n: log_rising((n - 1) / 2, order), loop, generations)
    return order * log_growth(loop, generations) + own


def log_moment(loop: Loop, generations: int, order: float) -> Any:
    """(T+1,) log E(v'Σ_t v/v'Σ_0 v)^order along any fixed direction v; in one dimension the moments of S_t/S_0 (Cochran)."""
    return running(log_moment_step(loop, generations, order))


@jax.jit
def recurrence(factor: Any, source: Any) -> Any:
    """(T+1,) x_0 = 0, x_t = factor_t (x_{t−1} + source_t)."""

    def step(x: Any, both: Any) -> tuple[Any, Any]:
        new = both[0] * (x + both[1])
        return new, new

    start = jnp.zeros((), dtype=jnp.float64)
    return jnp.concatenate([start[None], jax.lax.scan(step, start, (factor, source))[1]])


def trace(loop: Loop) -> Any:
    """tr Σ_0."""
    return jnp.trace(jnp.asarray(loop.truth.covariance, dtype=jnp.float64))


def more_bias(loop: Loop, factor: float = 1.05) -> Loop:
    """The same loop with a larger λ: false also where the number of points does not show in the mean."""
    return eqx.tree_at(lambda lo: lo.sampling_bias, loop, loop.sampling_bias * factor)


def fewer_points(loop: Loop, ratio: int) -> Loop:
    """The same loop with `ratio` times fewer points, so that a bound becomes false."""
    return eqx.tree_at(lambda lo: lo.schedule.n, loop, np.maximum(np.asarray(loop.schedule.n) // ratio, 2))  # type: ignore[attr-defined]

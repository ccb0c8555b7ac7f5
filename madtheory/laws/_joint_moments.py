"""Joint moments of mean and variance in one dimension: every one of them is a linear recursion."""

from __future__ import annotations

from math import comb, prod
from typing import Any

import jax.numpy as jnp
from scipy.special import polygamma

from madtheory.laws._gamma import log_rising_slope
from madtheory.laws._law import running
from madtheory.laws._replace import by_size, drift_rate, log_growth, log_moment, log_moment_step, recurrence
from madtheory.loop import Loop


def joint(loop: Loop, generations: int, j: int, s: float) -> Any:
    """(T+1,) E[m^{2j} S^s] with m = (μ_t−μ_0)/σ_0 and S = S_t/S_0.

    m' = m + √(aS) z and S' = S r give G_j(s)' = E r^s Σ_i C(2j,2i) (2i−1)!! a^i G_{j−i}(s+i).
    """
    if j == 0:
        return jnp.exp(log_moment(loop, generations, s))
    source = _kicks(joint, loop, generations, j, s)
    return recurrence(jnp.exp(log_moment_step(loop, generations, s)), source)


def joint_log(loop: Loop, generations: int, j: int, s: float) -> Any:
    """(T+1,) E[m^{2j} S^s log S], the derivative of `joint` in s."""
    step = log_growth(loop, generations) + by_size(lambda n: log_rising_slope((n - 1) / 2, s), loop, generations)
    if j == 0:
        return joint(loop, generations, 0, s) * running(step)
    moved = joint(loop, generations, j, s)[:-1] + _kicks(joint, loop, generations, j, s)
    source = _kicks(joint_log, loop, generations, j, s) + step * moved
    return recurrence(jnp.exp(log_moment_step(loop, generations, s)), source)


def excess(loop: Loop, generations: int, s: float) -> Any:
    """(T+1,) E S^s − 1 without cancellation."""
    return jnp.expm1(log_moment(loop, generations, s))


def mean_log(loop: Loop, generations: int) -> Any:
    """(T+1,) E log S."""
    return joint_log(loop, generations, 0, 0.0)


def mean_square_log(loop: Loop, generations: int) -> Any:
    """(T+1,) E (log S)²."""
    variance = running(by_size(lambda n: polygamma(1, (n - 1) / 2), loop, generations))
    return variance + mean_log(loop, generations) ** 2


def or_infinite(variance: Any) -> Any:
    """Moments beyond float64 are infinite, and a difference of two such is not a number: the variance is infinite there."""
    return jnp.where(jnp.isnan(variance), jnp.inf, variance)


def _kicks(moment: Any, loop: Loop, generations: int, j: int, s: float) -> Any:
    """(T,) Σ_{i≥1} C(2j,2i) (2i−1)!! a^i times `moment` (j−i, s+i) of the generation before."""
    a = drift_rate(loop, generations)
    return sum(
        comb(2 * j, 2 * i) * prod(range(2 * i - 1, 0, -2)) * a**i * moment(loop, generations, j - i, s + i)[:-1]
        for i in range(1, j + 1)
    )

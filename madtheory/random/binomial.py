"""Binomial counts."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from madtheory.random._counts import MEAN_OF_SUMS, Law, Quantile, by_root, by_sums, log1pmx, quantile, stirling


def binomial(words: tuple[Any, Any], n: Any, p: Any) -> Any:
    """One binomial count (int32) for each pair of uint32 words; n in [0, 2³¹) whole, p in [0, 1], else −1.

    The inverse of the distribution function at a 64-bit probability, as right as that of `poisson`, for the rarer of
    successes and failures; n = 0, p = 0 and p = 1 are exact.
    """
    with jax.enable_x64(True):
        n, p = jnp.asarray(n).astype(np.float64), jnp.asarray(p).astype(np.float64)
        tail, upper, n, p = jnp.broadcast_arrays(*quantile(words), n, p)
        good = (n >= 0) & (n < 2.0**31) & (p >= 0) & (p <= 1)
        many = p > 0.5
        count = _of_rarer(Quantile(tail, upper ^ many), jnp.where(good, n, 0), jnp.where(good, jnp.where(many, 1 - p, p), 0))
        count = jnp.where(many, n.astype(np.int32) - count, count)
        return jnp.where(good, count, np.int32(-1))


def _of_rarer(at: Quantile, n: Any, p: Any) -> Any:
    """The counts where p ≤ 1/2."""
    few = n * p <= MEAN_OF_SUMS
    small = by_sums(at, law(jnp.where(few, n, 1), jnp.where(few, p, 0)))
    large = by_root(at, law(jnp.where(few, 1000, n), jnp.where(few, 0.5, p)))
    return jnp.where(few, small, large)


def law(n: Any, p: Any) -> Law:
    """The binomial law (float64): F(k) = P(B_{k+1,n−k} > p), D(s) = (n+1) log(1 − p + p e^s)."""
    q, total = 1 - p, n + 1

    def density(a: Any) -> Any:
        b, above = total - a, a - total * p
        deviance = a * log1pmx(-above / a) + b * log1pmx(above / b)
        return jnp.sqrt(a * b / (2 * math.pi * total)) * jnp.exp(deviance + stirling(total) - stirling(a) - stirling(b))

    return Law(n * p, n * p * q, q - p, n, jnp.exp(n * jnp.log1p(-p)), lambda k: (n - k) / (k + 1) * (p / q),
               lambda s: total * jnp.log1p(p * jnp.expm1(s)), density)  # fmt: skip

"""Poisson counts."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from madtheory.random._counts import MEAN_OF_SUMS, Law, Quantile, by_root, by_sums, log1pmx, quantile, stirling

LARGEST_RATE = 2e9  # counts are int32


def poisson(words: tuple[Any, Any], rate: Any) -> Any:
    """One Poisson count (int32) for each pair of uint32 words; rates in [0, 2·10⁹], else −1.

    The inverse of the distribution function at a 64-bit probability. Its steps are right to 10⁻¹⁴ for rates up to 40, and
    beyond to 10⁻⁹ of the probability of the tail, or 10⁻⁶ where that is as small as 10⁻¹⁰ and the rate below 100.
    """
    with jax.enable_x64(True):
        tail, upper, rate = jnp.broadcast_arrays(*quantile(words), jnp.asarray(rate).astype(np.float64))
        good, few = (rate >= 0) & (rate <= LARGEST_RATE), rate <= MEAN_OF_SUMS
        small = by_sums(Quantile(tail, upper), law(jnp.where(good & few, rate, 1)))
        large = by_root(Quantile(tail, upper), law(jnp.where(good & ~few, rate, 1000)))
        return jnp.where(good, jnp.where(few, small, large), np.int32(-1))


def law(rate: Any) -> Law:
    """The Poisson law of a rate λ (float64): F(k) = P(G_{k+1} > λ), D(s) = λ(e^s − 1)."""

    def density(a: Any) -> Any:
        return jnp.sqrt(a / (2 * math.pi)) * jnp.exp(a * log1pmx((rate - a) / a) - stirling(a))

    return Law(rate, rate, jnp.ones_like(rate), jnp.full_like(rate, np.inf), jnp.exp(-rate),
               lambda k: rate / (k + 1), lambda s: rate * jnp.expm1(s), density)  # fmt: skip

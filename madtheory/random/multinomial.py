"""Multinomial counts."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from madtheory.random.binomial import binomial


def multinomial(words: tuple[Any, Any], n: Any, weights: Any) -> Any:
    """Counts (…, K), int32, of n draws (…) from K categories, from two uint32 words (…, K) for each.

    One category after the other takes its binomial share of what is left, so the counts sum to n exactly, and a category
    of weight 0 gets none. Weights (…, K) are ≥ 0 and need not sum to 1; −1 everywhere where one is negative or not finite
    or n is not in [0, 2³¹), and where all are 0 but n is not.
    """
    with jax.enable_x64(True):
        high, low, weights = jnp.broadcast_arrays(*words, jnp.asarray(weights).astype(np.float64))
        n = jnp.broadcast_to(jnp.asarray(n), weights.shape[:-1]).astype(np.int64)
        left = jnp.flip(jnp.cumsum(jnp.flip(weights, -1), -1), -1)
        good = jnp.all((weights >= 0) & (weights < jnp.inf), -1) & (n >= 0) & (n < 2**31) & ((left[..., 0] > 0) | (n == 0))
        share = jnp.where(good[..., None] & (weights > 0), jnp.minimum(weights / left, 1), 0)
        categories = jnp.moveaxis(high, -1, 0), jnp.moveaxis(low, -1, 0), jnp.moveaxis(share, -1, 0)
        counts = jax.lax.scan(_take, jnp.where(good, n, 0).astype(np.int32), categories)[1]
        return jnp.where(good[..., None], jnp.moveaxis(counts, 0, -1), np.int32(-1))


def _take(left: Any, category: tuple[Any, Any, Any]) -> tuple[Any, Any]:
    high, low, share = category
    count = binomial((high, low), left, share)
    return left - count, count

"""Philox-4×32-10, the counter-based generator of Salmon, Moraes, Dror & Shaw (SC 2011)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10


def philox4x32(counter: tuple[Any, Any, Any, Any], key: tuple[Any, Any]) -> tuple[Any, Any, Any, Any]:
    """Four random uint32 words for four counter words and two key words (uint32 arrays that broadcast)."""
    c0, c1, c2, c3 = counter
    k0, k1 = jnp.asarray(key[0]), jnp.asarray(key[1])
    for _ in range(ROUNDS):
        high0, low0 = multiply(MULTIPLIERS[0], c0)
        high1, low1 = multiply(MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + np.uint32(WEYL[0]), k1 + np.uint32(WEYL[1])
    return c0, c1, c2, c3


def multiply(a: Any, b: Any) -> tuple[Any, Any]:
    """High and low word of the 64-bit product of two uint32.

    64-bit integers are switched on for these lines alone; `jax.lax.mulhi` of jaxlib 0.10.2 does not compile for several devices.
    """
    with jax.enable_x64(True):
        product = jnp.asarray(a, jnp.uint32).astype(jnp.uint64) * jnp.asarray(b, jnp.uint32).astype(jnp.uint64)
        return (product >> np.uint64(32)).astype(jnp.uint32), product.astype(jnp.uint32)

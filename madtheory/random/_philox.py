"""Philox-4×32-10, the counter-based generator of Salmon, Moraes, Dror & Shaw (SC 2011)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox4x32(counter: tuple[Any, Any, Any, Any], key: tuple[Any, Any]) -> tuple[Any, Any, Any, Any]:
    """Four random uint32 words for four counter words and two key words (uint32 arrays that broadcast).

    Words stay in the lower halves of 64 bits from the first round to the last, and what the upper halves hold is dropped
    where it would matter: taking products apart and putting them together costs a CPU more than the products.
    """
    k0, k1 = jnp.asarray(key[0]), jnp.asarray(key[1])
    with jax.enable_x64(True):  # for these lines alone; `jax.lax.mulhi` of jaxlib 0.10.2 does not compile for several devices
        c0, c1, c2, c3 = (_wide(word) for word in counter)
        for _ in range(ROUNDS):
            first, second = _product(MULTIPLIERS[0], c0), _product(MULTIPLIERS[1], c2)
            c0, c1, c2, c3 = (second >> HALF) ^ c1 ^ _wide(k0), second, (first >> HALF) ^ c3 ^ _wide(k1), first
            k0, k1 = k0 + np.uint32(WEYL[0]), k1 + np.uint32(WEYL[1])
        return c0.astype(jnp.uint32), c1.astype(jnp.uint32), c2.astype(jnp.uint32), c3.astype(jnp.uint32)


def multiply(a: Any, b: Any) -> tuple[Any, Any]:
    """High and low word of the 64-bit product of two uint32."""
    with jax.enable_x64(True):
        product = _product(_wide(a), _wide(b))
        return (product >> HALF).astype(jnp.uint32), product.astype(jnp.uint32)


def _wide(word: Any) -> Any:
    return jnp.asarray(word, jnp.uint32).astype(jnp.uint64)


def _product(a: Any, b: Any) -> Any:
    """The product of what the lower halves hold."""
    return np.uint64(a) * (b & LOW) if isinstance(a, int) else (a & LOW) * (b & LOW)

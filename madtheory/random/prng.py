"""Philox-4×32-10 as an implementation for `jax.random`: `jax.random.normal(philox_key(seed))`, split, fold_in and the rest.

JAX has an implementation of its own, which XORs four words into one, gives a split and a folded key the same words, and
compiles for one device only; this one reads every word once. `impl=PHILOX` names it where a key is made.

A key is two words. The four words of block i are Philox of the counter (i, 0, 0, purpose), so fewer bits are the first of
more; a child's key is the first two words of its own block.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import define_prng_impl

from madtheory.random._philox import philox4x32
from madtheory.random._stream import seed_words

BITS, SPLIT, FOLD = 0, 1, 2  # purposes; no two share a block


def philox_key(seed: int) -> Any:
    """A key for `jax.random` from a seed in [0, 2⁶⁴); distinct seeds have distinct keys, 0 and 2³² too."""
    return jax.random.wrap_key_data(jnp.asarray(np.array(seed_words(seed), np.uint32)), impl=PHILOX)


def _seed(seed: Any) -> Any:
    """(2,) key of a scalar integer; the high word is 0 for integers of 32 bits."""
    seed = jnp.asarray(seed)
    wide = seed.dtype.itemsize == 8
    high = (seed >> 32).astype(np.uint32) if wide else jnp.zeros((), np.uint32)
    return jnp.stack([seed.astype(np.uint32), high])


def _blocks(key: Any, index: Any, purpose: int) -> tuple[Any, ...]:
    """Four words (…) for each block number."""
    zero = jnp.zeros_like(index)
    return philox4x32((index, zero, zero, zero + np.uint32(purpose)), (key[0], key[1]))


def _split(key: Any, shape: tuple[int, ...]) -> Any:
    """(*shape, 2) keys."""
    index = jnp.arange(math.prod(shape), dtype=np.uint32)
    return jnp.stack(_blocks(key, index, SPLIT)[:2], axis=-1).reshape(*shape, 2)


def _fold_in(key: Any, data: Any) -> Any:
    """(2,) key of a key and a uint32."""
    return jnp.stack(_blocks(key, jnp.asarray(data, np.uint32), FOLD)[:2])


def random_bits(key: Any, bit_width: int, shape: tuple[int, ...]) -> Any:
    """(*shape) unsigned integers of 8, 16, 32 or 64 bits; narrow ones are the low bits of a word of their own."""
    per_value = 2 if bit_width == 64 else 1
    if math.prod(shape) * per_value > 2**32:
        raise ValueError(f"expected at most 2³² words from one key; got shape {shape}; split the key")
    index = jnp.arange(math.prod(shape) * per_value, dtype=np.uint32)
    a, b, c, d = _blocks(key, index >> np.uint32(2), BITS)
    lane = index & np.uint32(3)
    words = jnp.where(lane < 2, jnp.where(lane == 0, a, b), jnp.where(lane == 2, c, d))
    if bit_width == 64:
        high, low = words.reshape(*shape, 2)[..., 0], words.reshape(*shape, 2)[..., 1]
        return high.astype(np.uint64) << np.uint64(32) | low.astype(np.uint64)
    return words.reshape(shape).astype(f"uint{bit_width}")


PHILOX = define_prng_impl(key_shape=(2,), seed=_seed, split=_split, random_bits=random_bits, fold_in=_fold_in,
                          name="madtheory_philox4x32", tag="mad_philox")  # fmt: skip

"""A replica's stream: which random words it reads at one generation."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory.random._philox import philox4x32

REAL, SYNTHETIC, SELECT, FIT = range(4)
ROLES = 4


class Words(eqx.Module):
    """The random words of one (seed, replica, generation, role, slot); no state, no splitting.

    Attributes:
        key: two uint32 words of the seed.
        replica: uint32.
        generation: uint32.
        place: uint32 role and slot.
    """

    key: tuple[Any, Any]
    replica: Any
    generation: Any
    place: Any

    def unchanging(self) -> Words:
        """The words of generation 0, at which nothing is drawn: one and the same place for all generations and batches."""
        return Words(self.key, self.replica, jnp.zeros_like(self.generation), jnp.full_like(self.place, REAL))

    def four(self, block: Any) -> tuple[Any, Any, Any, Any]:
        """Four uint32 words for each block number."""
        return philox4x32((jnp.asarray(block, jnp.uint32), self.replica, self.generation, self.place), self.key)

    def many(self, count: int) -> Any:
        """(count,) uint32 words."""
        return self.at(jnp.arange(count, dtype=jnp.uint32))

    def at(self, index: Any) -> Any:
        """The uint32 word at each index (uint32 array): word i is word i mod 4 of block i div 4.

        Each element selects its word; joining the four words would make XLA:CPU evaluate them many times over.
        """
        a, b, c, d = self.four(index >> np.uint32(2))
        lane = index & np.uint32(3)
        return jnp.where(lane < 2, jnp.where(lane == 0, a, b), jnp.where(lane == 2, c, d))


def uniforms(words: Words, count: int) -> Any:
    """(count,) float64 numbers in [0, 1), of 64 random bits each; for use where 64-bit floats are switched on."""
    pairs = words.many(2 * count)
    return (pairs[:count].astype(np.float64) + pairs[count:].astype(np.float64) * 2.0**-32) * 2.0**-32


def expanded(pair: tuple[Any, Any], block: Any) -> tuple[Any, Any, Any, Any]:
    """Four words for each pair of words and block number: those of a generator whose key the pair is."""
    first, second = pair
    zero = jnp.zeros_like(first)
    return philox4x32((zero + jnp.asarray(block, jnp.uint32), zero, zero, zero), (first, second))


class Stream(eqx.Module):
    """All words of a replica at one generation.

    Attributes:
        key: two uint32 words of the seed.
        replica: uint32.
        generation: uint32.
    """

    key: tuple[Any, Any]
    replica: Any
    generation: Any

    def words(self, role: int, slot: Any = 0) -> Words:
        """The words for one purpose; `slot` tells apart the batches of one role."""
        place = jnp.asarray(slot, dtype=jnp.uint32) * np.uint32(ROLES) + np.uint32(role)
        return Words(self.key, self.replica, self.generation, place)


def seed_words(seed: int) -> tuple[np.uint32, np.uint32]:
    """The two key words of a seed in [0, 2⁶⁴); distinct seeds have distinct words."""
    return np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)

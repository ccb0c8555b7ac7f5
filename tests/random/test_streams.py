"""Streams never collide, hang together with nothing, and do not depend on how many words are asked for."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from madtheory.random import REAL, SELECT, SYNTHETIC, Stream, normal, seed_words
from tests.false_alarms import z_bound

SEEDS = [0, 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 1]
REPLICAS = 10**6
SLOTS = 5


@functools.partial(jax.jit, static_argnums=(3, 5))
def first_words(key: Any, replicas: Any, generation: Any, role: int, slot: Any, count: int) -> Any:
    return jax.vmap(lambda r: Stream(key, r, generation).words(role, slot).many(count))(replicas)


def words(seed: int, *, first=0, generation=1, role: int = REAL, slot=0, count: int = 2, size: int = REPLICAS) -> np.ndarray:
    """(size, count) words of consecutive replicas."""
    replicas = jnp.arange(size, dtype=jnp.uint32) + jnp.uint32(first)
    return np.asarray(first_words(seed_words(seed), replicas, jnp.uint32(generation), role, jnp.uint32(slot), count))


def scores(seed: int, **place: Any) -> np.ndarray:
    return np.asarray(normal(words(seed, **place), jnp.float32), float).ravel()


def repeated(blocks: list[np.ndarray]) -> int:
    """How many pairs of words (…, 2) occur again."""
    seen = np.concatenate([np.ascontiguousarray(block).view(np.uint64).ravel() for block in blocks])
    return len(seen) - len(np.unique(seen))


def correlation_z(x: np.ndarray, y: np.ndarray) -> float:
    return abs(float(np.sum(x * y) / np.sqrt(len(x))))


def test_every_seed_has_its_own_key() -> None:
    keys = {tuple(int(word) for word in seed_words(seed)) for seed in SEEDS}
    assert len(keys) == len(SEEDS)
    assert {high << 32 | low for low, high in keys} == set(SEEDS)


def test_every_seed_has_its_own_words() -> None:
    assert repeated([words(seed, size=1000) for seed in SEEDS]) == 0


def test_no_two_places_share_words(seed: int) -> None:
    """10⁶ replicas × 3 roles, 10⁵ × 5 slots, 10⁵ × 4 generations: 64 bits each, equal by chance once in 10⁶ runs."""
    roles = [words(seed, role=role) for role in (REAL, SYNTHETIC, SELECT)]
    slots = [words(seed, role=role, slot=slot, size=10**5) for role in (REAL, SYNTHETIC, SELECT) for slot in range(1, SLOTS)]
    later = [words(seed, generation=t, size=10**5) for t in (2, 3, 10**6, 2**32 - 1)]
    assert repeated([*roles, *slots, *later]) == 0


def test_planted_twins_are_caught(seed: int) -> None:
    assert repeated([words(seed, size=1000), words(seed, first=999, size=1000)]) == 1


def test_the_last_replicas_are_not_the_first() -> None:
    assert repeated([words(0, size=1000), words(0, first=2**32 - 1000, size=1000)]) == 0


NEIGHBOURS = {
    "replica": {"first": 1},
    "generation": {"generation": 2},
    "role": {"role": SYNTHETIC},
    "slot": {"slot": 1},
    "far replica": {"first": 2**31},
}


@pytest.mark.parametrize("other", NEIGHBOURS.values(), ids=list(NEIGHBOURS))
def test_neighbours_are_uncorrelated(other: dict[str, int], seed: int) -> None:
    x, y = scores(seed, size=2**18), scores(seed, size=2**18, **other)
    assert correlation_z(x, y) < z_bound(2)
    assert correlation_z(x**2 - 1, (y**2 - 1) / 2) < z_bound(2)


def test_neighbouring_seeds_and_words_are_uncorrelated(seed: int) -> None:
    x, y = scores(seed, size=2**18), scores(seed ^ 1, size=2**18)
    assert correlation_z(x, y) < z_bound(2)
    assert correlation_z(x[::2], x[1::2]) < z_bound(2)


def test_a_planted_correlation_is_rejected(seed: int) -> None:
    x, y = scores(seed, size=2**18), scores(seed, size=2**18, first=1)
    twin = 0.02 * x + np.sqrt(1 - 0.02**2) * y
    assert correlation_z(x, twin) > z_bound(2)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 31])
def test_fewer_words_are_the_first_of_more(count: int) -> None:
    assert np.array_equal(words(3, count=count, size=64), words(3, count=64, size=64)[:, :count])


def test_four_words_are_the_first_four() -> None:
    one = Stream(seed_words(3), np.uint32(7), np.uint32(2)).words(SYNTHETIC, 4)
    assert np.array_equal(np.stack(one.four(0) + one.four(1)), np.asarray(one.many(8)))

"""Philox under `jax.random`: its words are those of the generator, prefix-stable, the same under vmap, and never shared."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from madtheory.random import PHILOX, philox4x32, philox_key, seed_words
from madtheory.random.prng import random_bits
from tests.false_alarms import uniform_z, worst_z, z_bound

SEEDS = [0, 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 1]


def data(key: jax.Array) -> np.ndarray:
    return np.asarray(jax.random.key_data(key))


def test_the_bits_are_those_of_philox() -> None:
    seed = 2**40 + 7
    words = philox4x32((np.arange(2, dtype=np.uint32), np.uint32(0), np.uint32(0), np.uint32(0)), seed_words(seed))
    assert np.array_equal(jax.random.bits(philox_key(seed), (8,)), np.stack(words, axis=1).ravel())


def test_every_seed_has_its_own_key_and_bits() -> None:
    assert len({tuple(data(philox_key(seed)).tolist()) for seed in SEEDS}) == len(SEEDS)
    assert len({np.asarray(jax.random.bits(philox_key(seed), (2,))).tobytes() for seed in SEEDS}) == len(SEEDS)


def test_a_small_seed_gives_the_same_key_either_way() -> None:
    assert np.array_equal(data(jax.random.key(7, impl=PHILOX)), data(philox_key(7)))
    with jax.enable_x64(True):
        assert np.array_equal(data(jax.random.key(2**32, impl=PHILOX)), data(philox_key(2**32)))


def test_fewer_are_the_first_of_more() -> None:
    key = philox_key(3)
    for draw in (jax.random.bits, jax.random.uniform, jax.random.normal):
        assert np.array_equal(draw(key, (5,)), draw(key, (9,))[:5])
    assert np.array_equal(data(jax.random.split(key, 3)), data(jax.random.split(key, 8))[:3])


def test_no_two_purposes_share_words() -> None:
    """Bits, children and folded keys of one key, children of children and their bits: 64 bits each, all different."""
    key = philox_key(3)
    children = jax.random.split(key, 512)
    folded = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(512))
    grand = jax.vmap(lambda k: jax.random.split(k, 2))(children).reshape(-1)
    bits = jax.vmap(lambda k: jax.random.bits(k, (2,)))(jnp.concatenate([children, folded, grand]))
    blocks = [data(children), data(folded), data(grand), np.asarray(jax.random.bits(key, (512, 2))), np.asarray(bits)]
    seen = np.concatenate(blocks)
    assert len(np.unique(seen, axis=0)) == len(seen)


def test_vmap_is_the_loop() -> None:
    keys = jax.random.split(philox_key(5), 4)
    together = jax.jit(jax.vmap(lambda k: jax.random.normal(k, (3,))))(keys)
    assert np.array_equal(together, np.stack([jax.random.normal(key, (3,)) for key in keys]))


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_bits_of_every_width(width: int) -> None:
    with jax.enable_x64(True):
        bits = np.asarray(jax.random.bits(philox_key(5), (4, 1024), dtype=f"uint{width}"))
    assert bits.dtype == f"uint{width}"
    ones = np.unpackbits(bits.view(np.uint8)).mean()
    assert abs(ones - 0.5) < 5 * 0.5 / np.sqrt(bits.size * width)


def test_too_many_words_are_refused() -> None:
    with pytest.raises(ValueError, match="split the key"):
        random_bits(jax.random.key_data(philox_key(1)), 32, (2**32 + 1,))


def test_the_laws(seed: int) -> None:
    uniform = np.asarray(jax.random.uniform(philox_key(seed), (2**18,)), float)
    normal = np.asarray(jax.random.normal(philox_key(seed), (2**18,)), float)
    assert uniform_z(uniform) < z_bound(3)
    assert uniform_z(stats.norm.cdf(normal)) < z_bound(3)
    assert worst_z(normal**2, 1.0) < z_bound(3)


def test_a_wrong_law_is_rejected(seed: int) -> None:
    normal = np.asarray(jax.random.normal(philox_key(seed), (2**18,)), float)
    assert uniform_z(stats.norm.cdf(1.03 * normal)) > z_bound(1)

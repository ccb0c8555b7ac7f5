"""Points chosen from a pool: distinct, and every set of them equally likely."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import chi2

from madtheory.draws import Draws, Plan, Pool
from madtheory.models import Gaussian
from madtheory.random import Stream, seed_words

ROWS, PRESENT, CHOSEN, REPLICAS = 5, 6, 3, 40_000
ALARM = 1e-4
"""False-alarm rate of a test of frequencies, over seeds; the seed here is fixed."""


def chosen(present: int, n: int, seed: int = 1) -> np.ndarray:
    """(R, n) numbers of the points chosen by each replica."""
    family = Gaussian(dim=1)
    pool = Pool(family, jnp.zeros((12, 1)), jnp.int32(present))

    def one(replica: Any) -> Any:
        stream = Stream(seed_words(seed), replica, jnp.uint32(3))
        one = jnp.float32(1)
        draw = Draws(Plan(family, None, True, ROWS, 12), stream, family.truth(None, np.float32), one, one)
        return pool._distinct(draw, n)

    return np.asarray(jax.jit(jax.vmap(one))(jnp.arange(REPLICAS, dtype=jnp.uint32)))[:, :n]


def surprise(sets: np.ndarray, present: int) -> float:
    """p-value of equal frequencies of all sets of that size."""
    subsets = list(itertools.combinations(range(present), sets.shape[1]))
    counts = dict.fromkeys(subsets, 0)
    for row in np.sort(sets, axis=1):
        counts[tuple(row.tolist())] += 1
    expected = len(sets) / len(subsets)
    return float(chi2.sf(sum((k - expected) ** 2 for k in counts.values()) / expected, len(subsets) - 1))


def test_every_set_is_equally_likely() -> None:
    assert surprise(chosen(PRESENT, CHOSEN), PRESENT) > ALARM


def test_unequal_sets_are_noticed() -> None:
    sets = chosen(PRESENT, CHOSEN)
    lucky = np.arange(len(sets)) % 20 == 0
    assert surprise(np.where(lucky[:, None], [0, 1, 2], sets), PRESENT) < ALARM


def test_all_points_may_be_chosen() -> None:
    np.testing.assert_array_equal(np.sort(chosen(ROWS, ROWS), axis=1), np.tile(np.arange(ROWS), (REPLICAS, 1)))

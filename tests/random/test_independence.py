"""Independence of the streams: one table of |z| for neighbours of every kind, held against one bound."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from madtheory.random import REAL, SELECT, SYNTHETIC, Stream, normal, seed_words
from tests.false_alarms import z_bound

COUNT = 2**18
LAGS = (1, 2, 3, 4, 5, 8, 64)
PLACE = {"seed": 0, "replica": 0, "generation": 1, "role": REAL, "slot": 0}
CHANGES: dict[str, list[int]] = {
    "seed": [1, 2, 2**31, 2**32, 2**63],
    "replica": [1, 2, 3, 4, 2**16, 2**31, 2**32 - 1],
    "generation": [0, 2, 3, 5, 2**16, 2**31],
    "role": [SYNTHETIC, SELECT],
    "slot": [1, 2, 3, 2**16],
}


@jax.jit
def read(key: Any, replica: Any, generation: Any, place: Any) -> Any:
    """(COUNT,) scores: the words of one place, one after the other."""
    words = Stream(key, replica, generation).words(0, 0)
    four = type(words)(key, replica, generation, place).four(jnp.arange(COUNT // 4, dtype=jnp.uint32))
    return normal(jnp.stack(four, axis=1).ravel(), jnp.float32)


def scores(base: int, **change: int) -> np.ndarray:
    """(COUNT,) scores of a place that differs from `PLACE` as told; `seed` is XORed onto the base."""
    at = PLACE | change
    words = Stream(seed_words(0), np.uint32(0), np.uint32(0)).words(at["role"], np.uint32(at["slot"]))
    key = seed_words(base ^ at["seed"])
    return np.asarray(read(key, np.uint32(at["replica"]), np.uint32(at["generation"]), words.place), float)


def correlations(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """|z| of the correlations of two columns of scores: of themselves, of their squares, and of one with the other's square."""
    u, v = (x**2 - 1) / np.sqrt(2), (y**2 - 1) / np.sqrt(2)
    pairs = {"scores": x * y, "squares": u * v, "score and square": x * v, "square and score": u * y}
    return {name: abs(float(np.sum(product))) / np.sqrt(len(x)) for name, product in pairs.items()}


def table(base: int) -> dict[tuple[str, str], float]:
    """|z| of all neighbours and lags."""
    here = scores(base)
    others = {f"{name} {value}": scores(base, **{name: value}) for name, value in among()}
    rows = {name: correlations(here, other) for name, other in others.items()}
    rows |= {f"lag {lag}": correlations(here[:-lag], here[lag:]) for lag in LAGS}
    rows |= {f"{a} and {b}": correlations(others[a], others[b]) for a, b in itertools.pairwise(others)}
    return {(row, column): z for row, columns in rows.items() for column, z in columns.items()}


def among() -> list[tuple[str, int]]:
    return [(name, value) for name, values in CHANGES.items() for value in values]


def test_no_two_streams_hang_together(seed: int) -> None:
    found = table(seed)
    worst = max(found, key=lambda place: found[place])
    assert found[worst] < z_bound(len(found)), worst


def test_the_z_scores_are_spread_as_they_should_be(seed: int) -> None:
    """Their mean square is 1: a table that could not vary would pass the bound, too."""
    squares = np.array(list(table(seed).values())) ** 2
    assert abs(np.mean(squares) - 1) * np.sqrt(len(squares) / 2) < 3 * z_bound(1)
    assert np.mean(squares) > 0.5


@pytest.mark.parametrize("column", ["scores", "squares", "score and square"])
def test_a_planted_correlation_is_caught(column: str, seed: int) -> None:
    """One of 3 % among all streams."""
    x, y = scores(seed), scores(seed, replica=1)
    sign = np.sign(scores(seed, slot=9))
    twin = {"scores": x, "squares": sign * x, "score and square": np.sqrt(np.maximum(1 + x, 0)) * sign}[column]
    mixture = np.where(scores(seed, slot=10) < -1.55, twin, y)
    checks = 4 * (2 * len(among()) + len(LAGS) - 1)
    assert correlations(x, mixture)[column] > z_bound(checks)
    assert max(correlations(x, y).values()) < z_bound(checks)

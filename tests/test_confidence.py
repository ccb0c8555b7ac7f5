"""Confidence sequences: they hold at all looks at once, where a repeated z-test does not, and are narrow where they are tuned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from madtheory.sweep._confidence import half_width, spread
from tests.false_alarms import FALSE_ALARM

LEVEL, STREAMS, LOOKS, EACH = 0.05, 2000, 40, 256
MOST = int(stats.binom.isf(FALSE_ALARM, STREAMS, LEVEL))
"""Alarms that a rate of 5 % exceeds once in a million times."""


def looks(seed: int, draw: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts (L,), and means and sums of squared deviations (streams, L) at every look, of numbers with mean 0."""
    rng = np.random.default_rng(seed)
    shape = STREAMS, LOOKS, EACH
    if draw == "normal":
        values = rng.normal(size=shape)
    elif draw == "exponential":
        values = rng.exponential(size=shape) - 1
    else:
        values = np.log(rng.chisquare(1, shape)) + np.euler_gamma + math.log(2)
    counts = EACH * np.arange(1, LOOKS + 1)
    total, squares = values.sum(axis=2).cumsum(axis=1), (values**2).sum(axis=2).cumsum(axis=1)
    return counts, total / counts, squares - total**2 / counts


@pytest.mark.parametrize("draw", ["normal", "exponential", "log chi-square"])
def test_the_mean_is_inside_at_all_looks(seed: int, draw: str) -> None:
    counts, mean, m2 = looks(seed, draw)
    wide = np.stack([half_width(int(n), m2[:, k], LEVEL, 2000) for k, n in enumerate(counts)], axis=1)
    assert np.any(abs(mean) > wide, axis=1).sum() <= MOST


def test_a_repeated_z_test_is_caught(seed: int) -> None:
    """What it would be to peek: far more false alarms than were asked for."""
    counts, mean, m2 = looks(seed, "normal")
    error = np.sqrt(m2 / (counts - 1) / counts)
    assert np.any(abs(mean) > stats.norm.isf(LEVEL / 2) * error, axis=1).sum() > MOST


def test_a_mean_that_is_off_is_rejected(seed: int) -> None:
    """By a tenth of a standard deviation, which 10,000 numbers see."""
    counts, mean, m2 = looks(seed, "normal")
    wide = np.stack([half_width(int(n), m2[:, k], LEVEL, 2000) for k, n in enumerate(counts)], axis=1)
    assert np.any(abs(mean - 0.1) > wide, axis=1).all()


@pytest.mark.parametrize("tuned", [100, 10_000])
def test_narrow_where_it_is_tuned(tuned: int) -> None:
    """Within 2 % of the narrowest of any tuning, and some two thirds wider than a single z-interval."""
    best = min(spread(tuned, LEVEL, other) for other in np.geomspace(tuned / 100, tuned * 100, 401).astype(int))
    assert spread(tuned, LEVEL, tuned) <= 1.02 * best
    assert 1.3 < spread(tuned, LEVEL, tuned) * math.sqrt(tuned) / stats.norm.isf(LEVEL / 2) < 1.7


def test_nothing_is_known_of_one_number() -> None:
    assert np.isinf(half_width(1, np.zeros(3), LEVEL, 10)).all()

"""Every schedule says the same thing twice: what `step` trains on is what `composition` writes down.

`step` is run on a ledger instead of data: a batch is a record of which model drew it, when, and with what weight.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from madtheory.errors import BadInput
from madtheory.schedules import KINDS, Custom, Fresh, Replace, Schedule
from madtheory.schedules._table import check_composition

T = 4
FLOAT32 = 8 * np.finfo(np.float32).eps  # a weight is made by a handful of float32 operations

CASES = [pytest.param(case, id=f"{kind}-{i}") for kind, cls in KINDS.items() for i, case in enumerate(cls.cases())]


class Record(eqx.Module):
    """Weight and points by (model that drew, generation drawn at), both (T+1, T+1)."""

    share: Any
    points: Any

    def weigh(self, weight: Any) -> Record:
        return Record(self.share * (weight / jnp.sum(self.share)), self.points * (jnp.asarray(weight) > 0))

    def __add__(self, other: Record) -> Record:
        return Record(self.share + other.share, self.points + other.points)

    def total(self) -> Record:
        return Record(jnp.sum(self.share, axis=0), jnp.sum(self.points, axis=0))


class Ledger(eqx.Module):
    """A `draw` that writes down who drew what; a model is its number."""

    t: Any
    truth: Any

    def real(self, n: Any, slot: Any = 0, bias: Any = None) -> Record:
        return self.synthetic(self.truth, n)

    def synthetic(self, model: Any, n: Any, slot: Any = 0, bias: Any = None) -> Record:
        place = (jnp.arange(T + 1) == model)[:, None] & (jnp.arange(T + 1) == self.t)[None, :]
        return Record(place * jnp.asarray(n, jnp.float32), place * jnp.asarray(n, jnp.float32))

    real_points, synthetic_points = real, synthetic

    def summary(self, points: Record, n: Any) -> Record:
        return points

    def empty_pool(self) -> LedgerPool:
        return LedgerPool(Record(jnp.zeros((T + 1, T + 1)), jnp.zeros((T + 1, T + 1))))


class LedgerPool(eqx.Module):
    """A pool that is the union of what was put in; a random choice is the whole, on average."""

    record: Record

    def add(self, points: Record, n: Any) -> LedgerPool:
        return LedgerPool(self.record + points)

    def choose(self, draw: Ledger, n: Any, with_replacement: bool) -> Record:
        return self.record


def stepped(schedule: Schedule) -> list[Record]:
    """The training sets of generations 1…T as `begin` and `step` make them."""
    training, memory = schedule.begin(Ledger(1, jnp.float32(0)))
    sets = [training]
    for t in range(2, T + 1):
        training, memory = schedule.step(jnp.int32(t), memory, jnp.float32(t - 1), Ledger(t, jnp.float32(0)))
        sets.append(training)
    return sets


def written(schedule: Schedule) -> tuple[np.ndarray, np.ndarray]:
    """Weights and points (T, T+1, T+1) of the training sets as `composition` has them."""
    table = schedule.composition(T)
    share, points = np.zeros((T, T + 1, T + 1)), np.zeros((T, T + 1, T + 1))
    for e in np.flatnonzero((table.weights > 0).any(axis=0)):
        share[:, table.source[e], table.born[e]] += table.weights[:, e]
        points[:, table.source[e], table.born[e]] += table.size[e] * (table.weights[:, e] > 0)
    return share, points


def disagreement(schedule: Schedule, told: Schedule) -> float:
    """Largest difference between the weights of one schedule's steps and another's composition."""
    share, points = written(told)
    worst = 0.0
    for t, record in enumerate(stepped(schedule)):
        made = np.asarray(record.share, np.float64)
        worst = max(worst, np.abs(made / made.sum() - share[t]).max(), np.abs(np.asarray(record.points) - points[t]).max())
    return worst


@pytest.mark.parametrize("schedule", CASES)
def test_step_is_composition(schedule: Schedule) -> None:
    assert disagreement(schedule, schedule) <= FLOAT32


def test_a_step_that_is_not_the_composition_is_seen() -> None:
    assert disagreement(Fresh(n_real=4, n_synthetic=6), Fresh(n_real=5, n_synthetic=6)) > FLOAT32


@pytest.mark.parametrize("schedule", CASES)
def test_weights_sum_to_one_and_never_look_ahead(schedule: Schedule) -> None:
    check_composition(schedule.composition(T))


@pytest.mark.parametrize(
    ("weights", "word"),
    [([[1, 0], [0.5, 0.4]], "sum to 1"), ([[1, 0], [-0.5, 1.5]], "at least 0"), ([[0, 1], [1, 0]], "models before it")],
)
def test_wrong_weights_are_refused(weights: list[list[float]], word: str) -> None:
    with pytest.raises(BadInput, match=word):
        Custom(source=[0, 1], size=[5, 5], weights=weights)


@pytest.mark.parametrize("schedule", CASES)
def test_generation_one_is_real_and_alone(schedule: Schedule) -> None:
    table = schedule.composition(T)
    assert np.all(table.source[table.weights[0] > 0] == 0)


@pytest.mark.parametrize("schedule", CASES)
def test_batch_sizes_are_all_listed(schedule: Schedule) -> None:
    table = schedule.composition(T)
    assert set(table.size[(table.weights > 0).any(axis=0)]) <= set(schedule.batch_sizes(T))


@pytest.mark.parametrize("schedule", CASES)
def test_closed_means_no_real_data_after_generation_one(schedule: Schedule) -> None:
    table = schedule.composition(T)
    used = (table.weights[1:] > 0).any(axis=0) & (table.source == 0)
    if schedule.closed:
        assert not used.any()


def test_lists_end_where_they_end() -> None:
    with pytest.raises(BadInput, match="at most 3"):
        Replace(n=[5, 6, 7]).check_generations(4)
    assert Replace(n=5).horizon() is None

"""The `draw` that the engine hands to a schedule: batches of one replica at one generation."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._steering import Steering
from madtheory.curation import Selection
from madtheory.models import Family
from madtheory.random import ONE, REAL, SELECT, SYNTHETIC, Jump, Stream
from madtheory.random._philox import multiply


class Plan(eqx.Module):
    """What a run fixes for all replicas.

    Attributes:
        family: the model family.
        tables: the family's array inputs for the batch sizes of the run.
        points: whether synthetic batches are drawn point by point instead of through their statistics.
        rows: most points in one batch.
        capacity: most points in the pool of a schedule that keeps points.
        data: (N, d) real points in the engine's coordinates for bootstrap draws, or `None`.
    """

    family: Family
    tables: Any
    points: bool = eqx.field(static=True)
    rows: int = eqx.field(static=True)
    capacity: int = eqx.field(static=True)
    data: Any = None

    def quick(self) -> tuple[Any, Plan] | None:
        """A cheaper plan and () whether it is as good for this run, where that is worth compiling a loop for."""
        quick = None if self.points else self.family.quick(self.tables)
        return None if quick is None else (quick[0], eqx.tree_at(lambda plan: plan.tables, self, quick[1]))


class Draws(eqx.Module):
    """Batches at one generation.

    Attributes:
        plan: what all replicas share.
        stream: the replica's stream at this generation.
        truth: the real law as a model.
        real_bias: λ of real draws (1 except in generation 1 when the loop says so).
        bias: λ of synthetic draws.
        steering: what lies between a model and its draws, or `None`.
        room: (capacity, d) memory for a pool that begins, whatever it holds; `None` takes new memory.
    """

    plan: Plan
    stream: Stream
    truth: Any
    real_bias: Any
    bias: Any
    steering: Steering | None = None
    room: Any = None

    def real(self, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """Summary of n real draws."""
        if self.plan.data is not None:
            return self.summary(self.real_points(n, slot, bias), n)
        return self._batch(REAL, self.truth, n, slot, self.real_bias if bias is None else bias)

    def synthetic(self, model: Any, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """Summary of n draws of `model`."""
        model, bias = self._steered(model, self.bias if bias is None else bias)
        if self._selects:
            return self.summary(self._selected(model, n, slot, bias), n)
        return self._batch(SYNTHETIC, model, n, slot, bias)

    def real_points(self, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """(rows, d) real draws; the first n count."""
        bias = self.real_bias if bias is None else bias
        if self.plan.data is None:
            return self._points(REAL, self.truth, slot, bias)
        chosen = self.below(len(self.plan.data), REAL, self.plan.rows, slot)
        return jnp.sqrt(jnp.asarray(bias, self.plan.data.dtype)) * self.plan.data[chosen]

    def synthetic_points(self, model: Any, n: Any, slot: Any = 0) -> Any:
        """(rows, d) draws of `model`; the first n count."""
        model, bias = self._steered(model, self.bias)
        return self._selected(model, n, slot, bias) if self._selects else self._points(SYNTHETIC, model, slot, bias)

    def below(self, limit: Any, role: int, count: int, slot: Any = 0) -> Any:
        """`count` whole numbers in [0, limit), equally likely up to limit/2³² (int32); `limit` may differ for each."""
        return multiply(limit, self.stream.words(role, slot).many(count))[0].astype(jnp.int32)

    def summary(self, points: Any, n: Any) -> Any:
        """Summary of the first n of `points`."""
        return self.plan.family.summarise(points, n)

    def empty_pool(self) -> Pool:
        """A pool with room for every point of the run."""
        shape, dtype = (self.plan.capacity, self.plan.family.dim), self.bias.dtype
        return Pool(self.plan.family, jnp.zeros(shape, dtype) if self.room is None else self.room, jnp.int32(0))

    @property
    def _selects(self) -> bool:
        return self.steering is not None and self.steering.selects

    def _steered(self, model: Any, bias: Any) -> tuple[Any, Any]:
        return (model, bias) if self.steering is None else self.steering.law(model, bias)

    def _selected(self, model: Any, n: Any, slot: Any, bias: Any) -> Any:
        """The words of a choice are those of a pool's choices in a slot of its own."""
        steering: Any = self.steering
        choice = self.stream.words(SELECT, jnp.asarray(slot, jnp.uint32) + jnp.uint32(1))
        return steering.points(self.stream.words(SYNTHETIC, slot), choice, model, n, self.plan.rows, bias)

    def _points(self, role: int, model: Any, slot: Any, bias: Any) -> Any:
        return self.plan.family.draw_points(self.stream.words(role, slot), model, self.plan.rows, bias)

    def _batch(self, role: int, model: Any, n: Any, slot: Any, bias: Any) -> Any:
        family = self.plan.family
        if self.plan.points:
            return family.draw_all(self.stream.words(role, slot), model, n, self.plan.rows, bias)
        return family.draw(self.stream.words(role, slot), model, n, bias, self.plan.tables)


class Pool(eqx.Module):
    """Points kept for ever.

    Attributes:
        family: the model family.
        points: (capacity, d).
        count: () points present.
    """

    family: Family
    points: Any
    count: Any

    def add(self, points: Any, n: Any) -> Pool:
        """The pool with the first n of `points` put in."""
        kept = jax.lax.dynamic_update_slice(self.points, points, (self.count, jnp.int32(0)))
        return Pool(self.family, kept, self.count + jnp.asarray(n, jnp.int32))

    def counted(self, count: Any) -> Pool:
        """The pool with so many points: what lies beyond them is never read, and written over by those that come."""
        return Pool(self.family, self.points, count)

    def choose(self, draw: Draws, n: Any, with_replacement: bool) -> Any:
        """Summary of n points chosen at random."""
        rows = draw.plan.rows
        chosen = draw.below(self.count.astype(jnp.uint32), SELECT, rows) if with_replacement else self._distinct(draw, n)
        return draw.summary(self.points[chosen], n)

    def _distinct(self, draw: Draws, n: Any) -> Any:
        """(rows,) numbers of points, of which the first n are distinct and any n are equally likely (Floyd's algorithm).

        The k-th choice is among one point more than the one before; where it has been made already, that point is taken. It has
        been if the same was wanted before, or if it is the point that an earlier choice took instead.
        """
        rows, k = draw.plan.rows, jnp.arange(draw.plan.rows, dtype=jnp.int32)
        fewer = self.count - jnp.asarray(n, jnp.int32)
        more = jnp.maximum(fewer + k, 0)
        wanted = draw.below((more + 1).astype(jnp.uint32), SELECT, rows)
        taken = wanted - fewer  # the choice that takes this point if it must
        waits = (taken >= 0) & (taken < k)

        def look(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            made, before, _ = state
            now = made | made[before]
            return now, before[before], jnp.any(before != before[before])

        start = _seen_before(wanted), jnp.where(waits, taken, k), jnp.any(waits)
        made, _, _ = jax.lax.while_loop(lambda state: state[2], look, start)
        return jnp.where(made, more, wanted)


def is_pool(item: Any) -> bool:
    """Whether a part of a memory is a pool, whose points are never read beyond their number."""
    return isinstance(item, Pool)


def _seen_before(numbers: Any) -> Any:
    """(k,) whether the same number (int32, not negative) stands further to the front; by sorting numbers with their places."""
    with jax.enable_x64(True):
        both = (numbers.astype(jnp.int64) << 32) | jnp.arange(len(numbers), dtype=jnp.int64)
        both = jax.lax.sort(both, is_stable=False)
        number, place = both >> 32, (both & 0xFFFFFFFF).astype(jnp.int32)
        same = jnp.concatenate([jnp.zeros(1, bool), number[1:] == number[:-1]])
        return jnp.zeros(len(numbers), bool).at[place].set(same, unique_indices=True, mode="promise_in_bounds")


def plan(loop: Any, generations: int, draw: str, dtype: Any, tilt: float = 0.0, jump: Jump = ONE, roomy: bool = False) -> Plan:
    """The plan of a run of `loop` over `generations`, with batches drawn as "statistics" or "points".

    `tilt` and `roomy` as in `simulate`; `jump` says how many generations are one step.
    """
    fit = _power_of_two if roomy else int
    sizes = _padded(loop.schedule, loop.schedule.batch_sizes(generations))
    points = draw == "points" or loop.schedule.needs_points or loop.model.by_points(sizes) or isinstance(loop.curation, Selection)
    data = loop.model.data(loop.truth, dtype)
    rows = fit(sizes.max()) if points or data is not None else 0
    capacity = fit(loop.composition(generations).size.sum()) + rows if loop.schedule.needs_points else 0
    room = fit(loop.composition(generations).training_sizes().max()) + rows if loop.model.needs_points else 0
    family = loop.model.bound(loop.truth, room)
    return Plan(family, family.tables(sizes, dtype, tilt, jump), points, rows, capacity, data)


def _power_of_two(number: Any) -> int:
    """The next power of two."""
    return 1 << (int(number) - 1).bit_length()


def _padded(schedule: Any, sizes: np.ndarray) -> np.ndarray:
    """The sizes, one at least for each number that the schedule holds: that two are equal makes no other program."""
    leaves = [leaf for leaf in jax.tree.leaves(schedule) if isinstance(leaf, np.ndarray)]
    numbers = sum(leaf.ndim == 0 and leaf.dtype.kind == "i" for leaf in leaves)
    return np.pad(sizes, (0, max(numbers - len(sizes), 0)), mode="edge")

"""The `draw` that the engine hands to a schedule: batches of one replica at one generation."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory.models import Family
from madtheory.random import REAL, SELECT, SYNTHETIC, Stream
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
    """

    plan: Plan
    stream: Stream
    truth: Any
    real_bias: Any
    bias: Any

    def real(self, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """Summary of n real draws."""
        if self.plan.data is not None:
            return self.plan.family.summarise(self.real_points(n, slot, bias), n)
        return self._batch(REAL, self.truth, n, slot, self.real_bias if bias is None else bias)

    def synthetic(self, model: Any, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """Summary of n draws of `model`."""
        return self._batch(SYNTHETIC, model, n, slot, self.bias if bias is None else bias)

    def real_points(self, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """(rows, d) real draws; the first n count."""
        bias = self.real_bias if bias is None else bias
        if self.plan.data is None:
            return self._points(REAL, self.truth, slot, bias)
        chosen = self.below(len(self.plan.data), REAL, self.plan.rows, slot)
        return jnp.sqrt(jnp.asarray(bias, self.plan.data.dtype)) * self.plan.data[chosen]

    def synthetic_points(self, model: Any, n: Any, slot: Any = 0) -> Any:
        """(rows, d) draws of `model`; the first n count."""
        return self._points(SYNTHETIC, model, slot, self.bias)

    def below(self, limit: Any, role: int, count: int, slot: Any = 0) -> Any:
        """`count` whole numbers in [0, limit), equally likely up to limit/2³² (int32); `limit` may differ for each."""
        return multiply(limit, self.stream.words(role, slot).many(count))[0].astype(jnp.int32)

    def empty_pool(self) -> Pool:
        """A pool with room for every point of the run."""
        dtype = self.truth.mean.dtype
        points = jnp.zeros((self.plan.capacity, len(self.truth.mean)), dtype)
        return Pool(self.plan.family, points, jnp.int32(0))

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

    def everything(self) -> Any:
        """Summary of all points."""
        return self.family.summarise(self.points, self.count)

    def choose(self, draw: Draws, n: Any, with_replacement: bool) -> Any:
        """Summary of n points chosen at random."""
        rows = draw.plan.rows
        chosen = draw.below(self.count.astype(jnp.uint32), SELECT, rows) if with_replacement else self._distinct(draw, n)
        return self.family.summarise(self.points[chosen], n)

    def _distinct(self, draw: Draws, n: Any) -> Any:
        """(rows,) numbers of points, of which the first n are distinct and any n are equally likely (Floyd's algorithm).

        The k-th choice is among one point more than the one before; where it has been made already, that point is taken.
        """
        rows, n = draw.plan.rows, jnp.asarray(n, jnp.int32)
        more = jnp.maximum(self.count - n + jnp.arange(rows, dtype=jnp.int32), 0)
        wanted = draw.below((more + 1).astype(jnp.uint32), SELECT, rows)

        def pick(k: Any, chosen: Any) -> Any:
            return chosen.at[k].set(jnp.where(jnp.any(chosen == wanted[k]), more[k], wanted[k]))

        return jnp.maximum(jax.lax.fori_loop(0, n, pick, jnp.full(rows, -1, jnp.int32)), 0)


def plan(loop: Any, generations: int, draw: str, dtype: Any, tilt: float = 0.0) -> Plan:
    """The plan of a run of `loop` over `generations`, with batches drawn as "statistics" or "points"; `tilt` as in `simulate`."""
    sizes = loop.schedule.batch_sizes(generations)
    points = draw == "points" or loop.schedule.needs_points
    data = None
    if loop.truth.real_draws == "bootstrap":
        factor = np.linalg.cholesky(loop.truth.covariance)
        data = np.linalg.solve(factor, (loop.truth.points - loop.truth.mean).T).T.astype(dtype)
    rows = int(sizes.max()) if points or data is not None else 0
    capacity = int(loop.composition(generations).size.sum()) + rows if loop.schedule.needs_points else 0
    return Plan(loop.model, loop.model.tables(sizes, dtype, tilt), points, rows, capacity, data)

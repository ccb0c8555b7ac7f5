"""The only loop: generations inside, replicas in tiles of fixed width, one tile per device and call.

A tile is one compiled program and depends on nothing but the loop, the seed and the replica numbers in it. The range
of generations is an argument, not a shape, so stopping, resuming and chunking run the same program.
"""

from __future__ import annotations

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from madtheory.draws import Draws, Plan
from madtheory.forecast import Describe, innovations
from madtheory.observables import Seen, World
from madtheory.random import Stream

SEGMENT = 256  # generations per call
SURPRISES = 5  # per dimension: one-step surprises of mean and variance, their squares, and the latter's excess kurtosis


class State(eqx.Module):
    """One replica between generations.

    Attributes:
        frame: the coordinates, placed in those of the real law.
        model: the last fit, relative to the frame.
        memory: what the schedule keeps, relative to the frame.
        first_error: () Fisher norm of the error of generation 1.
        failed: () whether anything stopped being a number.
    """

    frame: Any
    model: Any
    memory: Any
    first_error: Any
    failed: Any


class Rules(eqx.Module):
    """How a loop is run, or claimed to be run.

    Attributes:
        schedule: the schedule, arrays in the run's precision.
        bias: (T,) λ of generations 1…T.
        reach: (T,) real points drawn up to generations 1…T (counts), where they bound the rank; else more than the dimensions.
        bias_first: whether λ scales the real draws of generation 1.
        estimator: "mle" or "unbiased".
    """

    schedule: Any
    bias: Any
    reach: Any
    bias_first: bool = eqx.field(static=True)
    estimator: str = eqx.field(static=True)

    def bias_at(self, t: Any) -> tuple[Any, Any]:
        """λ of real and of synthetic draws at generation t."""
        own = self.bias[t - 1]
        return jnp.where((t == 1) & self.bias_first, own, 1), own

    def training(self, t: Any, memory: Any, model: Any, draw: Any) -> tuple[Any, Any]:
        """Training set of generation t and the memory after it."""
        return jax.lax.cond(t == 1, lambda: self.schedule.begin(draw), lambda: self.schedule.step(t, memory, model, draw))


class Job(eqx.Module):
    """Everything a tile needs besides its replica numbers.

    Attributes:
        rules: how the loop is run.
        claim: rules by which each generation is forecast from the state before it, or `None` for no forecast.
        plan: what all replicas share.
        key: two seed words.
        world: the real law as observables need it.
        observables: what is measured at every generation.
    """

    rules: Rules
    claim: Rules | None
    plan: Plan
    key: Any
    world: World
    observables: tuple[Any, ...]

    @property
    def dtype(self) -> Any:
        """Floating type of all arithmetic."""
        return self.rules.bias.dtype

    @property
    def width(self) -> int:
        """Numbers measured per replica and generation."""
        dim = self.plan.family.dim
        return sum(observable.width(dim) for observable in self.observables) + (0 if self.claim is None else SURPRISES * dim)

    @property
    def truth(self) -> Any:
        """The real law as a model."""
        return self.plan.family.truth(self.dtype)

    def draw(self, t: Any, replica: Any) -> Draws:
        """The batches of one replica at generation t."""
        stream = Stream(self.key, replica, jnp.asarray(t, jnp.uint32))
        return Draws(self.plan, stream, self.truth, *self.rules.bias_at(t))

    def blank(self) -> State:
        """A state of the right structure, before generation 1."""
        frame = self.plan.family.frame(self.dtype)
        return State(frame, self.truth, _blank_memory(self), jnp.zeros((), self.dtype), jnp.zeros((), bool))


@eqx.filter_jit  # compiled, because describing the memory takes longer than running a small loop
def _blank_memory(job: Job) -> Any:
    memory = jax.eval_shape(lambda: job.rules.schedule.begin(job.draw(1, jnp.uint32(0)))[1])
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), memory)


def advance(job: Job, t: Any, replica: Any, state: State) -> tuple[State, Any]:
    """One generation of one replica; the new state and the row of measurements."""
    training, memory = job.rules.training(t, state.memory, state.model, job.draw(t, replica))
    model = job.plan.family.fit(training, job.rules.estimator, job.rules.reach[t - 1])
    surprise = () if job.claim is None else _surprise(job, job.claim, t, state, model)
    state = _settle(job, t, state, model, memory)
    seen = Seen(state.frame, state.model, state.first_error, t)
    row = [jnp.atleast_1d(observable.value(seen, job.world)) for observable in job.observables]
    return state, jnp.concatenate([*row, *surprise]).astype(job.dtype)


def _surprise(job: Job, claim: Rules, t: Any, state: State, model: Any) -> tuple[Any, ...]:
    """The new fit against its forecast: surprises (d,) of mean and variance, their squares, the variance's excess kurtosis."""
    describe = Describe(job.truth, *claim.bias_at(t))
    of_mean, of_variance, excess = jax.lax.cond(
        t == 1,
        lambda: innovations(claim.schedule.begin(describe)[0], model, claim.estimator),
        lambda: innovations(claim.schedule.step(t, state.memory, state.model, describe)[0], model, claim.estimator),
    )
    return of_mean, of_variance, of_mean**2, of_variance**2, excess


def _settle(job: Job, t: Any, state: State, model: Any, memory: Any) -> State:
    """The state after a fit: in a closed loop the frame moves on to the new model."""
    failed = state.failed | ~jnp.all(jnp.isfinite(model.mean)) | jnp.any(jnp.isnan(model.factor))
    frame = state.frame
    if job.rules.schedule.closed:
        step, model = model.settle()
        frame = frame.then(step)
        memory = jax.tree.map(lambda item: item.seen_from(step), memory, is_leaf=lambda item: hasattr(item, "seen_from"))
    error = Seen(frame, model, state.first_error, t).fisher_error()
    return State(frame, model, memory, jnp.where(t == 1, error, state.first_error), failed)


class TileResult(eqx.Module):
    """What a tile returns for a segment of generations.

    Attributes:
        mean: (SEGMENT, M) over the tile's replicas.
        m2: (SEGMENT, M) sum of squared deviations from that mean.
        kept: (C, M, B) measurements of every replica at the generations asked for.
    """

    mean: Any
    m2: Any
    kept: Any


def tile(job: Job, ids: Any, valid: Any, state: State, span: Any, slots: Any, room: int) -> tuple[State, TileResult]:
    """Run one tile over generations span[0]+1 … span[1].

    Args:
        job: what to run.
        ids: (B,) uint32 replica numbers.
        valid: (B,) false for padding.
        state: the replicas' states, batched; ignored before generation 1.
        span: (2,) last generation done and last to do.
        slots: (SEGMENT,) row of `kept` for each generation of the segment; `room` or more for none.
        room: rows of `kept`.
    """
    total = jnp.sum(valid.astype(job.dtype))

    def generation(t: Any, carry: Any) -> Any:
        state, out = carry
        state, rows = jax.vmap(lambda i, s: advance(job, t, i, s))(ids, state)
        k = t - span[0] - 1
        weighed = jnp.where(valid[:, None], rows, 0)
        mean = jnp.sum(weighed, axis=0) / total
        m2 = jnp.sum(jnp.where(valid[:, None], (rows - mean) ** 2, 0), axis=0)
        kept = out.kept.at[slots[k]].set(rows.T, mode="drop")
        return state, TileResult(out.mean.at[k].set(mean), out.m2.at[k].set(m2), kept)

    blank = jnp.zeros((SEGMENT, job.width), job.dtype)
    out = TileResult(blank, blank, jnp.zeros((room, job.width, len(ids)), job.dtype))
    return jax.lax.fori_loop(span[0] + 1, span[1] + 1, generation, (state, out))


@functools.cache
def program(room: int) -> Any:
    """The compiled program of one tile. It runs on the device that holds its arguments, and every device runs the same one.

    One program split over several devices would take other passes of XLA than a program of one device, and round otherwise.
    """

    @eqx.filter_jit
    def run(job: Job, ids: Any, valid: Any, state: State, span: Any, slots: Any) -> tuple[State, TileResult]:
        return tile(job, ids, valid, state, span, slots, room)

    return run

"""One replica, one generation: what is drawn, fitted, remembered and measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from madtheory._steering import Steering
from madtheory.draws import Draws, Plan, is_pool
from madtheory.forecast import Describe
from madtheory.random import FIT, Stream


class State(eqx.Module):
    """One replica between generations.

    Attributes:
        frame: the coordinates, placed in those of the real law.
        model: the last fit, relative to the frame.
        memory: what the schedule keeps, relative to the frame.
        first_error: () Fisher norm of the error of generation 1, where an observable asks for it.
        surprise: (2C + 1, d) the last fit against its forecast in C channels, or `None`.
    """

    frame: Any
    model: Any
    memory: Any
    first_error: Any
    surprise: Any


class Rules(eqx.Module):
    """How a loop is run, or claimed to be run.

    Attributes:
        schedule: the schedule, arrays in the run's precision.
        bias: (T,) λ of generations 1…T.
        reach: (T,) real points drawn up to generations 1…T (counts), where they bound the rank; else more than the dimensions.
        bias_first: whether λ scales the real draws of generation 1.
        estimator: "mle" or "unbiased".
        steering: what lies between a model and its draws, or `None`.
    """

    schedule: Any
    bias: Any
    reach: Any
    bias_first: bool = eqx.field(static=True)
    estimator: str = eqx.field(static=True)
    steering: Steering | None = None

    def bias_at(self, t: Any) -> tuple[Any, Any]:
        """λ of real and of synthetic draws at generation t."""
        own = self.bias[t - 1]
        return jnp.where((t == 1) & self.bias_first, own, 1), own


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
    world: Any
    observables: tuple[Any, ...]

    @property
    def dtype(self) -> Any:
        """Floating type of all arithmetic."""
        return self.rules.bias.dtype

    @property
    def width(self) -> int:
        """Numbers measured per replica and generation."""
        family = self.plan.family
        return sum(observable.width(family.dim) for observable in self.observables) + math.prod(self.surprises)

    @property
    def surprises(self) -> tuple[int, int]:
        """(2C + 1, d) numbers that a claim is held to at every generation; none without a claim."""
        return (0 if self.claim is None else 2 * len(self.plan.family.channels) + 1), self.plan.family.dim

    @property
    def moving(self) -> bool:
        """Whether the coordinates move on with every fit."""
        return self.rules.schedule.moving and self.plan.family.moves and self.rules.steering is None

    @property
    def held(self) -> int:
        """Most points that are held at a time to make one batch (counts)."""
        steering = self.rules.steering
        return self.plan.rows if steering is None else steering.drawn(self.plan.rows)

    @property
    def truth(self) -> Any:
        """The real law as a model."""
        return self.plan.family.truth(self.world, self.dtype)

    def draw(self, t: Any, replica: Any, room: Any = None) -> Draws:
        """The batches of one replica at generation t."""
        stream = Stream(self.key, replica, jnp.asarray(t, jnp.uint32))
        return Draws(self.plan, stream, self.truth, *self.rules.bias_at(t), self.rules.steering, room)

    def before(self, memory: Any = None) -> State:
        """The state before generation 1."""
        family, zero = self.plan.family, jnp.zeros((), self.dtype)
        surprise = None if self.claim is None else jnp.zeros(self.surprises, self.dtype)
        model = family.standard(self.dtype) if self.moving else self.truth
        return State(family.frame(self.dtype), model, memory, zero, surprise)

    def blank(self) -> State:
        """A state of the right structure."""
        return _blank(self)


@eqx.filter_jit  # compiled, because describing the memory takes longer than running a small loop
def _blank(job: Job) -> State:
    first = jax.eval_shape(lambda: start(job, jnp.uint32(0), None))
    return job.before(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), first.memory))


def start(job: Job, replica: Any, used: Any) -> State:
    """Generation 1 of one replica: the fit to real data alone. A pool takes the place of one in `used`, an old memory."""
    pools = [item.points for item in jax.tree.leaves(used, is_leaf=is_pool) if is_pool(item)]
    draw = job.draw(1, replica, *pools[:1])
    training, memory = job.rules.schedule.begin(draw)
    after = _settle(job, 1, draw.stream, job.before(), training, memory,
                    lambda claim, describe: claim.schedule.begin(describe)[0])
    if not any(observable.compares for observable in job.observables):
        return after
    error = job.plan.family.see(after.frame, after.model, after.first_error, 1, job.moving).fisher_error()
    return eqx.tree_at(lambda state: state.first_error, after, error)


def advance(job: Job, t: Any, replica: Any, state: State) -> State:
    """Generation t ≥ 2 of one replica."""
    schedule, model = job.rules.schedule, state.model.rests()
    draw = job.draw(t, replica)
    if job.moving and any(isinstance(item, type(job.truth)) for item in _summaries(state.memory)):
        model = model.normal()  # a schedule that keeps models keeps one type of them
    training, memory = schedule.step(t, state.memory, model, draw)

    def expected(claim: Rules, describe: Describe) -> Any:
        return claim.schedule.step(t, state.memory, model, describe)[0]

    return _settle(job, t, draw.stream, state, training, memory, expected)


def _settle(job: Job, t: Any, stream: Stream, state: State, training: Any, memory: Any,
            expected: Callable[[Rules, Describe], Any]) -> State:
    """The state after a fit: in a closed loop the frame moves on to the new model."""
    family = job.plan.family
    model = family.fit(training, job.rules.estimator, job.rules.reach[t - 1], stream.words(FIT))
    surprise = None
    if job.claim is not None:
        describe = Describe(family, job.truth, *job.claim.bias_at(t), job.claim.steering)
        surprise = family.innovations(expected(job.claim, describe), model, job.claim.estimator)
    if not job.moving:
        return State(state.frame, model.scaled(state.model), memory, state.first_error, surprise)
    step, settled = model.settle()
    if memory is training:
        memory = family.own_fit(training, settled, job.rules.estimator)
    else:
        memory = jax.tree.map(lambda item: item.seen_from(step), memory, is_leaf=_is_summary)
    model = state.model if family.dim == 1 else settled
    return State(state.frame.then(step), model, memory, state.first_error, surprise)


def _is_summary(item: Any) -> bool:
    """Whether a part of a schedule's memory knows how to be seen from another frame."""
    return hasattr(item, "seen_from")


def _summaries(memory: Any) -> list[Any]:
    return [item for item in jax.tree.leaves(memory, is_leaf=_is_summary) if _is_summary(item)]


def failing(job: Job, state: State) -> Any:
    """() whether something of a replica is not a number."""
    return job.plan.family.failing(state.frame, state.model, job.moving)


def measure(job: Job, t: Any, state: State) -> list[Any]:
    """What is measured of one replica at generation t: () or (k,) per observable, and the surprises."""
    seen = job.plan.family.see(state.frame, state.model.rests(), state.first_error, t, job.moving)
    rows = [observable.value(seen, job.world) for observable in job.observables]
    return rows if state.surprise is None else [*rows, state.surprise.reshape(-1)]

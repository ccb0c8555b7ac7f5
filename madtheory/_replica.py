"""One replica, one generation: what is drawn, fitted, remembered and measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from madtheory.draws import Draws, Plan, is_pool
from madtheory.forecast import Describe, innovations
from madtheory.observables import Seen, World
from madtheory.random import Stream

SURPRISES = 5  # per dimension: one-step surprises of mean and variance, their squares, and the latter's excess kurtosis


class State(eqx.Module):
    """One replica between generations.

    Attributes:
        frame: the coordinates, placed in those of the real law.
        model: the last fit, relative to the frame.
        memory: what the schedule keeps, relative to the frame.
        first_error: () Fisher norm of the error of generation 1, where an observable asks for it.
        surprise: (5, d) the last fit against its forecast, or `None`.
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

    def draw(self, t: Any, replica: Any, room: Any = None) -> Draws:
        """The batches of one replica at generation t."""
        stream = Stream(self.key, replica, jnp.asarray(t, jnp.uint32))
        return Draws(self.plan, stream, self.truth, *self.rules.bias_at(t), room)

    def before(self, memory: Any = None) -> State:
        """The state before generation 1."""
        family, zero = self.plan.family, jnp.zeros((), self.dtype)
        surprise = None if self.claim is None else jnp.zeros((SURPRISES, family.dim), self.dtype)
        model = family.standard(self.dtype) if self.rules.schedule.moving else self.truth
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
    training, memory = job.rules.schedule.begin(job.draw(1, replica, *pools[:1]))
    after = _settle(job, 1, job.before(), training, memory, lambda claim, describe: claim.schedule.begin(describe)[0])
    if not any(observable.compares for observable in job.observables):
        return after
    error = Seen(after.frame, after.model, after.first_error, 1, settled=job.rules.schedule.moving).fisher_error()
    return eqx.tree_at(lambda state: state.first_error, after, error)


def advance(job: Job, t: Any, replica: Any, state: State) -> State:
    """Generation t ≥ 2 of one replica."""
    schedule, model = job.rules.schedule, state.model.rests()
    if schedule.moving and any(isinstance(item, type(job.truth)) for item in _summaries(state.memory)):
        model = model.normal()  # a schedule that keeps models keeps one type of them
    training, memory = schedule.step(t, state.memory, model, job.draw(t, replica))

    def expected(claim: Rules, describe: Describe) -> Any:
        return claim.schedule.step(t, state.memory, model, describe)[0]

    return _settle(job, t, state, training, memory, expected)


def _settle(job: Job, t: Any, state: State, training: Any, memory: Any, expected: Callable[[Rules, Describe], Any]) -> State:
    """The state after a fit: in a closed loop the frame moves on to the new model."""
    model = job.plan.family.fit(training, job.rules.estimator, job.rules.reach[t - 1])
    surprise = None
    if job.claim is not None:
        describe = Describe(job.truth, *job.claim.bias_at(t))
        surprise = _surprise(expected(job.claim, describe), model, job.claim.estimator)
    if not job.rules.schedule.moving:
        return State(state.frame, model.scaled(state.model), memory, state.first_error, surprise)
    step, settled = model.settle()
    if memory is training:
        memory = job.plan.family.own_fit(training, settled, job.rules.estimator)
    else:
        memory = jax.tree.map(lambda item: item.seen_from(step), memory, is_leaf=_is_summary)
    model = state.model if job.plan.family.dim == 1 else settled
    return State(state.frame.then(step), model, memory, state.first_error, surprise)


def _is_summary(item: Any) -> bool:
    """Whether a part of a schedule's memory knows how to be seen from another frame."""
    return hasattr(item, "seen_from")


def _summaries(memory: Any) -> list[Any]:
    return [item for item in jax.tree.leaves(memory, is_leaf=_is_summary) if _is_summary(item)]


def _surprise(expected: Any, model: Any, estimator: str) -> Any:
    """(5, d) the new fit against its forecast: surprises of mean and variance, their squares, the variance's excess kurtosis."""
    of_mean, of_variance, excess = innovations(expected, model, estimator)
    return jnp.stack([of_mean, of_variance, of_mean**2, of_variance**2, excess])


def failing(job: Job, state: State) -> Any:
    """() whether something of a replica is not a number."""
    place = (state.frame.mean, state.frame.recent) if job.rules.schedule.moving else (state.model.mean, state.model.factor)
    return ~jnp.isfinite(sum(jnp.sum(jnp.where(jnp.isneginf(x), 0, x)) for x in place))


def measure(job: Job, t: Any, state: State) -> list[Any]:
    """What is measured of one replica at generation t: () or (k,) per observable, and the surprises."""
    seen = Seen(state.frame, state.model.rests(), state.first_error, t, settled=job.rules.schedule.moving)
    rows = [observable.value(seen, job.world) for observable in job.observables]
    return rows if state.surprise is None else [*rows, state.surprise.reshape(-1)]

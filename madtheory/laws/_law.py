"""A law: a formula with a passport.

A law states what one observable does in every loop that meets its hypotheses. Its methods are written in
`jax.numpy`, run in float64 and are differentiable in the loop's continuous inputs; they never see a simulation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory.errors import LawDoesNotApply
from madtheory.loop import Loop
from madtheory.models import KINDS, Family, Gaussian

STRENGTH = ("exact", "deterministic_equivalent", "first_order", "limit", "rate", "upper", "lower")
"""Kinds of law, the strongest first."""


class Hypothesis(NamedTuple):
    """What a law needs of a loop, in words and as a test."""

    text: str
    holds: Callable[[Loop], bool]


PLAIN = Hypothesis("draws as the model makes them, without a sampler or a curation", lambda loop: not loop.steered)
"""What every law needs that is not about steered loops."""


class Law:
    """Base of all laws; subclasses set the passport and write `mean` (and more, where more is known)."""

    name: ClassVar[str]
    observable: ClassVar[str]
    kind: ClassVar[str]
    statement: ClassVar[str]
    source: ClassVar[str]
    family: ClassVar[type[Family] | tuple[type[Family], ...]] = Gaussian
    hypotheses: ClassVar[tuple[Hypothesis, ...]] = ()
    recursive: ClassVar[bool] = False
    differentiable: ClassVar[bool] = True
    steered: ClassVar[bool] = False  # whether it is about loops with a sampler or a curation

    def require(self, loop: Loop) -> None:
        """Raise `LawDoesNotApply`, naming the first hypothesis that `loop` breaks."""
        if not isinstance(loop.model, self.family):
            raise LawDoesNotApply(self.name, f"a {' or '.join(self.models())} model")
        for hypothesis in self.needs():
            if not hypothesis.holds(loop):
                raise LawDoesNotApply(self.name, hypothesis.text)

    def applies(self, loop: Loop) -> bool:
        """Whether `loop` meets every hypothesis."""
        return isinstance(loop.model, self.family) and all(hypothesis.holds(loop) for hypothesis in self.needs())

    def needs(self) -> tuple[Hypothesis, ...]:
        """All that it asks of a loop of its models."""
        return self.hypotheses if self.steered else (PLAIN, *self.hypotheses)

    def models(self) -> list[str]:
        """Kinds of model that this law is about."""
        return [kind for kind, cls in KINDS.items() if issubclass(cls, self.family)]

    def mean(self, loop: Loop, generations: int) -> Any:
        """(T+1,) expectation over replicas at generations 0…T; (T+1, k) for an observable with k components."""
        raise NotImplementedError

    def variance(self, loop: Loop, generations: int) -> Any:
        """(T+1,) variance over replicas, or `None` where it is not known."""
        return None

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        """P(observable ≤ x) at one generation, or `None` where the distribution is not known."""
        return None

    def cases(self) -> list[tuple[Loop, int]]:
        """Loops, with a number of generations, on which this law must hold in simulation."""
        raise NotImplementedError

    def wrong(self, loop: Loop) -> Loop:
        """A nearby loop whose law is false for `loop` and must be rejected there."""
        return one_point_more(loop)


class Quantity(Law):
    """A law about one number of the loop as a whole (a threshold, a rate, a stationary value)."""

    def value(self, loop: Loop) -> Any:
        """The number."""
        raise NotImplementedError


def one_point_more(loop: Loop, share: float = 0.0) -> Loop:
    """The same loop with one point more in every batch, or with that share of its points more where that is more."""
    known = ("n", "n_real", "n_synthetic", "n_initial", "size")
    sizes = [name for name in known if getattr(loop.schedule, name, None) is not None]
    more = [n + np.maximum(1, (share * np.asarray(n)).astype(int)) for n in (getattr(loop.schedule, name) for name in sizes)]
    return eqx.tree_at(lambda lo: [getattr(lo.schedule, name) for name in sizes], loop, more)


def evaluate(method: Callable[..., Any], loop: Loop, *args: Any) -> np.ndarray | None:
    """Run a law's method after checking its hypotheses, in float64; a NumPy array, or `None`."""
    law = method.__self__  # type: ignore[attr-defined]
    law.require(loop)
    with jax.enable_x64(True):
        out = method(loop, *args)
        return None if out is None else np.asarray(out, dtype=np.float64)


def running(step: Any, first: Any = 0.0) -> Any:
    """(T+1,) running sum of `step` (T,), starting at `first`."""
    return jnp.concatenate([jnp.atleast_1d(jnp.asarray(first, dtype=jnp.float64)), first + jnp.cumsum(step)])


def float64(test: Callable[..., Any]) -> Callable[..., Any]:
    """Run a function with 64-bit floats switched on."""

    @functools.wraps(test)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with jax.enable_x64(True):
            return test(*args, **kwargs)

    return wrapped

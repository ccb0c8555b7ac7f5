"""What a schedule is: two descriptions of the same training sets.

`begin` and `step` are what the engine runs, with a memory whose size does not grow with the generations;
`composition` is what the laws read. A contract test holds the two together for every schedule.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

import jax
import numpy as np

from madtheory._fields import Checked, plain
from madtheory.errors import BadInput
from madtheory.schedules._table import Composition


@runtime_checkable
class Summary(Protocol):
    """A batch, or a union of batches, reduced to what a fit needs."""

    def __add__(self, other: Any) -> Any:
        """The union of two training sets."""

    def weigh(self, weight: Any) -> Any:
        """The same batch with total weight `weight` instead of one per point."""

    def total(self) -> Any:
        """The union along the leading axis of a stack of batches."""


@runtime_checkable
class Draw(Protocol):
    """Where a schedule gets its batches from; `slot` tells apart the batches of one generation."""

    truth: Any  # the real law, as a model

    def real(self, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """`n` new draws of the real law; `bias` replaces the loop's own sampling bias."""

    def synthetic(self, model: Any, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """`n` draws of `model`, with this generation's sampling bias or with `bias`."""


class PointDraw(Draw, Protocol):
    """What a schedule that keeps points gets besides."""

    def real_points(self, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """(rows, d) new real draws, of which the first `n` count."""

    def synthetic_points(self, model: Any, n: Any, slot: Any = 0) -> Any:
        """(rows, d) draws of `model`, of which the first `n` count."""

    def summary(self, points: Any, n: Any) -> Any:
        """The first `n` of these points as a batch."""

    def empty_pool(self) -> Any:
        """A pool with room for every point of the run."""


class Schedule(Checked):
    """Base of all schedules. `t` counts generations from 1; `model` is the fit of generation t−1."""

    kind: ClassVar[str]
    needs_points: ClassVar[bool] = False
    forecast: ClassVar[bool] = True  # `step` only unites and weighs batches, so it can be run on described ones

    @staticmethod
    def cases() -> list[Schedule]:
        """Instances, for at least 4 generations, on which the contract tests run this schedule."""
        raise NotImplementedError

    @property
    def closed(self) -> bool:
        """No real data after generation 1: the loop may shrink without limit."""
        return False

    @property
    def moving(self) -> bool:
        """Whether the engine's coordinates move on with every fit; possible where no real data are drawn after generation 1."""
        return self.closed

    def begin(self, draw: Any) -> tuple[Any, Any]:
        """Training set of generation 1 (the real batch alone) and the memory that follows it; `draw` is a `Draw`."""
        raise NotImplementedError

    def step(self, t: Any, memory: Any, model: Any, draw: Any) -> tuple[Any, Any]:
        """Training set of generation t ≥ 2 and the memory that follows it."""
        raise NotImplementedError

    def composition(self, generations: int) -> Composition:
        """Batches, sizes and weights of the training sets of generations 1…`generations`."""
        raise NotImplementedError

    def batch_sizes(self, generations: int) -> np.ndarray:
        """All distinct batch sizes that occur up to `generations` (counts).

        A schedule that is run for very long writes this out, because a composition has a row per generation.
        """
        return np.unique(self.composition(generations).size)

    def horizon(self) -> int | None:
        """The last generation this schedule describes; `None` when it never ends."""
        lengths = [len(x) for x in jax.tree.leaves(self) if isinstance(x, np.ndarray) and x.ndim == 1]
        return min(lengths, default=None)

    def check_generations(self, generations: int) -> None:
        """Raise `BadInput` when a list of sizes is too short for `generations`."""
        last = self.horizon()
        if last is not None and generations > last:
            raise BadInput("generations", f"at most {last}, the length of the schedule's lists", generations)


def at(values: Any, t: Any) -> Any:
    """The entry of generation `t` (from 1) of a number or of a list with one per generation."""
    return values if values.ndim == 0 else values[t - 1]


def per_generation(values: np.ndarray, generations: int) -> np.ndarray:
    """A number or list as an array over generations 1…`generations`."""
    return np.broadcast_to(values, (generations,)) if values.ndim == 0 else values[:generations]


def distinct(generations: int, *given: np.ndarray | None) -> np.ndarray:
    """All values that numbers and lists take up to `generations`."""
    return np.unique(np.concatenate([np.unique(per_generation(n, generations)) for n in given if n is not None]))


def initial_size(n_initial: Any, otherwise: Any) -> Any:
    """Size of the real batch of generation 1."""
    return at(otherwise, 1) if n_initial is None else n_initial


def check_scalar(name: str, value: Any) -> None:
    """Raise `BadInput` when a size that is used once is a list."""
    if isinstance(value, np.ndarray) and value.ndim != 0:
        raise BadInput(name, "a single whole number", plain(value))


def stack(parts: list[Any]) -> Any:
    """Several batches or models as one, along a new leading axis."""
    return jax.tree.map(lambda *leaves: jax.numpy.stack(leaves), *parts)


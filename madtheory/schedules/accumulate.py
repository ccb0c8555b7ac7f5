"""Each generation trains on the real batch and every synthetic batch so far."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from madtheory._fields import sizes
from madtheory.schedules._schedule import Draw, Schedule, at, distinct, initial_size, per_generation
from madtheory.schedules._table import Composition


class Accumulate(Schedule):
    """Nothing is thrown away (Gerstgrasser et al. 2024; Kazdan et al. 2024; Dey & Donoho 2024 "augment").

    Attributes:
        n: points of each batch (counts), one number or one per generation; the first is the real batch.
        n_initial: points of the real batch, where it differs from `n`.
    """

    kind: ClassVar[str] = "accumulate"
    n: Any = sizes()
    n_initial: Any = sizes(default=None)

    @staticmethod
    def cases() -> list[Schedule]:
        return [Accumulate(n=6), Accumulate(n=[5, 6, 8, 10], n_initial=7)]

    @property
    def moving(self) -> bool:
        return True

    def begin(self, draw: Draw) -> tuple[Any, Any]:
        pool = draw.real(initial_size(self.n_initial, self.n))
        return pool, pool

    def step(self, t: Any, memory: Any, model: Any, draw: Draw) -> tuple[Any, Any]:
        pool = memory + draw.synthetic(model, at(self.n, t))
        return pool, pool

    def composition(self, generations: int) -> Composition:
        return pooled(self.n, self.n_initial, generations)

    def batch_sizes(self, generations: int) -> np.ndarray:
        return distinct(generations, self.n, self.n_initial)


def pooled(n: np.ndarray, n_initial: np.ndarray | None, generations: int) -> Composition:
    """One new batch per generation, all of them kept, every point with the same weight."""
    size = np.array(per_generation(n, generations))
    size[0] = initial_size(n_initial, n)
    order = np.arange(generations)
    kept = np.tril(np.ones((generations, generations))) * size
    return Composition(order, size, order + 1, kept / kept.sum(axis=1, keepdims=True))

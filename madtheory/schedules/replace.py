"""Each generation trains on new draws of the last model, and on nothing else."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from madtheory._fields import sizes
from madtheory.schedules._schedule import Draw, Schedule, at, distinct, per_generation
from madtheory.schedules._table import Composition, new_each_generation


class Replace(Schedule):
    """The fully synthetic loop (Shumailov et al. 2024; Alemohammad et al. 2024, "fully synthetic").

    Attributes:
        n: points per generation (counts), one number or one per generation; the first is the real batch.
    """

    kind: ClassVar[str] = "replace"
    n: Any = sizes()

    @staticmethod
    def cases() -> list[Schedule]:
        return [Replace(n=6), Replace(n=[6, 8, 12, 20])]

    @property
    def closed(self) -> bool:
        return True

    def begin(self, draw: Draw) -> tuple[Any, Any]:
        return draw.real(at(self.n, 1)), None

    def step(self, t: Any, memory: Any, model: Any, draw: Draw) -> tuple[Any, Any]:
        return draw.synthetic(model, at(self.n, t)), None

    def composition(self, generations: int) -> Composition:
        n = per_generation(self.n, generations)
        source = [np.array([t]) for t in range(generations)]
        return new_each_generation(source, [n[t : t + 1] for t in range(generations)], [np.ones(1)] * generations)

    def batch_sizes(self, generations: int) -> np.ndarray:
        return distinct(generations, self.n)

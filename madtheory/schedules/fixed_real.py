"""Each generation trains on one real batch and the last model's batch."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from madtheory._fields import choice, sizes
from madtheory.schedules._schedule import Draw, Schedule, at, check_scalar, distinct, per_generation
from madtheory.schedules._table import Composition


class FixedReal(Schedule):
    """The synthetic augmentation loop of Alemohammad et al. 2024 (Bertrand et al. 2024; Seddik et al. 2024).

    Attributes:
        n_real: points of the real batch (counts).
        n_synthetic: draws of the last model per generation (counts), one number or one per generation.
        real: "reused" keeps the one real batch of generation 1 for ever, "redrawn" takes a new one each time.
    """

    kind: ClassVar[str] = "fixed_real"
    n_real: Any = sizes()
    n_synthetic: Any = sizes()
    real: str = choice("reused", "redrawn", default="reused")

    @staticmethod
    def cases() -> list[Schedule]:
        return [FixedReal(n_real=4, n_synthetic=6), FixedReal(n_real=4, n_synthetic=[6, 6, 8, 8], real="redrawn")]

    def check(self) -> None:
        check_scalar("n_real", self.n_real)

    def begin(self, draw: Draw) -> tuple[Any, Any]:
        real = draw.real(self.n_real)
        return real, real

    def step(self, t: Any, memory: Any, model: Any, draw: Draw) -> tuple[Any, Any]:
        real = memory if self.real == "reused" else draw.real(self.n_real)
        return real + draw.synthetic(model, at(self.n_synthetic, t)), real

    def composition(self, generations: int) -> Composition:
        n_synthetic = per_generation(self.n_synthetic, generations)
        share = self.n_real / (self.n_real + n_synthetic)
        if self.real == "redrawn":
            from madtheory.schedules.fresh import mixed

            return mixed(self.n_real, np.broadcast_to(self.n_real, (generations,)), n_synthetic, share)
        order = np.arange(generations)
        weights = np.diag(1 - share)
        weights[:, 0] = share
        weights[0, 0] = 1.0
        size = np.concatenate([[self.n_real], n_synthetic[1:]])
        return Composition(order, size, order + 1, weights)

    def batch_sizes(self, generations: int) -> np.ndarray:
        return distinct(generations, self.n_real, self.n_synthetic)

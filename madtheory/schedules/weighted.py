"""The fresh data loop with a chosen weight on real data."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from madtheory._fields import array, field, plain, sizes
from madtheory.errors import BadInput
from madtheory.schedules._schedule import Draw, Schedule, at, check_scalar, distinct, initial_size, per_generation
from madtheory.schedules._table import Composition
from madtheory.schedules.fresh import mixed


def _check_weight(name: str, value: Any) -> None:
    if isinstance(value, str) and value == "golden":
        return
    good = isinstance(value, np.ndarray) and value.ndim <= 1 and value.size > 0
    if not (good and np.all((value > 0) & (value <= 1))):
        raise BadInput(name, "a number above 0 and at most 1 (or one per generation), or 'golden'", plain(value))


class Weighted(Schedule):
    """New real and synthetic batches each generation, real data as a whole weighing `weight`.

    `weight="golden"` is the variance-optimal constant weight (He, Xu & Cheng 2025): with k = n_synthetic/n_real
    it is the positive root of k w² + w − 1 = 0, and 1/φ = 0.618 for equal batches.

    Attributes:
        n_real: new real draws per generation (counts), one number or one per generation.
        n_synthetic: draws of the last model per generation (counts), one number or one per generation.
        weight: total weight of the real batch, in (0, 1], one number or one per generation, or "golden".
        n_initial: size of the real batch of generation 1, where it differs from `n_real`.
    """

    kind: ClassVar[str] = "weighted"
    n_real: Any = sizes()
    n_synthetic: Any = sizes()
    weight: Any = field(array, _check_weight)
    n_initial: Any = sizes(default=None)

    @staticmethod
    def cases() -> list[Schedule]:
        changing = Weighted(n_real=4, n_synthetic=8, weight=[0.2, 0.4, 0.6, 1.0])
        return [Weighted(n_real=5, n_synthetic=5, weight="golden"), changing]

    def check(self) -> None:
        check_scalar("n_initial", self.n_initial)

    def real_weight(self) -> Any:
        """The weight on real data as a number."""
        return golden_weight(self.n_synthetic / self.n_real) if isinstance(self.weight, str) else self.weight

    def begin(self, draw: Draw) -> tuple[Any, Any]:
        return draw.real(initial_size(self.n_initial, self.n_real)), None

    def step(self, t: Any, memory: Any, model: Any, draw: Draw) -> tuple[Any, Any]:
        weight = at(self.real_weight(), t)
        real = draw.real(at(self.n_real, t)).weigh(weight)
        return real + draw.synthetic(model, at(self.n_synthetic, t)).weigh(1 - weight), None

    def composition(self, generations: int) -> Composition:
        n_real, n_synthetic = per_generation(self.n_real, generations), per_generation(self.n_synthetic, generations)
        weight = per_generation(np.asarray(self.real_weight()), generations)
        return mixed(initial_size(self.n_initial, self.n_real), n_real, n_synthetic, weight)

    def batch_sizes(self, generations: int) -> np.ndarray:
        return distinct(generations, self.n_real, self.n_synthetic, self.n_initial)


def golden_weight(k: Any) -> Any:
    """Positive root of k w² + w − 1 = 0, written so that k → 0 gives 1."""
    return 2 / (1 + (1 + 4 * k) ** 0.5)

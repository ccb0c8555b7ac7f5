"""Each generation trains on new real draws and new draws of the last model, pooled."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from madtheory._fields import sizes
from madtheory.schedules._schedule import Draw, Schedule, at, check_scalar, distinct, initial_size, per_generation
from madtheory.schedules._table import Composition, new_each_generation


class Fresh(Schedule):
    """The fresh data loop of Alemohammad et al. 2024.

    Attributes:
        n_real: new real draws per generation (counts), one number or one per generation.
        n_synthetic: draws of the last model per generation (counts), one number or one per generation.
        n_initial: size of the real batch of generation 1, where it differs from `n_real`.
    """

    kind: ClassVar[str] = "fresh"
    n_real: Any = sizes()
    n_synthetic: Any = sizes()
    n_initial: Any = sizes(default=None)

    @staticmethod
    def cases() -> list[Schedule]:
        return [Fresh(n_real=4, n_synthetic=6), Fresh(n_real=[4, 5, 6, 7], n_synthetic=6, n_initial=8)]

    def check(self) -> None:
        check_scalar("n_initial", self.n_initial)

    def begin(self, draw: Draw) -> tuple[Any, Any]:
        return draw.real(initial_size(self.n_initial, self.n_real)), None

    def step(self, t: Any, memory: Any, model: Any, draw: Draw) -> tuple[Any, Any]:
        return draw.real(at(self.n_real, t)) + draw.synthetic(model, at(self.n_synthetic, t)), None

    def composition(self, generations: int) -> Composition:
        n_real, n_synthetic = per_generation(self.n_real, generations), per_generation(self.n_synthetic, generations)
        return mixed(initial_size(self.n_initial, self.n_real), n_real, n_synthetic, n_real / (n_real + n_synthetic))

    def batch_sizes(self, generations: int) -> np.ndarray:
        return distinct(generations, self.n_real, self.n_synthetic, self.n_initial)


def mixed(n_initial: np.ndarray, n_real: np.ndarray, n_synthetic: np.ndarray, weight: np.ndarray) -> Composition:
    """A real batch alone, then every generation one new real and one new synthetic batch with `weight` on real."""
    later = range(1, len(n_real))
    sources = [np.array([0]), *(np.array([0, t]) for t in later)]
    sizes_ = [np.array([n_initial]), *(np.array([n_real[t], n_synthetic[t]]) for t in later)]
    shares = [np.ones(1), *(np.array([weight[t], 1 - weight[t]]) for t in later)]
    return new_each_generation(sources, sizes_, shares)

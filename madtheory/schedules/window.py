"""Each generation trains on new draws of the last K models, with or without fresh real data."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import count, plain, sizes
from madtheory.errors import BadInput
from madtheory.schedules._schedule import Draw, Schedule, at, check_scalar, distinct, initial_size, per_generation, stack
from madtheory.schedules._table import Composition, new_each_generation


class Window(Schedule):
    """A memory of K models (Alemohammad et al. 2024, App. G; Seddik et al. 2024, "most recent").

    Generation t draws n points in all from the min(K, t−1) last models, in equal parts; where n does not divide,
    the newest models give one point more. The real law is not one of the models: it enters through `n_real`.

    Attributes:
        n: synthetic points per generation, all models together (counts), one number or one per generation.
        window: K, the number of models remembered.
        n_real: new real draws per generation (counts), or nothing.
        n_initial: size of the real batch of generation 1; by default `n_real` if given, else `n`.
    """

    kind: ClassVar[str] = "window"
    n: Any = sizes()
    window: int = count()
    n_real: Any = sizes(default=None)
    n_initial: Any = sizes(default=None)

    @staticmethod
    def cases() -> list[Schedule]:
        return [Window(n=7, window=2), Window(n=6, window=3, n_real=4), Window(n=6, window=1)]

    def check(self) -> None:
        check_scalar("n_initial", self.n_initial)
        if isinstance(self.n, np.ndarray) and np.min(self.n) < self.window:
            raise BadInput("n", f"at least one point for each of the {self.window} models", plain(np.min(self.n)))

    @property
    def closed(self) -> bool:
        return self.n_real is None

    def _first(self) -> Any:
        return initial_size(self.n_initial, self.n if self.n_real is None else self.n_real)

    def begin(self, draw: Draw) -> tuple[Any, Any]:
        return draw.real(self._first()), stack([draw.truth] * self.window)

    def step(self, t: Any, memory: Any, model: Any, draw: Draw) -> tuple[Any, Any]:
        models = jax.tree.map(lambda new, old: jnp.concatenate([new[None], old[:-1]]), model, memory)
        slot = jnp.arange(self.window)
        alive = jnp.minimum(self.window, t - 1)
        n = jnp.where(slot < alive, split(at(self.n, t), alive, slot), 1)
        parts = jax.vmap(draw.synthetic)(models, n, slot + 1)
        synthetic = jax.vmap(lambda part, w: part.weigh(w))(parts, jnp.where(slot < alive, n, 0)).total()
        training = synthetic if self.n_real is None else draw.real(at(self.n_real, t)) + synthetic
        return training, models

    def composition(self, generations: int) -> Composition:
        n = per_generation(self.n, generations)
        sources, sizes_ = [np.array([0])], [np.array([self._first()])]
        for t in range(2, generations + 1):
            alive = min(self.window, t - 1)
            source, size = t - 1 - np.arange(alive), split(n[t - 1], alive, np.arange(alive))
            if self.n_real is not None:
                source, size = np.append(source, 0), np.append(size, per_generation(self.n_real, generations)[t - 1])
            sources.append(source)
            sizes_.append(size)
        return new_each_generation(sources, sizes_, [s / s.sum() for s in sizes_])

    def batch_sizes(self, generations: int) -> np.ndarray:
        total = distinct(generations, self.n)
        parts = [split(total, k, j) for k in range(1, min(self.window, generations) + 1) for j in (0, k - 1)]
        return distinct(generations, self._first(), self.n_real, *parts)


def split(n: Any, parts: Any, index: Any) -> Any:
    """Size of part `index` when `n` points are shared among `parts`, the first ones getting the remainder."""
    return n // parts + (index < n % parts)

"""A schedule written out by its user: batches with sources and sizes, and a matrix of weights."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import array, field, integers, plain
from madtheory.errors import BadInput
from madtheory.schedules._schedule import Draw, Schedule
from madtheory.schedules._table import Composition, check_composition


def _vector(name: str, value: Any) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 1 and value.size > 0 and np.all(np.isfinite(value))):
        raise BadInput(name, "a list with one number per batch", plain(value))


def _matrix(name: str, value: Any) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 2 and value.size > 0 and np.all(np.isfinite(value))):
        raise BadInput(name, "a matrix with a row per generation and a column per batch", plain(value))


class Custom(Schedule):
    """The user's own matrix, called "composition" in a loop file.

    Batch e holds `size[e]` draws of model `source[e]` (0 is the real law), made when a generation first uses it
    and kept as long as a later row gives it weight. Row t−1 of `weights` is the training set of generation t.

    Attributes:
        source: (E,) model that draws each batch.
        size: (E,) points per batch (counts).
        weights: (T, E) total weight of each batch in each training set; rows sum to 1. A batch whose points weigh as
            much as the others' has weight proportional to its size.
        bias: (E,) sampling bias of each batch, instead of the loop's own (dimensionless).
    """

    kind: ClassVar[str] = "composition"
    forecast: ClassVar[bool] = False
    source: Any = field(integers, _vector)
    size: Any = field(integers, _vector)
    weights: Any = field(array, _matrix)
    bias: Any = field(array, _vector, default=None)

    @staticmethod
    def cases() -> list[Schedule]:
        weights = [[1, 0, 0, 0], [0.3, 0.7, 0, 0], [0, 0.5, 0.5, 0], [0.1, 0, 0.4, 0.5]]
        return [Custom(source=[0, 1, 2, 1], size=[6, 5, 7, 4], weights=weights)]

    def check(self) -> None:
        batches = len(self.source)
        given = {"size": self.size, "bias": self.bias}
        for name, value in given.items():
            if value is not None and len(value) != batches:
                raise BadInput(name, f"{batches} entries, one per batch in source", f"{len(value)} entries")
        if self.weights.shape[1] != batches:
            raise BadInput("weights", f"{batches} columns, one per batch in source", f"{self.weights.shape[1]} columns")
        for name, value in {"source": self.source, "size": self.size}.items():
            least = 0 if name == "source" else 1
            if value.dtype != np.int64 or np.any(value < least):
                raise BadInput(name, f"whole numbers of at least {least}", plain(value))
        if self.bias is not None and np.any(self.bias <= 0):
            raise BadInput("bias", "numbers above 0", plain(self.bias))
        check_composition(self.composition(self.horizon()))

    def horizon(self) -> int:
        return len(self.weights)

    def composition(self, generations: int) -> Composition:
        used = self.weights > 0
        born = np.where(used.any(axis=0), used.argmax(axis=0) + 1, self.horizon() + 1)
        rows = self.weights[:generations]
        return Composition(self.source, self.size, born, rows, self.bias)

    def begin(self, draw: Draw) -> tuple[Any, Any]:
        size = jnp.asarray(self.size)
        first = draw.real(size[0])
        batches = jax.tree.map(lambda leaf: jnp.zeros((len(self.source), *leaf.shape), leaf.dtype), first)
        batches = self._make(1, batches, lambda e: draw.real(size[e], e, self._own_bias(e)))
        models = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (self.horizon(), *leaf.shape)), draw.truth)
        return self._train(1, batches), (batches, models)

    def step(self, t: Any, memory: Any, model: Any, draw: Draw) -> tuple[Any, Any]:
        batches, models = memory
        models = jax.tree.map(lambda all_, new: all_.at[t - 1].set(new), models, model)

        source, size = jnp.asarray(self.source), jnp.asarray(self.size)

        def make(e: Any) -> Any:
            drawer = jax.tree.map(lambda leaf: leaf[source[e]], models)
            real = draw.real(size[e], e, self._own_bias(e))
            synthetic = draw.synthetic(drawer, size[e], e, self._own_bias(e))
            return jax.tree.map(lambda r, s: jnp.where(source[e] == 0, r, s), real, synthetic)

        batches = self._make(t, batches, make)
        return self._train(t, batches), (batches, models)

    def _own_bias(self, e: Any) -> Any:
        return None if self.bias is None else jnp.asarray(self.bias)[e]

    def _make(self, t: Any, batches: Any, make: Any) -> Any:
        """Draw the batches that generation t is the first to use."""
        used = jnp.asarray(self.weights) > 0
        born = jnp.where(used.any(axis=0), used.argmax(axis=0) + 1, 0)

        def one(e: Any, kept: Any) -> Any:
            new = make(e)
            return jax.tree.map(lambda k, x: k.at[e].set(jnp.where(born[e] == t, x, k[e])), kept, new)

        return jax.lax.fori_loop(0, len(self.source), one, batches)

    def _train(self, t: Any, batches: Any) -> Any:
        return jax.vmap(lambda batch, w: batch.weigh(w))(batches, self.weights[t - 1]).total()

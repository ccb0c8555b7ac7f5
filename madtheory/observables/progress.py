"""Events whose probability is asked for."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import Seen, World
from madtheory.observables._observable import Observable

EPSILON = 0.1


class TailProbability(Observable):
    """P(σ_t > ε) with σ_t² = tr Σ_t/d and ε = 0.1 in units of the data: the model is still spread out."""

    name: ClassVar[str] = "tail_probability"
    scale: ClassVar[str] = "indicator"

    def value(self, seen: Seen, world: World) -> Any:
        variance = jnp.sum(world.units(seen.factor) ** 2) / len(world.factor)
        return (variance > EPSILON**2).astype(variance.dtype)


class Improvement(Observable):
    """P(generation t is nearer to the truth than generation 1), in the Fisher metric at the truth."""

    name: ClassVar[str] = "improvement"
    scale: ClassVar[str] = "indicator"
    compares: ClassVar[bool] = True

    def value(self, seen: Seen, world: World) -> Any:
        error = seen.fisher_error()
        return ((seen.t > 1) & (error < seen.first_error)).astype(error.dtype)

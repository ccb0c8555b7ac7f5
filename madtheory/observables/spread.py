"""How much variance is left."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import Placed, World
from madtheory.observables._observable import Observable


class Variance(Observable):
    """tr Σ_t / d (squared units of the data)."""

    name: ClassVar[str] = "variance"
    view: ClassVar[type] = Placed

    def value(self, seen: Placed, world: World) -> Any:
        return jnp.sum(world.units(seen.factor) ** 2) / len(world.factor)


class LogVariance(Observable):
    """log|Σ_t| / d, the log of the geometric mean variance (dimensionless)."""

    name: ClassVar[str] = "log_variance"
    view: ClassVar[type] = Placed
    scale: ClassVar[str] = "log"

    def value(self, seen: Placed, world: World) -> Any:
        return (2 * jnp.sum(seen.log_diag) + world.log_det) / len(world.factor)

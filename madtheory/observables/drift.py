"""How far the mean has moved."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import Placed, World
from madtheory.observables._observable import Observable


class Drift(Observable):
    """μ_t − μ_0, coordinate by coordinate (units of the data)."""

    name: ClassVar[str] = "drift"
    view: ClassVar[type] = Placed
    reported: ClassVar[bool] = False
    vector: ClassVar[bool] = True

    def value(self, seen: Placed, world: World) -> Any:
        return world.units(seen.mean)

    def width(self, dim: int) -> int:
        return dim


class MeanSquareDrift(Observable):
    """‖μ_t − μ_0‖² (squared units of the data)."""

    name: ClassVar[str] = "mean_square_drift"
    view: ClassVar[type] = Placed

    def value(self, seen: Placed, world: World) -> Any:
        return jnp.sum(world.units(seen.mean) ** 2)

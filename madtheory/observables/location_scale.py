"""Where a location-scale law has gone, and how far it has shrunk."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import LocationScaleView
from madtheory.observables._observable import Observable


class LogScale(Observable):
    """log s_t (s in units of the data)."""

    name: ClassVar[str] = "log_scale"
    view: ClassVar[type] = LocationScaleView
    scale: ClassVar[str] = "log"

    def value(self, seen: LocationScaleView, world: Any) -> Any:
        return seen.placed.log_scale + jnp.log(world.scale)


class ScaleParameter(Observable):
    """s_t (units of the data)."""

    name: ClassVar[str] = "scale"
    view: ClassVar[type] = LocationScaleView
    reported: ClassVar[bool] = False

    def value(self, seen: LocationScaleView, world: Any) -> Any:
        return world.scale * jnp.exp(seen.placed.log_scale)


class ScaleSquared(Observable):
    """s_t² (squared units of the data)."""

    name: ClassVar[str] = "scale_squared"
    view: ClassVar[type] = LocationScaleView

    def value(self, seen: LocationScaleView, world: Any) -> Any:
        return (world.scale * jnp.exp(seen.placed.log_scale)) ** 2


class LocationDrift(Observable):
    """(μ_t − μ_0)² (squared units of the data)."""

    name: ClassVar[str] = "mean_square_drift"
    view: ClassVar[type] = LocationScaleView

    def value(self, seen: LocationScaleView, world: Any) -> Any:
        return (world.scale * seen.placed.location[0]) ** 2


class DrawVariance(Observable):
    """Variance of a draw, s_t² times that of the standard member (squared units of the data); infinite for the heaviest tails."""

    name: ClassVar[str] = "variance"
    view: ClassVar[type] = LocationScaleView
    reported: ClassVar[bool] = False

    def value(self, seen: LocationScaleView, world: Any) -> Any:
        return seen.family.unit_variance * (world.scale * jnp.exp(seen.placed.log_scale)) ** 2

"""How far a fitted line is from the real one, and how much noise it has left."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import LineView
from madtheory.observables._observable import Observable


class OfLine(Observable):
    """Base of what is read off a regression."""

    view: ClassVar[type] = LineView


class Risk(OfLine):
    """‖ŵ_t − w_0‖²_Σ, the test error beyond σ² (squared units of y)."""

    name: ClassVar[str] = "risk"

    def value(self, seen: LineView, world: Any) -> Any:
        return jnp.sum((seen.error @ world.root) ** 2)


class LogRisk(OfLine):
    """log ‖ŵ_t − w_0‖²_Σ; −∞ at generation 0."""

    name: ClassVar[str] = "log_risk"
    scale: ClassVar[str] = "log"

    def value(self, seen: LineView, world: Any) -> Any:
        return jnp.log(jnp.sum((seen.error @ world.root) ** 2))


class CoefficientError(OfLine):
    """‖ŵ_t − w_0‖² (squared units of y per unit of x)."""

    name: ClassVar[str] = "coefficient_error"

    def value(self, seen: LineView, world: Any) -> Any:
        return jnp.sum(seen.error**2)


class CoefficientDrift(OfLine):
    """ŵ_t − w_0 (units of y per unit of x)."""

    name: ClassVar[str] = "coefficient_drift"
    reported: ClassVar[bool] = False
    vector: ClassVar[bool] = True

    def value(self, seen: LineView, world: Any) -> Any:
        return seen.error

    def width(self, dim: int) -> int:
        return dim - 1


class NoiseVariance(OfLine):
    """σ̂²_t (squared units of y)."""

    name: ClassVar[str] = "noise_variance"

    def value(self, seen: LineView, world: Any) -> Any:
        return jnp.exp(2 * seen.log_noise)


class LogNoiseVariance(OfLine):
    """log σ̂²_t."""

    name: ClassVar[str] = "log_noise_variance"
    scale: ClassVar[str] = "log"

    def value(self, seen: LineView, world: Any) -> Any:
        return 2 * seen.log_noise

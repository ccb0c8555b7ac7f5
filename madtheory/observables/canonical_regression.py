"""How far the coefficients of a logistic or Poisson regression are from the real ones."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import CanonicalView
from madtheory.observables._observable import Observable


class OfLabels(Observable):
    """Base of what is read off a regression with a canonical link."""

    view: ClassVar[type] = CanonicalView


class FisherRisk(OfLabels):
    """(θ̂_t − θ_0)'I(θ_0)(θ̂_t − θ_0), I the Fisher information of one point: near θ_0 twice the log-loss beyond the real law's."""

    name: ClassVar[str] = "risk"

    def value(self, seen: CanonicalView, world: Any) -> Any:
        return jnp.sum(((seen.coefficients - world.coefficients) @ world.metric) ** 2)


class CanonicalError(OfLabels):
    """‖θ̂_t − θ_0‖² (per squared unit of x)."""

    name: ClassVar[str] = "coefficient_error"

    def value(self, seen: CanonicalView, world: Any) -> Any:
        return jnp.sum((seen.coefficients - world.coefficients) ** 2)


class CanonicalDrift(OfLabels):
    """θ̂_t − θ_0 (per unit of x)."""

    name: ClassVar[str] = "coefficient_drift"
    reported: ClassVar[bool] = False
    vector: ClassVar[bool] = True

    def value(self, seen: CanonicalView, world: Any) -> Any:
        return seen.coefficients - world.coefficients

    def width(self, dim: int) -> int:
        return dim - 1


class CanonicalSlope(OfLabels):
    """Regression of x'θ̂_t on x'θ_0 over all inputs, above 1 for a model too sure of itself; infinite or no number for θ_0 = 0."""

    name: ClassVar[str] = "slope"
    reported: ClassVar[bool] = False

    def value(self, seen: CanonicalView, world: Any) -> Any:
        fitted, real = seen.coefficients @ world.root, world.coefficients @ world.root
        return jnp.sum(fitted * real) / jnp.sum(real**2)

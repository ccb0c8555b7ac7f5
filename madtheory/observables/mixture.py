"""What a fitted mixture shows."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import MixtureView
from madtheory.observables._observable import Observable
from madtheory.observables.progress import EPSILON


class MixtureDrift(Observable):
    """(mean_t − mean_0)² of a draw (squared units of the data)."""

    name: ClassVar[str] = "mean_square_drift"
    view: ClassVar[type] = MixtureView

    def value(self, seen: MixtureView, world: Any) -> Any:
        return (seen.mean - world.weights @ world.means) ** 2


class MixtureVariance(Observable):
    """Variance of a draw (squared units of the data)."""

    name: ClassVar[str] = "variance"
    view: ClassVar[type] = MixtureView

    def value(self, seen: MixtureView, world: Any) -> Any:
        return seen.variance


class SmallestWeight(Observable):
    """Weight of the smallest component (dimensionless)."""

    name: ClassVar[str] = "smallest_weight"
    view: ClassVar[type] = MixtureView

    def value(self, seen: MixtureView, world: Any) -> Any:
        return jnp.min(seen.model.weights)


class MixtureSpread(Observable):
    """P(σ_t > 0.1 in units of the data), σ_t² the variance of a draw."""

    name: ClassVar[str] = "tail_probability"
    view: ClassVar[type] = MixtureView
    scale: ClassVar[str] = "indicator"

    def value(self, seen: MixtureView, world: Any) -> Any:
        return (seen.variance > EPSILON**2).astype(seen.model.weights.dtype)

"""What a model shows that keeps its training points."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import BootstrapView, SmoothedView
from madtheory.observables._observable import Observable


class PointsDrift(Observable):
    """‖mean_t − μ_0‖² of the model's mean (squared units of the data)."""

    name: ClassVar[str] = "mean_square_drift"
    view: ClassVar[type] = SmoothedView

    def value(self, seen: SmoothedView, world: Any) -> Any:
        return jnp.sum((seen.mean - world.mean) ** 2)


class PointsVariance(Observable):
    """tr Σ_t / d of a draw of the model, kernel included (squared units of the data)."""

    name: ClassVar[str] = "variance"
    view: ClassVar[type] = SmoothedView

    def value(self, seen: SmoothedView, world: Any) -> Any:
        return jnp.mean(seen.variance)


class MarginalVariance(Observable):
    """E‖X − μ_0‖²/d of a draw X of the model; its mean over replicas is the annealed variance (squared units of the data)."""

    name: ClassVar[str] = "marginal_variance"
    view: ClassVar[type] = SmoothedView

    def value(self, seen: SmoothedView, world: Any) -> Any:
        return jnp.mean(seen.variance + (seen.mean - world.mean) ** 2)


class DistinctPoints(Observable):
    """How many different points the model can still repeat (counts)."""

    name: ClassVar[str] = "distinct_points"
    view: ClassVar[type] = BootstrapView

    def value(self, seen: BootstrapView, world: Any) -> Any:
        return seen.distinct

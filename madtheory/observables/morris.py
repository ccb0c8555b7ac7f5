"""What a fitted member of a Morris family is, and how far it has moved."""

from __future__ import annotations

from typing import Any, ClassVar

from madtheory.models import MeanView, ScaleView
from madtheory.observables._observable import Observable


class MeanParameter(Observable):
    """η_t, the mean of a point (units of the data)."""

    name: ClassVar[str] = "mean"
    view: ClassVar[type] = MeanView

    def value(self, seen: MeanView, world: Any) -> Any:
        return seen.mean


class LogMeanParameter(Observable):
    """log η_t (dimensionless)."""

    name: ClassVar[str] = "log_mean"
    view: ClassVar[type] = ScaleView
    scale: ClassVar[str] = "log"

    def value(self, seen: ScaleView, world: Any) -> Any:
        return seen.log_mean


class MeanSquareError(Observable):
    """(η_t − η_0)² (squared units of the data)."""

    name: ClassVar[str] = "mean_square_drift"
    view: ClassVar[type] = MeanView

    def value(self, seen: MeanView, world: Any) -> Any:
        return (seen.mean - seen.family.mean_of(world)[0]) ** 2


class PointVariance(Observable):
    """V(η_t), the variance of a point (squared units of the data)."""

    name: ClassVar[str] = "variance"
    view: ClassVar[type] = MeanView

    def value(self, seen: MeanView, world: Any) -> Any:
        return seen.variance


class Absorbed(Observable):
    """P(V(η_t) = 0): every point is the same, for ever if no real data come."""

    name: ClassVar[str] = "absorbed"
    view: ClassVar[type] = MeanView
    scale: ClassVar[str] = "indicator"

    def value(self, seen: MeanView, world: Any) -> Any:
        return (seen.variance <= 0).astype(seen.mean.dtype)


class MeanKLForward(Observable):
    """KL(truth ‖ model) in nats; +inf once a point of the truth is impossible under the model."""

    name: ClassVar[str] = "kl_forward"
    view: ClassVar[type] = MeanView

    def value(self, seen: MeanView, world: Any) -> Any:
        return seen.family.relative_entropy(world, seen.model)


class MeanKLReverse(Observable):
    """KL(model ‖ truth) in nats."""

    name: ClassVar[str] = "kl_reverse"
    view: ClassVar[type] = MeanView

    def value(self, seen: MeanView, world: Any) -> Any:
        return seen.family.relative_entropy(seen.model, world)

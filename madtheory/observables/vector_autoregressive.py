"""What a fitted autoregression of several series has kept of them."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import VectorProcessView
from madtheory.observables._observable import Observable


class OfSeries(Observable):
    """Base of what is read off an autoregression of several series."""

    view: ClassVar[type] = VectorProcessView


class MeanAutocorrelation(OfSeries):
    """tr A_t/d, the mean of the eigenvalues (dimensionless)."""

    name: ClassVar[str] = "autocorrelation"
    scale: ClassVar[str] = "log"  # a bounded number: light tails

    def value(self, seen: VectorProcessView, world: Any) -> Any:
        return jnp.trace(seen.coefficients) / len(seen.coefficients)


class SeriesDrift(OfSeries):
    """A_t − A_0, row after row (dimensionless)."""

    name: ClassVar[str] = "coefficient_drift"
    reported: ClassVar[bool] = False
    vector: ClassVar[bool] = True

    def value(self, seen: VectorProcessView, world: Any) -> Any:
        return (seen.coefficients - seen.real).reshape(-1)

    def width(self, dim: int) -> int:
        return (dim // 2) ** 2


class LogMeanNoise(OfSeries):
    """log tr G_t/d of the innovations."""

    name: ClassVar[str] = "log_noise_variance"
    scale: ClassVar[str] = "log"

    def value(self, seen: VectorProcessView, world: Any) -> Any:
        return 2 * seen.log_noise

"""What a fitted autoregression has kept of the series."""

from __future__ import annotations

from typing import Any, ClassVar

from madtheory.models import ProcessView
from madtheory.observables._observable import Observable


class Autocorrelation(Observable):
    """ρ_t (dimensionless)."""

    name: ClassVar[str] = "autocorrelation"
    view: ClassVar[type] = ProcessView
    scale: ClassVar[str] = "log"  # a bounded number: light tails

    def value(self, seen: ProcessView, world: Any) -> Any:
        return seen.coefficient


class LogInnovationVariance(Observable):
    """log σ²_t of the innovations."""

    name: ClassVar[str] = "log_noise_variance"
    view: ClassVar[type] = ProcessView
    scale: ClassVar[str] = "log"

    def value(self, seen: ProcessView, world: Any) -> Any:
        return 2 * seen.log_noise

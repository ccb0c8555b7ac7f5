"""How far a law of few factors is from the real one, and what its largest factor and its noise have become."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import FactoredView
from madtheory.models.linear_regression import solve
from madtheory.observables._observable import Observable


class OfFactors(Observable):
    """Base of what is read off a law of few factors."""

    view: ClassVar[type] = FactoredView


class FactoredKLReverse(OfFactors):
    """KL(model ‖ real law) (nats)."""

    name: ClassVar[str] = "kl_reverse"

    def value(self, seen: FactoredView, world: Any) -> Any:
        columns = [seen.mean, *seen.root.T]
        square = sum(jnp.sum(solve(world.root, column) ** 2) for column in columns)
        return 0.5 * (square - len(seen.mean)) + jnp.sum(world.log_scales - seen.log_scales)


class LargestFactor(OfFactors):
    """Largest eigenvalue of the fitted covariance (squared units of the data)."""

    name: ClassVar[str] = "largest_eigenvalue"

    def value(self, seen: FactoredView, world: Any) -> Any:
        return jnp.exp(2 * seen.log_scales[0])


class LogFactorNoise(OfFactors):
    """log of the smallest eigenvalue of the fitted covariance, the noise beside the factors."""

    name: ClassVar[str] = "log_noise_variance"
    scale: ClassVar[str] = "log"

    def value(self, seen: FactoredView, world: Any) -> Any:
        return 2 * seen.log_scales[-1]

"""Quality and diversity as precision and recall of Gaussians, exactly."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
from jax.scipy.special import ndtr

from madtheory.models import Seen, World
from madtheory.observables._observable import Observable

EDGE = 1.6448536269514722  # 90 % of a normal law lies within so many standard deviations of its mean


def precision(mean: Any, variance: Any) -> Any:
    """Mass of N(mean, variance) within 90 % of N(0, 1)."""
    spread = jnp.sqrt(variance)
    return ndtr((EDGE - mean) / spread) - ndtr((-EDGE - mean) / spread)


def recall(mean: Any, variance: Any) -> Any:
    """Mass of N(0, 1) within 90 % of N(mean, variance)."""
    reach = EDGE * jnp.sqrt(variance)
    return ndtr(mean + reach) - ndtr(mean - reach)


class GaussianPrecision(Observable):
    """α-precision (Alaa et al. 2022): the share of the model's draws in the central 90 % of the real law (dimensionless).

    Coordinate by coordinate, and averaged over them; 0.9 where the two laws agree. It rises as the variance is lost.
    """

    name: ClassVar[str] = "precision"
    reported: ClassVar[bool] = False

    def value(self, seen: Seen, world: World) -> Any:
        return jnp.mean(precision(*marginals(seen, world)))


class GaussianRecall(Observable):
    """β-recall (Alaa et al. 2022): the share of the real law in the central 90 % of the model (dimensionless).

    Coordinate by coordinate, and averaged over them; 0.9 where the two laws agree. It falls as the variance is lost.
    """

    name: ClassVar[str] = "recall"
    reported: ClassVar[bool] = False

    def value(self, seen: Seen, world: World) -> Any:
        return jnp.mean(recall(*marginals(seen, world)))


def marginals(seen: Seen, world: World) -> tuple[Any, Any]:
    """(d,) mean and variance of each coordinate of the data, in units of the real law's own."""
    real = jnp.sum(world.factor**2, axis=1)
    own = jnp.sum(world.units(seen.factor) ** 2, axis=1)
    return (world.factor @ seen.mean) / jnp.sqrt(real), own / real

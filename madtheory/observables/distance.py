"""Distances between the model and the truth."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._lapack import singular_values
from madtheory.models import Seen, World
from madtheory.observables._observable import Observable


class W2Squared(Observable):
    """W₂²(p_t, p_0) = ‖μ_t−μ_0‖² + tr(Σ_t + Σ_0 − 2(Σ_0^½ Σ_t Σ_0^½)^½) (squared units of the data).

    The trace of the root is the sum of the singular values of L_0' L_t.
    """

    name: ClassVar[str] = "w2_squared"

    def value(self, seen: Seen, world: World) -> Any:
        drift = jnp.sum((world.factor @ seen.mean) ** 2)
        factor = world.units(seen.factor)
        if len(factor) == 1:
            return drift + jnp.sum((factor - world.factor) ** 2)
        overlap = jnp.sum(singular_values(world.factor.T @ factor))
        return drift + jnp.sum(factor**2) + jnp.sum(world.factor**2) - 2 * overlap


class Frechet(W2Squared):
    """The Fréchet distance as the FID reports it (Heusel et al. 2017): the same number as W₂² for Gaussians."""

    name: ClassVar[str] = "frechet"

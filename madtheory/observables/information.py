"""Entropy and relative entropies, in nats."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from madtheory.observables._observable import Observable, Seen, World


class KLForward(Observable):
    """KL(truth ‖ model) in nats; grows without bound as the model's variance is lost."""

    name: ClassVar[str] = "kl_forward"

    def value(self, seen: Seen, world: World) -> Any:
        dim = len(world.factor)
        right = jnp.concatenate([jnp.eye(dim, dtype=seen.unit.dtype), seen.mean[:, None]], axis=1)
        whitened = jnp.exp(-seen.log_diag)[:, None] * jax.scipy.linalg.solve_triangular(seen.unit, right, lower=True)
        return 0.5 * (jnp.sum(whitened**2) - dim) + jnp.sum(seen.log_diag)


class KLReverse(Observable):
    """KL(model ‖ truth) in nats."""

    name: ClassVar[str] = "kl_reverse"

    def value(self, seen: Seen, world: World) -> Any:
        return 0.5 * (jnp.sum(seen.factor**2) + jnp.sum(seen.mean**2) - len(world.factor)) - jnp.sum(seen.log_diag)


class Entropy(Observable):
    """Differential entropy of the model in nats."""

    name: ClassVar[str] = "entropy"
    scale: ClassVar[str] = "log"

    def value(self, seen: Seen, world: World) -> Any:
        dim = len(world.factor)
        return 0.5 * (dim * math.log(2 * math.pi * math.e) + world.log_det) + jnp.sum(seen.log_diag)

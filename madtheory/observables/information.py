"""Entropy and relative entropies, in nats."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._lapack import solve_lower
from madtheory.models import Seen, World
from madtheory.observables._observable import Observable


class KLForward(Observable):
    """KL(truth ‖ model) in nats; grows without bound as the model's variance is lost, and is +inf without full rank."""

    name: ClassVar[str] = "kl_forward"

    def value(self, seen: Seen, world: World) -> Any:
        dim = len(world.factor)
        right = jnp.concatenate([jnp.eye(dim, dtype=seen.unit.dtype), seen.mean[:, None]], axis=1)
        solved = solve_lower(seen.unit, right)
        whitened = jnp.where(solved == 0, 0, jnp.exp(-seen.log_diag)[:, None] * solved)  # exp may overflow
        spread = jnp.sum(whitened**2)
        return jnp.where(jnp.isinf(spread), jnp.inf, 0.5 * (spread - dim) + jnp.sum(seen.log_diag))


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

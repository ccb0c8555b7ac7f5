"""The relative entropy of two Poisson rates, from which those of counts are made."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp


def divergence(a: Any, b: Any) -> Any:
    """a log(a/b) − a + b ≥ 0, also where the two are close; b at a = 0, and +inf at b = 0 < a."""
    inside = (a > 0) & (b > 0)
    whole = jnp.where(inside, a, 1)
    moved = jnp.where(inside, (b - a) / whole, 0)
    return jnp.where(inside, whole * (moved - jnp.log1p(moved)), jnp.where(a > 0, jnp.inf, b))

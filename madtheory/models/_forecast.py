"""The next fit of a family with mean parameters before it is drawn, along one direction of them."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.models._average import Average

FIELDS = ("weight", "count", "mean", "cumulants", "direction")


class Expected(eqx.Module):
    """Batches side by side, described instead of drawn; P parts.

    Attributes:
        weight: (P,) total weight.
        count: (P,) points.
        mean: (P, 1) expectation of the batch's average along the direction.
        cumulants: (P, 3, 1) second, third and fourth cumulant of a point along it; 0 where the batch is known.
        direction: (P, k) the same in every row.
    """

    weight: Any
    count: Any
    mean: Any
    cumulants: Any
    direction: Any

    def weigh(self, weight: Any) -> Expected:
        """The same batches with total weight `weight`."""
        share = weight / jnp.sum(self.weight)
        count = jnp.where(jnp.asarray(weight) > 0, self.count, 0)
        return Expected(self.weight * share, count, self.mean, self.cumulants, self.direction)

    def __add__(self, other: Any) -> Expected:
        other = other if isinstance(other, Expected) else known(other, self.direction[:1])
        return Expected(*(jnp.concatenate([getattr(self, name), getattr(other, name)]) for name in FIELDS))

    __radd__ = __add__

    def total(self) -> Expected:
        """The union along a leading axis."""
        return Expected(*(getattr(self, name).reshape(-1, *getattr(self, name).shape[2:]) for name in FIELDS))

    def forecast(self) -> tuple[Any, Any, Any]:
        """(1,) each: mean, variance and excess kurtosis of the next fit."""
        share, n = self.weight / jnp.sum(self.weight), jnp.maximum(self.count, 1)
        second = (share**2 / n) @ self.cumulants[:, 0]
        fourth = (share**4 / n**3) @ self.cumulants[:, 2]
        return share @ self.mean, second, fourth / second**2

    def innovations(self, fitted: Any) -> Any:
        """(3, 1) the surprise of a fit (1,), its square, and the excess kurtosis of it.

        A step that is certain has surprise 0, and a square that is 1 without any spread.
        """
        centre, variance, excess = self.forecast()
        free = variance > 0
        surprise = (fitted - centre) / jnp.sqrt(jnp.where(free, variance, 1))
        return jnp.stack([jnp.where(free, surprise, 0), jnp.where(free, surprise**2, 1), jnp.where(free, excess, -2)])


def known(batch: Any, direction: Any) -> Expected:
    """A batch that is already there."""
    mean = batch.mean if isinstance(batch, Average) else jnp.exp(batch.log_mean)
    along = (direction[0] @ mean)[None, None]
    return Expected(batch.weight[None], batch.count[None], along, jnp.zeros((1, 3, 1), mean.dtype), direction)

"""Training sets that are the points themselves, for families without sufficient statistics."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp


class Bag(eqx.Module):
    """Summary of a training set: its points, each with a weight. All bags of a run have the same capacity C.

    Attributes:
        points: (C, d), of which the first `used` are there.
        weight: (C,) weight of each point; 0 for what is not there.
        used: () rows taken.
        count: () points of positive weight.
    """

    points: Any
    weight: Any
    used: Any
    count: Any

    @staticmethod
    def of(points: Any, n: Any, room: int) -> Bag:
        """The first n of `points`, each of weight 1, with room for `room`."""
        missing = max(room - len(points), 0)
        padded = jnp.pad(points, ((0, missing), (0, 0)))[:room]
        used = jnp.asarray(n, jnp.int32)
        weight = (jnp.arange(room) < used).astype(points.dtype)
        return Bag(jnp.where(weight[:, None] > 0, padded, 0), weight, used, used.astype(points.dtype))

    def weigh(self, weight: Any) -> Bag:
        """The same points with total weight `weight`; a bag of weight 0 is absent."""
        weight = jnp.asarray(weight, self.weight.dtype)
        own = self.weight * (weight / jnp.sum(self.weight))
        return Bag(self.points, own, self.used, jnp.where(weight > 0, self.count, 0))

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Bag):
            return NotImplemented
        return jax.tree.map(lambda *both: jnp.stack(both), self, other).total()

    def total(self) -> Bag:
        """The union along a leading axis: one bag's points behind another's."""
        bags, room = self.weight.shape
        ends = jnp.cumsum(self.used)
        place = jnp.arange(room)
        bag = jnp.minimum(jnp.searchsorted(ends, place, side="right"), bags - 1)
        row = jnp.clip(place - (ends - self.used)[bag], 0, room - 1)
        here = place < ends[-1]
        points = jnp.where(here[:, None], self.points[bag, row], 0)
        return Bag(points, jnp.where(here, self.weight[bag, row], 0), ends[-1], jnp.sum(self.count))

    def seen_from(self, step: Any) -> Bag:
        """The same points in the coordinates in which `step` has location 0 and scale 1."""
        return Bag(step.coordinates(self.points), self.weight, self.used, self.count)

    @property
    def share(self) -> Any:
        """(C,) weights that sum to 1."""
        return self.weight / jnp.sum(self.weight)

    def mean(self) -> Any:
        """(d,) weighted mean."""
        return self.points[0] + self.share @ jnp.where(self.weight[:, None] > 0, self.points - self.points[0], 0)

    def variance(self) -> Any:
        """(d,) weighted 1/W variance of each coordinate."""
        return self.share @ jnp.where(self.weight[:, None] > 0, self.points - self.mean(), 0) ** 2

    def quantile(self, p: float) -> Any:
        """() the weighted p-quantile in one dimension; half-way between two points where both will do, as a median of four."""
        points = jnp.where(self.weight > 0, self.points[:, 0], jnp.inf)
        order = jnp.argsort(points)
        ranked, up_to = points[order], jnp.cumsum(self.share[order])
        slack = 4 * jnp.finfo(up_to.dtype).eps * len(points)
        low = jnp.sum(up_to < p - slack)
        high = jnp.sum(up_to <= p + slack)
        last = jnp.sum(self.weight > 0) - 1
        return (ranked[jnp.minimum(low, last)] + ranked[jnp.minimum(high, last)]) / 2

"""Training sets reduced to weighted means and covariances, and their unions."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory._lapack import cholesky
from madtheory.models._factor import UNROLLED, lower_factor, spread_out
from madtheory.models._normal import Normal, shift


class Moments(eqx.Module):
    """Summary of a training set: its weighted mean and 1/W covariance C C' with C = e^log_scale · factor.

    Attributes:
        weight: () total weight W; a plain batch has weight n.
        count: () number of points N of positive weight.
        mean: (d,).
        factor: (d, d) lower triangular.
        log_scale: ().
    """

    weight: Any
    count: Any
    mean: Any
    factor: Any
    log_scale: Any

    def weigh(self, weight: Any) -> Moments:
        """The same batch with total weight `weight`; a batch of weight 0 is absent."""
        weight = jnp.asarray(weight, self.mean.dtype)
        return Moments(weight, jnp.where(weight > 0, self.count, 0), self.mean, self.factor, self.log_scale)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Moments):
            return NotImplemented
        weight = self.weight + other.weight
        mine, its = self.weight / weight, other.weight / weight
        apart = other.mean - self.mean
        within = [jnp.sqrt(share) * jnp.exp(batch.log_scale) * batch.factor for share, batch in ((mine, self), (its, other))]
        factor = lower_factor(*within, (jnp.sqrt(mine * its) * apart)[:, None])
        return Moments(weight, self.count + other.count, self.mean + its * apart, factor, jnp.zeros_like(self.log_scale))

    def total(self) -> Moments:
        """The union along a leading axis: shares of the factors and of the means' deviations, side by side."""
        weight = jnp.sum(self.weight)
        share = self.weight / weight
        mean = self.mean[0] + share @ (self.mean - self.mean[0])
        scale = jnp.sqrt(share) * jnp.exp(self.log_scale)
        within = jnp.moveaxis(self.factor * scale[:, None, None], 0, 1).reshape(len(mean), -1)
        factor = lower_factor(within, (jnp.sqrt(share)[:, None] * (self.mean - mean)).T)
        return Moments(weight, jnp.sum(self.count), mean, factor, jnp.zeros_like(weight))

    def seen_from(self, frame: Normal) -> Moments:
        """This summary in the coordinates in which `frame` is N(0, I)."""
        mean, factor = shift(frame, self.mean, self.factor)
        return Moments(self.weight, self.count, mean, factor, self.log_scale - frame.log_scale)


class OwnFit(eqx.Module):
    """A training set in the coordinates of the model fitted to it: mean 0, and 1/W covariance e^(2 log_scale) where alive.

    Attributes:
        weight: () total weight.
        count: () points.
        alive: (d,) 1 for directions that have any variance, else 0.
        log_scale: ().
    """

    weight: Any
    count: Any
    alive: Any
    log_scale: Any

    def moments(self) -> Moments:
        """The same as any other training set."""
        return Moments(self.weight, self.count, jnp.zeros_like(self.alive), spread_out(self.alive), self.log_scale)

    def __add__(self, other: Any) -> Any:
        """The union with draws of the model, which have no other directions.

        All directions of the sum of squares hold at least the share of this set, so that its Cholesky factor loses nothing.
        """
        if len(self.alive) <= UNROLLED:
            return self.moments() + other
        weight = self.weight + other.weight
        mine, its = self.weight / weight, other.weight / weight
        own, drawn = jnp.sqrt(mine) * jnp.exp(self.log_scale), jnp.sqrt(its) * jnp.exp(other.log_scale) * other.factor
        apart = jnp.sqrt(mine * its) * other.mean
        total = spread_out(jnp.full_like(self.alive, own**2)) + drawn @ drawn.T + apart[:, None] * apart
        factor = cholesky(total) * self.alive
        return Moments(weight, self.count + other.count, its * other.mean, factor, jnp.zeros_like(self.log_scale))

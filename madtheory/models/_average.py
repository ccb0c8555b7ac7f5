"""Training sets of a family with mean parameters: the weighted average of the sufficient statistic is the fit."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.models._family import Fitted


class Average(eqx.Module):
    """Summary of a training set.

    Attributes:
        weight: () total weight W; a plain batch has weight n.
        count: () points of positive weight.
        mean: (k,) weighted mean of the sufficient statistic.
    """

    weight: Any
    count: Any
    mean: Any

    def weigh(self, weight: Any) -> Average:
        """The same batch with total weight `weight`; a batch of weight 0 is absent."""
        weight = jnp.asarray(weight, self.mean.dtype)
        return Average(weight, jnp.where(weight > 0, self.count, 0), self.mean)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Average):
            return NotImplemented
        weight = self.weight + other.weight
        mean = (self.weight / weight) * self.mean + (other.weight / weight) * other.mean
        return Average(weight, self.count + other.count, mean)

    def total(self) -> Average:
        """The union along a leading axis."""
        weight = jnp.sum(self.weight)
        return Average(weight, jnp.sum(self.count), (self.weight / weight) @ self.mean)


class LogAverage(eqx.Module):
    """The same for positive statistics that may become smaller than any number: the mean is e^log_mean.

    Attributes:
        weight: () total weight W.
        count: () points of positive weight.
        log_mean: (k,).
    """

    weight: Any
    count: Any
    log_mean: Any

    def weigh(self, weight: Any) -> LogAverage:
        """The same batch with total weight `weight`; a batch of weight 0 is absent."""
        weight = jnp.asarray(weight, self.log_mean.dtype)
        return LogAverage(weight, jnp.where(weight > 0, self.count, 0), self.log_mean)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, LogAverage):
            return NotImplemented
        weight = self.weight + other.weight
        shares = jnp.log(self.weight / weight), jnp.log(other.weight / weight)
        log_mean = jnp.logaddexp(shares[0] + self.log_mean, shares[1] + other.log_mean)
        return LogAverage(weight, self.count + other.count, log_mean)

    def total(self) -> LogAverage:
        """The union along a leading axis."""
        weight = jnp.sum(self.weight)
        terms = jnp.log(self.weight / weight)[:, None] + self.log_mean
        top = jnp.max(terms, axis=0)
        return LogAverage(weight, jnp.sum(self.count), top + jnp.log(jnp.sum(jnp.exp(terms - top), axis=0)))


class Mean(Fitted):
    """A fitted model given by the mean η (k,) of its sufficient statistic."""

    mean: Any


class LogMean(Fitted):
    """A fitted model given by log η (k,)."""

    log_mean: Any

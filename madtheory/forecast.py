"""The next generation before it is drawn: its conditional mean and variance given the state of the loop.

A schedule's own `step` is run on batches that are described instead of drawn, so the one-step check holds for every
schedule that is made of unions and weights. Each coordinate of a Gaussian loop is a univariate loop of its own.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.models.gaussian import Moments, Normal


class Expected(eqx.Module):
    """Batches side by side, described coordinate by coordinate; P parts.

    Attributes:
        weight: (P,) total weight.
        count: (P,) points.
        fresh: (P,) 1 where the batch is still to be drawn, 0 where it is known.
        mean: (P, d) mean of the batch's law, or of the batch.
        variance: (P, d) variance of a point, or 1/W variance within the batch.
    """

    weight: Any
    count: Any
    fresh: Any
    mean: Any
    variance: Any

    @staticmethod
    def drawn(model: Normal, n: Any, bias: Any) -> Expected:
        """n points of `model` with sampling bias λ, not drawn yet."""
        n = jnp.asarray(n, model.mean.dtype)[None]
        return Expected(n, n, jnp.ones_like(n), model.mean[None], bias * _diagonal(model)[None])

    @staticmethod
    def known(batch: Moments) -> Expected:
        """A batch that is already there."""
        weight = batch.weight[None]
        return Expected(weight, batch.count[None], jnp.zeros_like(weight), batch.mean[None], _diagonal(batch)[None])

    def weigh(self, weight: Any) -> Expected:
        """The same batches with total weight `weight`."""
        count = jnp.where(jnp.asarray(weight) > 0, self.count, 0)
        return Expected(self.weight * (weight / jnp.sum(self.weight)), count, self.fresh, self.mean, self.variance)

    def __add__(self, other: Any) -> Expected:
        other = other if isinstance(other, Expected) else Expected.known(other)
        return Expected(*(jnp.concatenate([getattr(self, name), getattr(other, name)]) for name in FIELDS))

    __radd__ = __add__

    def total(self) -> Expected:
        """The union along a leading axis."""
        return Expected(*(getattr(self, name).reshape(-1, *getattr(self, name).shape[2:]) for name in FIELDS))

    def forecast(self, estimator: str) -> tuple[Any, Any, Any, Any]:
        """Mean and variance of the fitted mean, then of the fitted variance, each (d,).

        The fitted mean is Σ p_e b_e; the fitted variance is κ[Σ p_e s_e + Σ p_e (b_e − Σ p b)²] with b_e normal and
        s_e chi-square for batches still to be drawn.
        """
        share = (self.weight / jnp.sum(self.weight))[:, None]
        fresh, n = self.fresh[:, None], self.count[:, None]
        noise = fresh * self.variance / jnp.maximum(n, 1)
        centre = jnp.sum(share * self.mean, axis=0)
        apart = self.mean - centre
        spread = jnp.sum(share * self.variance + share * apart**2 - share**2 * noise, axis=0)
        inner = jnp.sum(share**2 * fresh * self.variance**2 * 2 * (n - 1) / jnp.maximum(n, 1) ** 2, axis=0)
        form = jnp.sum((share**2 - 2 * share**3) * noise**2, axis=0) + jnp.sum(share**2 * noise, axis=0) ** 2
        outer = 2 * form + 4 * jnp.sum(noise * (share * apart) ** 2, axis=0)
        total = jnp.sum(self.count)
        correction = total / (total - 1) if estimator == "unbiased" else 1.0
        return centre, jnp.sum(share**2 * noise, axis=0), correction * spread, correction**2 * (inner + outer)


FIELDS = ("weight", "count", "fresh", "mean", "variance")


class Describe(eqx.Module):
    """A `draw` that describes batches instead of drawing them.

    Attributes:
        truth: the real law as a model.
        real_bias: λ of real draws.
        bias: λ of synthetic draws.
    """

    truth: Any
    real_bias: Any
    bias: Any

    def real(self, n: Any, slot: Any = 0, bias: Any = None) -> Expected:
        """n real draws."""
        return Expected.drawn(self.truth, n, self.real_bias if bias is None else bias)

    def synthetic(self, model: Any, n: Any, slot: Any = 0, bias: Any = None) -> Expected:
        """n draws of `model`."""
        return Expected.drawn(model, n, self.bias if bias is None else bias)


def innovations(expected: Expected, model: Normal, estimator: str) -> tuple[Any, Any]:
    """Standardised surprises (d,) of the fitted mean and of the fitted variance of each coordinate: mean 0, variance 1."""
    mean, mean_variance, variance, variance_variance = expected.forecast(estimator)
    of_mean = (model.mean - mean) / jnp.sqrt(mean_variance)
    return of_mean, (_diagonal(model) - variance) / jnp.sqrt(variance_variance)


def _diagonal(model: Any) -> Any:
    """Variance of each coordinate."""
    return jnp.exp(2 * model.log_scale) * jnp.sum(model.factor**2, axis=1)

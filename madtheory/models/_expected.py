"""The next Gaussian fit before it is drawn: its conditional mean and variance given the state of the loop.

Each coordinate of a Gaussian loop is a univariate loop of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from madtheory.models._moments import Moments
from madtheory.models._normal import Normal


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

    def forecast(self, estimator: str) -> Forecast:
        """The law of the next fit; its mean Σ p_e b_e is normal, with b_e normal for batches still to be drawn."""
        share = self.weight / jnp.sum(self.weight)
        noise = (self.fresh / jnp.maximum(self.count, 1))[:, None] * self.variance
        centre = share @ self.mean
        within = share @ self.variance + share @ (self.mean - centre) ** 2 - share**2 @ noise
        total = jnp.sum(self.count)
        correction = total / (total - 1) if estimator == "unbiased" else 1.0
        second, fourth = jax.vmap(_cumulants, in_axes=(None, None, 1, 1))(share, self.count, noise, self.mean - centre)
        return Forecast(centre, share**2 @ noise, correction * within, correction**2 * second, fourth / second**2)


def _cumulants(share: Any, count: Any, noise: Any, apart: Any) -> tuple[Any, Any]:
    """Second and fourth cumulant of Σ p_e s_e + Σ p_e (b_e − Σ p b)² in one coordinate, all arguments (P,).

    s_e is chi-square and b_e normal with variance `noise`: a quadratic form z'Az + 2c'z besides independent chi-squares.
    """
    root = jnp.sqrt(noise)
    form = root[:, None] * (jnp.diag(share) - jnp.outer(share, share)) * root
    linear, each = root * share * apart, share * noise
    degrees = jnp.maximum(count - 1, 0)
    second = 2 * (degrees @ each**2) + 2 * jnp.sum(form**2) + 4 * jnp.sum(linear**2)
    fourth = 48 * (degrees @ each**4) + 48 * jnp.sum((form @ form) ** 2) + 192 * jnp.sum((form @ linear) ** 2)
    return second, fourth


class Forecast(NamedTuple):
    """The next fit before it is drawn, coordinate by coordinate, (d,) each.

    Attributes:
        mean: mean of the fitted mean.
        mean_variance: its variance.
        variance: mean of the fitted variance.
        variance_variance: its variance.
        excess: excess kurtosis of the fitted variance.
    """

    mean: Any
    mean_variance: Any
    variance: Any
    variance_variance: Any
    excess: Any


FIELDS = ("weight", "count", "fresh", "mean", "variance")


def innovations(expected: Expected, model: Normal, estimator: str) -> tuple[Any, Any, Any]:
    """Standardised surprises (d,) of the fitted mean and variance, mean 0 and variance 1; excess kurtosis of the latter."""
    said = expected.forecast(estimator)
    of_mean = (model.mean - said.mean) / jnp.sqrt(said.mean_variance)
    return of_mean, (_diagonal(model) - said.variance) / jnp.sqrt(said.variance_variance), said.excess


def _diagonal(model: Any) -> Any:
    """Variance of each coordinate."""
    return jnp.exp(2 * model.log_scale) * jnp.sum(model.factor**2, axis=1)

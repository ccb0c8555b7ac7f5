"""Natural exponential families with a quadratic variance function (Morris 1982): what they share.

A point x has mean η and variance V(η) = v_0 + v_1 η + v_2 η². The fit is the average of the training set, so that
E[η_t | η_{t−1}] = η_{t−1} and Var[η_t | η_{t−1}] = V(η_{t−1})/n exactly: the moments of every loop close.
"""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory._fields import plain, real
from madtheory.errors import BadInput
from madtheory.models._average import Average, Mean
from madtheory.models._family import Family, View
from madtheory.truth import RealLaw


class MeanTruth(RealLaw):
    """A real law that its mean alone describes, the family being known.

    Attributes:
        mean: η_0, a number inside the family's range (units of the data).
    """

    mean: Any = real()


class MeanView(View):
    """A fitted member of a Morris family."""

    family: Morris

    @property
    def mean(self) -> Any:
        """() η_t."""
        return self.family.mean_of(self.model)[0]

    @property
    def variance(self) -> Any:
        """() V(η_t)."""
        return self.family.variance(self.mean)

    @property
    def log_variance(self) -> Any:
        """() log V(η_t); −∞ once every point is the same."""
        return jnp.log(self.variance)


class Expected(eqx.Module):
    """Batches side by side, described instead of drawn; P parts.

    Attributes:
        weight: (P,) total weight.
        count: (P,) points.
        mean: (P, 1) expectation of the batch's average.
        cumulants: (P, 3, 1) second, third and fourth cumulant of a point; 0 where the batch is known.
    """

    weight: Any
    count: Any
    mean: Any
    cumulants: Any

    def weigh(self, weight: Any) -> Expected:
        """The same batches with total weight `weight`."""
        share = weight / jnp.sum(self.weight)
        return Expected(self.weight * share, jnp.where(jnp.asarray(weight) > 0, self.count, 0), self.mean, self.cumulants)

    def __add__(self, other: Any) -> Expected:
        other = other if isinstance(other, Expected) else known(other)
        names = ("weight", "count", "mean", "cumulants")
        return Expected(*(jnp.concatenate([getattr(self, name), getattr(other, name)]) for name in names))

    __radd__ = __add__

    def total(self) -> Expected:
        """The union along a leading axis."""
        return Expected(*(part.reshape(-1, *part.shape[2:]) for part in (self.weight, self.count, self.mean, self.cumulants)))

    def forecast(self) -> tuple[Any, Any, Any]:
        """(1,) each: mean, variance and excess kurtosis of the next fit."""
        share, n = self.weight / jnp.sum(self.weight), jnp.maximum(self.count, 1)
        second = (share**2 / n) @ self.cumulants[:, 0]
        fourth = (share**4 / n**3) @ self.cumulants[:, 2]
        return share @ self.mean, second, fourth / second**2


def known(batch: Any) -> Expected:
    """A batch that is already there."""
    mean = batch.mean if isinstance(batch, Average) else jnp.exp(batch.log_mean)
    return Expected(batch.weight[None], batch.count[None], mean[None], jnp.zeros((1, 3, 1), mean.dtype))


class Morris(Family):
    """Base of the Morris families; a member says how it is drawn, and its variance function."""

    truth_type: ClassVar[type[RealLaw]] = MeanTruth
    view: ClassVar[type] = MeanView
    channels: ClassVar[tuple[str, ...]] = ("mean",)
    carriers: ClassVar[tuple[str, ...]] = ("mean", "mean_square_drift", "variance")
    range: ClassVar[tuple[float, float]] = (-np.inf, np.inf)  # open interval of η

    @property
    def quadratic(self) -> tuple[Any, Any, Any]:
        """v_0, v_1, v_2."""
        raise NotImplementedError

    def variance(self, mean: Any) -> Any:
        """V(η)."""
        v0, v1, v2 = self.quadratic
        return v0 + mean * (v1 + mean * v2)

    def cumulants(self, mean: Any) -> tuple[Any, Any, Any]:
        """Second, third and fourth cumulant of a point: κ_{r+1} = V dκ_r/dη (Morris 1982)."""
        _, v1, v2 = self.quadratic
        variance, slope = self.variance(mean), v1 + 2 * v2 * mean
        return variance, variance * slope, variance * (slope**2 + 2 * v2 * variance)

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        low, high = self.inside()
        if not low < float(truth.mean) < high:
            raise BadInput("truth.mean", f"a number between {low:g} and {high:g}, both excluded", plain(truth.mean))

    def inside(self) -> tuple[float, float]:
        """The open interval in which η lies."""
        return self.range

    def world(self, truth: MeanTruth, dtype: Any) -> Any:
        return Mean(np.full(1, truth.mean).astype(dtype))

    def mean_of(self, model: Any) -> Any:
        """(1,) η of a fitted model."""
        return model.mean

    def draw_sum(self, words: Any, model: Any, n: Any, dtype: Any) -> Any:
        """(…) sum of n points of `model`, from its exact law; `words` are two arrays of uint32, one sum for each pair."""
        raise NotImplementedError

    def draw(self, words: Any, model: Any, n: Any, bias: Any, tables: Any) -> Any:
        dtype = self.mean_of(model).dtype
        first, second, *_ = words.four(0)
        total = self.draw_sum((first[None], second[None]), model, jnp.asarray(n), dtype)
        n = jnp.asarray(n, dtype)
        return Average(n, n, jnp.asarray(total, dtype) / n)

    def draw_points(self, words: Any, model: Any, rows: int, bias: Any) -> Any:
        pairs = words.many(2 * rows)
        points = self.draw_sum((pairs[:rows], pairs[rows:]), model, jnp.int32(1), self.mean_of(model).dtype)
        return jnp.asarray(points, self.mean_of(model).dtype)[:, None]

    def summarise(self, points: Any, n: Any) -> Any:
        count = jnp.asarray(n, points.dtype)
        seen = (jnp.arange(len(points)) < n)[:, None]
        return Average(count, count, points[0] + jnp.sum(jnp.where(seen, points - points[0], 0), axis=0) / count)

    def fit(self, summary: Any, estimator: str, reach: Any, words: Any = None) -> Any:
        return Mean(summary.mean)

    def see(self, frame: Any, model: Any, first_error: Any, t: Any, moving: bool) -> Any:
        return MeanView(model, t, self)

    def expected(self, model: Any, n: Any, bias: Any) -> Expected:
        mean = self.mean_of(model)
        n = jnp.asarray(n, mean.dtype)[None]
        return Expected(n, n, mean[None], jnp.stack(self.cumulants(mean))[None])

    def innovations(self, expected: Expected, model: Any, estimator: str) -> Any:
        """A step that is certain has surprise 0, and a square that is 1 without any spread."""
        centre, variance, excess = expected.forecast()
        open_ = variance > 0
        surprise = (self.mean_of(model) - centre) / jnp.sqrt(jnp.where(open_, variance, 1))
        return jnp.stack([jnp.where(open_, surprise, 0), jnp.where(open_, surprise**2, 1), jnp.where(open_, excess, -2)])

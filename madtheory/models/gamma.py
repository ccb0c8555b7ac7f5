"""Gamma and exponential points: every generation multiplies the scale by an independent factor, and it tends to 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np
from scipy.special import gammaincc

from madtheory._fields import positive_number
from madtheory.models._average import LogAverage, LogMean
from madtheory.models._family import Family
from madtheory.models._forecast import Expected
from madtheory.models._morris import MeanTruth, MeanView, Morris
from madtheory.random import log_gamma
from madtheory.random.gamma import log_ratio
from madtheory.truth import RealLaw


class ScaleView(MeanView):
    """A fitted law of known shape, whose mean may be too small for a number."""

    @property
    def log_mean(self) -> Any:
        """() log η_t."""
        return self.model.log_mean[0]


class Scale(Morris):
    """Gamma points of known shape α, called `shape`, with free mean η; V(η) = η²/α. The engine keeps log η."""

    view: ClassVar[type] = ScaleView
    carriers: ClassVar[tuple[str, ...]] = ("mean", "log_mean", "mean_square_drift", "variance")
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    if TYPE_CHECKING:

        @property
        def shape(self) -> Any: ...

    @property
    def quadratic(self) -> tuple[Any, Any, Any]:
        return 0.0, 0.0, 1 / self.shape

    def world(self, truth: MeanTruth, dtype: Any) -> Any:
        return LogMean(np.log(np.full(1, truth.mean)).astype(dtype))

    def mean_of(self, model: Any) -> Any:
        return jnp.exp(model.log_mean)

    def draw(self, words: Any, model: Any, n: Any, bias: Any, tables: Any) -> Any:
        first, second, *_ = words.four(0)
        n = jnp.asarray(n, model.log_mean.dtype)
        return LogAverage(n, n, model.log_mean + log_ratio((first[None], second[None]), n * self.shape, n.dtype))

    def draw_points(self, words: Any, model: Any, rows: int, bias: Any) -> Any:
        """Logarithms of points."""
        pairs, dtype = words.many(2 * rows), model.log_mean.dtype
        own = log_gamma((pairs[:rows], pairs[rows:]), jnp.asarray(self.shape, dtype), dtype)
        return (model.log_mean - jnp.log(jnp.asarray(self.shape, dtype)) + own)[:, None]

    def summarise(self, points: Any, n: Any) -> Any:
        count = jnp.asarray(n, points.dtype)
        seen = (jnp.arange(len(points)) < n)[:, None]
        top = jnp.max(jnp.where(seen, points, -jnp.inf), axis=0)
        log_mean = top + jnp.log(jnp.sum(jnp.where(seen, jnp.exp(points - top), 0), axis=0) / count)
        return LogAverage(count, count, log_mean)

    def fit(self, summary: LogAverage, estimator: str, reach: Any, words: Any = None) -> Any:
        if self.prior_size is None:
            return LogMean(summary.log_mean)
        size = summary.count + jnp.asarray(self.prior_size, summary.log_mean.dtype)
        own, prior = jnp.log(summary.count / size), jnp.log(self.prior_size / size) + jnp.log(self.prior_mean)
        log_mean = jnp.logaddexp(own + summary.log_mean, prior)
        return LogMean(log_mean if self.update == "map" else self.posterior(words, size, log_mean))

    def posterior(self, words: Any, size: Any, mean: Any) -> Any:
        """1/η is a gamma variate of shape αm + 1 and mean (αm + 1)/(αmη); logarithms here."""
        first, second, *_ = words.four(0)
        total = size * self.shape
        ratio = log_ratio((first[None], second[None]), total + 1, mean.dtype)
        return mean + jnp.log(total / (total + 1)) - ratio

    def conjugate_cdf(self, size: Any, mean: Any, x: np.ndarray) -> np.ndarray:
        above = np.where(np.asarray(x) > 0, x, 1)
        return np.where(np.asarray(x) > 0, gammaincc(self.shape * size + 1, self.shape * size * mean / above), 0.0)

    def relative_entropy(self, first: Any, second: Any) -> Any:
        apart = first.log_mean[0] - second.log_mean[0]
        return self.shape * (jnp.expm1(apart) - apart)

    def see(self, frame: Any, model: Any, first_error: Any, t: Any, moving: bool) -> Any:
        return ScaleView(model, t, self)

    def innovations(self, expected: Any, model: Any, estimator: str) -> Any:
        """In units of the forecast: the mean may be too small to be squared."""
        top = jnp.max(expected.mean)
        powers = top ** jnp.arange(2, 5, dtype=top.dtype)[:, None]
        scaled = Expected(expected.weight, expected.count, expected.mean / top, expected.cumulants / powers, expected.direction)
        return scaled.innovations(self.average_of(model, jnp.sum(expected.count)) / top)

    def heavy_size(self, n: int) -> int | None:
        return None if self.prior_size is not None else int(float(self.shape) * n / 2) + 1


class Gamma(Scale):
    """Gamma points of known shape α with free mean η; V(η) = η²/α.

    Attributes:
        shape: α (dimensionless).
    """

    kind: ClassVar[str] = "gamma"
    shape: Any = positive_number()

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Gamma(shape=2.5), MeanTruth(mean=3.0))]


class Exponential(Scale):
    """Exponential points with free mean η; V(η) = η²."""

    kind: ClassVar[str] = "exponential"

    @property
    def shape(self) -> float:
        """α."""
        return 1.0

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Exponential(), MeanTruth(mean=1.5))]

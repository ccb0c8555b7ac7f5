"""Families given by a mean and a covariance, and fitted by those of the training set: they differ in how they are drawn."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from madtheory._fields import count
from madtheory.errors import BadInput
from madtheory.models._factor import lower_factor
from madtheory.models._family import Family
from madtheory.models._moments import Moments, OwnFit
from madtheory.models._normal import Frame, Normal, Standard
from madtheory.models._view import Placed, World
from madtheory.truth import RealLaw, Truth


class MeanCovariance(Family):
    """Base of elliptical families in d dimensions; a member says how its standard member is drawn.

    The engine works in coordinates where the real law has mean 0 and covariance I. Closed loops shrink without limit, so
    the coordinate frame itself moves with the model (`Frame`): scales are multiplied in the log domain and nothing under-
    or overflows.

    Attributes:
        dim: d.
    """

    truth_type: ClassVar[type[RealLaw]] = Truth
    view: ClassVar[type] = Placed
    estimators: ClassVar[tuple[str, ...]] = ("unbiased", "mle")
    biased: ClassVar[bool] = True
    distinct: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    rewards: ClassVar[tuple[str, ...]] = ("direction", "centre", "novelty")
    dim: int = count()

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        """(d, rows) points of mean 0 and covariance I."""
        raise NotImplementedError

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        if truth.dim != self.dim:
            raise BadInput("truth.mean", f"{self.dim} entries, the model's dim", f"{truth.dim} entries")

    def world(self, truth: Truth, dtype: Any) -> World:
        return World.of(truth.covariance, dtype)

    def data(self, truth: Truth, dtype: Any) -> np.ndarray | None:
        if truth.points is None or truth.parametric:
            return None
        factor = np.linalg.cholesky(truth.covariance)
        return np.linalg.solve(factor, (truth.points - truth.mean).T).T.astype(dtype)

    def place(self, truth: Truth) -> tuple[np.ndarray, np.ndarray]:
        return truth.mean, np.linalg.cholesky(truth.covariance)

    def centre(self, model: Normal) -> Any:
        return model.mean

    def truth(self, world: Any, dtype: Any) -> Normal:
        return Normal(jnp.zeros(self.dim, dtype), jnp.eye(self.dim, dtype=dtype), jnp.zeros((), dtype))

    def standard(self, dtype: Any) -> Standard:
        """The model on which a frame rests."""
        return Standard(jnp.ones(self.dim, dtype))

    def frame(self, dtype: Any) -> Frame:
        """The frame of the real law."""
        zero = jnp.zeros(self.dim, dtype)
        return Frame(zero, jnp.eye(self.dim, dtype=dtype), zero, zero, zero)

    def draw_points(self, words: Any, model: Normal, rows: int, bias: Any) -> Any:
        dtype = model.mean.dtype
        z = self.standard_points(words, rows, dtype)
        return (model.mean[:, None] + jnp.exp(model.log_scale) * jnp.sqrt(jnp.asarray(bias, dtype)) * model.times(z)).T

    def summarise(self, points: Any, n: Any) -> Moments:
        dtype = points.dtype
        n = jnp.asarray(n, dtype)
        seen = (jnp.arange(len(points)) < n)[:, None]
        origin = points[0]
        mean = origin + jnp.sum(jnp.where(seen, points - origin, 0), axis=0) / n
        factor = lower_factor(jnp.where(seen, points - mean, 0).T / jnp.sqrt(n))
        return Moments(n, n, mean, factor, jnp.zeros((), dtype))

    def own_fit(self, summary: Moments, settled: Standard, estimator: str) -> OwnFit:
        """A training set seen from the frame of its own fit, whose settled form is `settled`."""
        log_scale = 0.5 * jnp.log1p(-1 / summary.count) if estimator == "unbiased" else jnp.zeros_like(summary.log_scale)
        return OwnFit(summary.weight, summary.count, settled.alive, log_scale)

    def fit(self, summary: Moments, estimator: str, reach: Any, words: Any = None) -> Normal:
        """Mean and covariance; columns of the factor beyond the rank that the points can have are zero, exactly."""
        rank = jnp.minimum(summary.count, reach) - 1
        grown = -0.5 * jnp.log1p(-1 / summary.count) if estimator == "unbiased" else jnp.zeros_like(summary.count)
        if self.dim == 1:
            return Normal(summary.mean, summary.factor, summary.log_scale + jnp.where(rank > 0, grown, -jnp.inf))
        return Normal(summary.mean, jnp.where(jnp.arange(self.dim) < rank, summary.factor, 0), summary.log_scale + grown)

    def see(self, frame: Frame, model: Any, first_error: Any, t: Any, moving: bool) -> Placed:
        return self.view(frame, model, first_error, t, settled=moving)

    def failing(self, frame: Frame, model: Any, moving: bool) -> Any:
        place = (frame.mean, frame.recent) if moving else (model.mean, model.factor)
        return ~jnp.isfinite(sum(jnp.sum(jnp.where(jnp.isneginf(x), 0, x)) for x in place))

"""Natural exponential families with a quadratic variance function (Morris 1982): what they share.

A point x has mean η and variance V(η) = v_0 + v_1 η + v_2 η². The fit is the average of the training set, so that
E[η_t | η_{t−1}] = η_{t−1} and Var[η_t | η_{t−1}] = V(η_{t−1})/n exactly: the moments of every loop close.
"""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from madtheory._fields import choice, plain, positive_number, real
from madtheory.errors import BadInput, Words
from madtheory.models._average import Average, Mean
from madtheory.models._family import Family, View
from madtheory.models._forecast import Expected
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


class Morris(Family):
    """Base of the Morris families; a member says how it is drawn, and its variance function.

    With `prior_size` every fit uses the conjugate prior (Diaconis & Ylvisaker 1979) of pseudo-points of mean `prior_mean`.

    Attributes:
        prior_size: n₀ pseudo-points (counts, any number above 0); no prior where it is left out.
        prior_mean: η of the pseudo-points (units of the data).
        update: "map" fits the posterior's mean of η, "posterior" draws η from the posterior (iterated learning).
    """

    truth_type: ClassVar[type[RealLaw]] = MeanTruth
    view: ClassVar[type] = MeanView
    channels: ClassVar[tuple[str, ...]] = ("mean",)
    has_posterior: ClassVar[bool] = True
    carriers: ClassVar[tuple[str, ...]] = ("mean", "mean_square_drift", "variance")
    rewards: ClassVar[tuple[str, ...]] = ("direction", "centre", "novelty")
    range: ClassVar[tuple[float, float]] = (-np.inf, np.inf)  # open interval of η
    prior_size: Any = positive_number(default=None, kw_only=True)
    prior_mean: Any = real(default=None, kw_only=True)
    update: str = choice("map", "posterior", default="map", kw_only=True)

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

    @property
    def dim(self) -> int:
        """1: a point is a number."""
        return 1

    def check(self) -> None:
        if (self.prior_size is None) != (self.prior_mean is None):
            raise BadInput("prior_size", "to stand beside `prior_mean`", Words("one without the other"))
        if self.prior_mean is not None:
            self._check_inside("prior_mean", self.prior_mean)
        if self.update == "posterior" and (self.prior_size is None or not self.has_posterior):
            raise BadInput("update", f"'map', or a `prior_size` and a {self.kind} posterior that can be drawn from", self.update)

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        self._check_inside("truth.mean", truth.mean)

    def _check_inside(self, name: str, mean: Any) -> None:
        low, high = self.inside()
        if not low < float(mean) < high:
            raise BadInput(name, f"a number between {low:g} and {high:g}, both excluded", plain(mean))

    @property
    def forecasts(self) -> bool:
        return self.update == "map"

    def inside(self) -> tuple[float, float]:
        """The open interval in which η lies."""
        return self.range

    def world(self, truth: MeanTruth, dtype: Any) -> Any:
        return Mean(np.full(1, truth.mean).astype(dtype))

    def mean_of(self, model: Any) -> Any:
        """(1,) η of a fitted model."""
        return model.mean

    def centre(self, model: Any) -> Any:
        return self.mean_of(model)

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
        if self.prior_size is None:
            return Mean(summary.mean)
        size = summary.count + jnp.asarray(self.prior_size, summary.mean.dtype)
        mean = summary.mean + (jnp.asarray(self.prior_size, size.dtype) / size) * (self.prior_mean - summary.mean)
        return Mean(mean if self.update == "map" else self.posterior(words, size, mean))

    def posterior(self, words: Any, size: Any, mean: Any) -> Any:
        """(1,) η drawn from the conjugate law of `size` points of average `mean`; `words` holds the random words."""
        raise NotImplementedError

    def conjugate_cdf(self, size: Any, mean: Any, x: np.ndarray) -> np.ndarray:
        """P(η ≤ x) under the conjugate law of `size` points of average `mean`, density e^{m(η*θ − A(θ))} in θ."""
        raise NotImplementedError

    def relative_entropy(self, first: Any, second: Any) -> Any:
        """() KL(first ‖ second) of two fitted models, in nats per point."""
        raise NotImplementedError

    def see(self, frame: Any, model: Any, first_error: Any, t: Any, moving: bool) -> Any:
        return MeanView(model, t, self)

    def expected(self, model: Any, n: Any, bias: Any) -> Expected:
        mean = self.mean_of(model)
        n = jnp.asarray(n, mean.dtype)[None]
        return Expected(n, n, mean[None], jnp.stack(self.cumulants(mean))[None], jnp.ones((1, 1), mean.dtype))

    def innovations(self, expected: Expected, model: Any, estimator: str) -> Any:
        return expected.innovations(self.average_of(model, jnp.sum(expected.count)))

    def average_of(self, model: Any, count: Any) -> Any:
        """(1,) the average of the training set of `count` points, which a fit mixes with its prior."""
        mean = self.mean_of(model)
        return mean if self.prior_size is None else mean + (self.prior_size / count) * (mean - self.prior_mean)

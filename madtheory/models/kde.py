"""Kernel density estimates, and their limit of no bandwidth: a model that only repeats its training points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory._fields import array, choice, count, field, plain, positive_number
from madtheory.errors import BadInput, Words, did_you_mean
from madtheory.models._bag import Bag
from madtheory.models._family import Family, Fitted, View
from madtheory.random import normal
from madtheory.truth import RealLaw, Truth

KERNELS = {"gaussian": 1.0, "epanechnikov": 0.2}
"""Variance of each kernel of bandwidth 1."""
RULES = ("scott", "silverman")


class Smoothed(Fitted):
    """A fitted estimate: a training point is chosen, and moved by a draw of the kernel.

    Attributes:
        bag: the training set.
        spread: (d,) bandwidth of each coordinate; 0 for none.
        real: () whether this stands for the real law itself.
    """

    bag: Bag
    spread: Any
    real: Any


class PointsWorld(eqx.Module):
    """The real law N(mean, factor factor').

    Attributes:
        mean: (d,).
        factor: (d, d) lower triangular.
    """

    mean: Any
    factor: Any


class SmoothedView(View):
    """A fitted estimate as observables read it.

    Attributes:
        kernel_variance: of the kernel of bandwidth 1.
        world: the real law, which a model that is the real law shows.
    """

    kernel_variance: float = eqx.field(static=True)
    world: PointsWorld

    @property
    def mean(self) -> Any:
        """(d,) mean of a draw of the model."""
        return jnp.where(self.model.real, self.world.mean, self.model.bag.mean())

    @property
    def within(self) -> Any:
        """(d,) 1/N variance of the training points."""
        return jnp.where(self.model.real, jnp.sum(self.world.factor**2, axis=1), self.model.bag.variance())

    @property
    def variance(self) -> Any:
        """(d,) variance of a draw of the model."""
        return self.within + self.kernel_variance * self.model.spread**2

    @property
    def distinct(self) -> Any:
        """() different values of the first coordinate among the training points."""
        bag = self.model.bag
        points = jnp.sort(jnp.where(bag.weight > 0, bag.points[:, 0], jnp.inf))
        new = (points[1:] != points[:-1]) & (points[1:] < jnp.inf)
        found = (points[0] < jnp.inf).astype(points.dtype) + jnp.sum(new)
        return jnp.where(self.model.real, jnp.inf, found)


class BootstrapView(SmoothedView):
    """The same of a model without a bandwidth."""


class OfPoints(Family):
    """Base of models that keep their training points; a member says how wide the kernel is."""

    truth_type: ClassVar[type[RealLaw]] = Truth
    view: ClassVar[type] = SmoothedView
    needs_points: ClassVar[bool] = True
    carriers: ClassVar[tuple[str, ...]] = ("mean_square_drift", "variance")

    if TYPE_CHECKING:

        @property
        def kernel(self) -> str: ...

    def spread(self, bag: Bag) -> Any:
        """(d,) bandwidth of each coordinate for a training set."""
        raise NotImplementedError

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        if truth.dim != self.dim:
            raise BadInput("truth.mean", f"{self.dim} entries, the model's dim", f"{truth.dim} entries")

    def bound(self, truth: Truth, room: int) -> Family:
        return RoomyPoints(self, self.world(truth, np.float64), room)

    def world(self, truth: Truth, dtype: Any) -> PointsWorld:
        return PointsWorld(truth.mean.astype(dtype), np.linalg.cholesky(truth.covariance).astype(dtype))

    def data(self, truth: Truth, dtype: Any) -> np.ndarray | None:
        return None if truth.parametric or truth.points is None else truth.points.astype(dtype)


class RoomyPoints(Family):
    """A family of points that knows the real law, and how many points a training set may hold."""

    kind: ClassVar[str] = "roomy_points"
    needs_points: ClassVar[bool] = True
    own: Any
    world_: PointsWorld
    size: int = eqx.field(static=True)

    @property
    def dim(self) -> int:
        """d."""
        return self.own.dim

    def truth(self, world: PointsWorld, dtype: Any) -> Smoothed:
        nothing = Bag.of(jnp.zeros((1, self.dim), dtype), 0, self.size)
        return Smoothed(nothing, jnp.zeros(self.dim, dtype), jnp.ones((), bool))

    def draw_points(self, words: Any, model: Smoothed, rows: int, bias: Any) -> Any:
        dtype, dim = model.spread.dtype, self.dim
        up_to = jnp.cumsum(model.bag.weight)
        some = words.many(rows * (1 + 3 * dim))
        share = (some[:rows] >> np.uint32(8)).astype(dtype) * jnp.asarray(2.0**-24, dtype)
        chosen = jnp.minimum(jnp.searchsorted(up_to, share * up_to[-1], side="right"), jnp.maximum(model.bag.used - 1, 0))
        noise = some[rows:].reshape(3, rows, dim)
        scores = normal(noise[0], dtype)
        kernel = scores if self.own.kernel == "gaussian" else _epanechnikov(noise, dtype)
        real = self.world_.mean + scores @ self.world_.factor.T
        return jnp.where(model.real, real, model.bag.points[chosen] + model.spread * kernel)

    def summarise(self, points: Any, n: Any) -> Bag:
        return Bag.of(points, n, self.size)

    def fit(self, summary: Bag, estimator: str, reach: Any, words: Any = None) -> Smoothed:
        return Smoothed(summary, self.own.spread(summary), jnp.zeros((), bool))

    def see(self, frame: Any, model: Smoothed, first_error: Any, t: Any, moving: bool) -> Any:
        return self.own.view(model, t, KERNELS[self.own.kernel], self.world_)


def _epanechnikov(words: Any, dtype: Any) -> Any:
    """Draws from ¾(1−u²) on (−1, 1): of three uniforms the one in the middle."""
    three = (words >> np.uint32(8)).astype(dtype) * jnp.asarray(2.0**-23, dtype) - 1
    return jnp.sum(three, axis=0) - jnp.max(three, axis=0) - jnp.min(three, axis=0)


def _check_bandwidth(name: str, value: Any) -> None:
    good = isinstance(value, np.ndarray) and value.ndim == 0 and np.isfinite(value) and value > 0
    if not good and not (isinstance(value, str) and value in RULES):
        raise BadInput(name, f"a number above 0, or {did_you_mean(value, RULES)}", plain(value))


class KDE(OfPoints):
    """A kernel density estimate in d dimensions, with a kernel of its own in each coordinate.

    Attributes:
        dim: d.
        bandwidth: h of every coordinate (units of the data), or a rule for h/s_t: "scott" n^(−1/(d+4)) or "silverman".
        relative: c of h = c s_t, s_t the 1/N standard deviation of the coordinate; instead of `bandwidth` (dimensionless).
        kernel: "gaussian", or "epanechnikov" with density ¾(1−u²) and variance h²/5.
    """

    kind: ClassVar[str] = "kde"
    dim: int = count(default=1)
    bandwidth: Any = field(array, _check_bandwidth, default=None)
    relative: Any = positive_number(default=None)
    kernel: str = choice("gaussian", "epanechnikov", default="gaussian")

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        plane = Truth(mean=[0.5, -1.0], covariance=[[1.0, 0.3], [0.3, 2.0]])
        return [(KDE(bandwidth=0.4), Truth.standard(1)), (KDE(dim=2, bandwidth="scott", kernel="epanechnikov"), plane)]

    def check(self) -> None:
        if (self.bandwidth is None) == (self.relative is None):
            given = "neither" if self.relative is None else "both"
            raise BadInput("bandwidth", "either `bandwidth` or `relative`", Words(given))

    def spread(self, bag: Bag) -> Any:
        dtype = bag.points.dtype
        if self.bandwidth is not None and not isinstance(self.bandwidth, str):
            return jnp.full(self.dim, jnp.asarray(self.bandwidth, dtype))
        return self.factor(bag) * jnp.sqrt(bag.variance())

    def factor(self, bag: Bag) -> Any:
        """() h/s_t; n counts as (Σw)²/Σw² points where weights differ."""
        if self.relative is not None:
            return jnp.asarray(self.relative, bag.points.dtype)
        n, power = 1 / jnp.sum(bag.share**2), -1 / (self.dim + 4)
        return n**power if self.bandwidth == "scott" else (n * (self.dim + 2) / 4) ** power


class Bootstrap(OfPoints):
    """The memorising model: every draw is one of its training points.

    Attributes:
        dim: d.
    """

    kind: ClassVar[str] = "bootstrap"
    view: ClassVar[type] = BootstrapView
    carriers: ClassVar[tuple[str, ...]] = ("mean_square_drift", "variance", "distinct_points")
    dim: int = count(default=1)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Bootstrap(), Truth.standard(1))]

    @property
    def kernel(self) -> str:
        """None is drawn: every bandwidth is 0."""
        return "gaussian"

    def spread(self, bag: Bag) -> Any:
        return jnp.zeros(self.dim, bag.points.dtype)

"""Gaussian mixtures in one dimension, fitted by expectation and maximisation: what the components do has no closed form."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import array, count, field, plain
from madtheory.errors import BadInput
from madtheory.models._bag import Bag
from madtheory.models._family import Family, Fitted, View
from madtheory.random import normal
from madtheory.truth import RealLaw


def _check_components(name: str, value: Any) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 1 and value.size and np.all(np.isfinite(value))):
        raise BadInput(name, "a list of finite numbers, one per component", plain(value))
    if name != "means" and np.any(value <= 0):
        raise BadInput(name, "numbers above 0", plain(value))
    if name == "weights" and abs(value.sum() - 1) > 1e-9:
        raise BadInput(name, "numbers that sum to 1", float(value.sum()))


class MixtureTruth(RealLaw):
    """A mixture of normal laws.

    Attributes:
        weights: (k,) that sum to 1.
        means: (k,) (units of the data).
        variances: (k,) (squared units of the data).
    """

    weights: Any = field(array, _check_components)
    means: Any = field(array, _check_components)
    variances: Any = field(array, _check_components)

    def check(self) -> None:
        for name in ("means", "variances"):
            if len(getattr(self, name)) != len(self.weights):
                raise BadInput(name, f"{len(self.weights)} entries, one per weight", f"{len(getattr(self, name))} entries")

    @property
    def variance(self) -> Any:
        """() variance of a draw (squared units of the data)."""
        return self.weights @ (self.variances + (self.means - self.weights @ self.means) ** 2)


class Components(Fitted):
    """A mixture, (k,) each; a component that explains no point has weight 0 and stays where it was."""

    weights: Any
    means: Any
    variances: Any


class MixtureView(View):
    """A fitted mixture as observables read it."""

    @property
    def mean(self) -> Any:
        """() mean of a draw."""
        return self.model.weights @ self.model.means

    @property
    def variance(self) -> Any:
        """() variance of a draw."""
        return self.model.weights @ (self.model.variances + (self.model.means - self.mean) ** 2)


class Mixture(Family):
    """k normal components, by `iterations` steps of EM from quantiles of the training set.

    Attributes:
        components: k.
        iterations: steps of EM (counts).
    """

    kind: ClassVar[str] = "mixture"
    truth_type: ClassVar[type[RealLaw]] = MixtureTruth
    view: ClassVar[type] = MixtureView
    needs_points: ClassVar[bool] = True
    least_points: ClassVar[int] = 2
    components: int = count(default=2)
    iterations: int = count(default=50)

    @property
    def dim(self) -> int:
        """1: a point is a number."""
        return 1

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Mixture(iterations=8), MixtureTruth(weights=[0.4, 0.6], means=[-2.0, 2.0], variances=[0.5, 1.0]))]

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        if len(truth.weights) != self.components:
            raise BadInput("truth.weights", f"{self.components} entries, the model's components", f"{len(truth.weights)} entries")

    def world(self, truth: MixtureTruth, dtype: Any) -> Components:
        return Components(*(part.astype(dtype) for part in (truth.weights, truth.means, truth.variances)))

    def bound(self, truth: MixtureTruth, room: int) -> Family:
        return RoomyMixture(self.components, self.iterations, size=room)

    def draw_points(self, words: Any, model: Components, rows: int, bias: Any) -> Any:
        some, dtype = words.many(2 * rows), model.means.dtype
        up_to = jnp.cumsum(model.weights)
        share = (some[:rows] >> np.uint32(8)).astype(dtype) * jnp.asarray(2.0**-24, dtype) * up_to[-1]
        last = jnp.max(jnp.where(model.weights > 0, jnp.arange(len(up_to)), 0))
        chosen = jnp.minimum(jnp.searchsorted(up_to, share, side="right"), last)
        return (model.means[chosen] + jnp.sqrt(model.variances[chosen]) * normal(some[rows:], dtype))[:, None]

    def fit(self, summary: Bag, estimator: str, reach: Any, words: Any = None) -> Components:
        k, dtype = self.components, summary.points.dtype
        means = jnp.stack([summary.quantile((j + 0.5) / k) for j in range(k)])
        start = Components(jnp.full(k, 1 / k, dtype), means, jnp.full(k, summary.variance()[0]))
        return jax.lax.fori_loop(0, self.iterations, lambda _, model: improved(summary, model), start)


class RoomyMixture(Mixture):
    """A mixture that knows how many points a training set may hold."""

    size: int = eqx.field(static=True, default=1)

    def summarise(self, points: Any, n: Any) -> Bag:
        return Bag.of(points, n, self.size)


def improved(bag: Bag, model: Components) -> Components:
    """One step of EM. A component whose points all coincide has variance 0 and takes nothing but them."""
    x, here = bag.points[:, 0], bag.weight > 0
    spread = jnp.where(model.variances > 0, model.variances, 1)
    log = jnp.log(model.weights) - 0.5 * jnp.log(spread) - 0.5 * (x[:, None] - model.means) ** 2 / spread
    inside = jnp.where(model.variances > 0, log, jnp.where(x[:, None] == model.means, jnp.inf, -jnp.inf))
    top = jnp.max(inside, axis=1, keepdims=True)
    parts = jnp.where(jnp.isposinf(top), jnp.isposinf(inside), jnp.exp(inside - jnp.where(jnp.isfinite(top), top, 0)))
    own = jnp.where(here[:, None], parts / jnp.sum(parts, axis=1, keepdims=True), 0) * bag.share[:, None]
    weights = jnp.sum(own, axis=0)
    whole = jnp.where(weights > 0, weights, 1)
    means = jnp.where(weights > 0, x @ own / whole, model.means)
    variances = jnp.sum(own * (x[:, None] - means) ** 2, axis=0) / whole
    return Components(weights, means, jnp.where(weights > 0, variances, model.variances))

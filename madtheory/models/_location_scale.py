"""Location-scale families x = μ + s e with an equivariant estimator: (μ, s) walks at random on the affine group."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory._fields import positive_number, real
from madtheory.models._bag import Bag
from madtheory.models._family import Family, Fitted, View
from madtheory.truth import RealLaw


class LocationScaleTruth(RealLaw):
    """A real law of a location-scale family.

    Attributes:
        location: μ_0 (units of the data).
        scale: s_0 (units of the data).
    """

    location: Any = real(default=0.0)
    scale: Any = positive_number(default=1.0)


class Member(Fitted):
    """A fitted law, relative to the frame; also the frame itself, relative to the real law.

    Attributes:
        location: (1,).
        log_scale: ().
    """

    location: Any
    log_scale: Any

    def normal(self) -> Member:
        """The same as a model like any other."""
        return self

    def coordinates(self, points: Any) -> Any:
        """Points (…, 1) where this law has location 0 and scale 1."""
        return (points - self.location) * jnp.exp(-self.log_scale)

    def seen_from(self, step: Member) -> Member:
        """This law, or a stack of them, in the coordinates in which `step` has location 0 and scale 1."""
        return Member(step.coordinates(self.location), self.log_scale - step.log_scale)

    def settle(self) -> tuple[Member, Member]:
        """What the frame moves to, and this law seen from there."""
        return self, Member(jnp.zeros_like(self.location), jnp.zeros_like(self.log_scale))

    def then(self, step: Member) -> Member:
        """The frame of a law given relative to this one."""
        return Member(self.location + jnp.exp(self.log_scale) * step.location, self.log_scale + step.log_scale)

    def fold(self) -> Member:
        """Nothing is put off here."""
        return self


class LocationScaleView(View):
    """A fitted law in units of the real one."""

    frame: Any
    family: Any

    @property
    def placed(self) -> Member:
        """The law relative to the real one."""
        return self.frame.then(self.model)


class LocationScaleWorld(eqx.Module):
    """The real law as observables need it.

    Attributes:
        scale: () s_0.
    """

    scale: Any


class LocationScale(Family):
    """Base; a member says how its standard member is drawn and how location and scale are estimated."""

    truth_type: ClassVar[type[RealLaw]] = LocationScaleTruth
    view: ClassVar[type] = LocationScaleView
    biased: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    needs_points: ClassVar[bool] = True
    least_points: ClassVar[int] = 2
    carriers: ClassVar[tuple[str, ...]] = ("log_scale", "scale_squared", "mean_square_drift")

    @property
    def dim(self) -> int:
        """1: a point is a number."""
        return 1

    def bound(self, truth: LocationScaleTruth, room: int) -> Family:
        return Roomy(self, room)

    def world(self, truth: LocationScaleTruth, dtype: Any) -> LocationScaleWorld:
        return LocationScaleWorld(np.asarray(truth.scale, dtype))

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        """(rows,) points of the member of location 0 and scale 1."""
        raise NotImplementedError

    def estimate(self, bag: Bag) -> tuple[Any, Any]:
        """() location and () scale of a training set, equivariant."""
        raise NotImplementedError

    @property
    def unit_variance(self) -> float:
        """Variance of the standard member."""
        raise NotImplementedError


class Roomy(Family):
    """A location-scale family that knows how many points a training set may hold."""

    kind: ClassVar[str] = "roomy"
    biased: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    needs_points: ClassVar[bool] = True
    own: Any
    size: int = eqx.field(static=True)

    @property
    def dim(self) -> int:
        """1: a point is a number."""
        return 1

    def truth(self, world: Any, dtype: Any) -> Member:
        return Member(jnp.zeros(1, dtype), jnp.zeros((), dtype))

    def standard(self, dtype: Any) -> Member:
        return self.truth(None, dtype)

    def frame(self, dtype: Any) -> Member:
        return self.truth(None, dtype)

    def draw_points(self, words: Any, model: Member, rows: int, bias: Any) -> Any:
        dtype = model.location.dtype
        spread = jnp.exp(model.log_scale) * jnp.sqrt(jnp.asarray(bias, dtype))
        return (model.location + spread * self.own.standard_points(words, rows, dtype))[:, None]

    def summarise(self, points: Any, n: Any) -> Bag:
        return Bag.of(points, n, self.size)

    def fit(self, summary: Bag, estimator: str, reach: Any, words: Any = None) -> Member:
        location, scale = self.own.estimate(summary)
        return Member(location[None], jnp.log(scale))

    def own_fit(self, summary: Bag, settled: Any, estimator: str) -> Bag:
        return summary.seen_from(self.fit(summary, estimator, None))

    def see(self, frame: Member, model: Member, first_error: Any, t: Any, moving: bool) -> LocationScaleView:
        return LocationScaleView(model, t, frame, self.own)

    def failing(self, frame: Member, model: Member, moving: bool) -> Any:
        return ~(jnp.isfinite(frame.location[0] + model.location[0]) & ~jnp.isnan(frame.log_scale + model.log_scale))

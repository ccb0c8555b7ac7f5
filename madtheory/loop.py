"""A loop: the complete specification of what is simulated and predicted."""

from __future__ import annotations

from os import PathLike
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import Checked, choice, field, flag, plain, positive
from madtheory.curation import Curation, Selection
from madtheory.errors import BadInput, Words, inside
from madtheory.models import Family, Gaussian
from madtheory.samplers import Sampler
from madtheory.schedules import Composition, Schedule, per_generation
from madtheory.truth import RealLaw

MAX_GENERATIONS = 10**7  # laws and results are arrays over all generations


def _instance(kind: type, **options: Any) -> Any:
    def check(name: str, value: object) -> None:
        if not isinstance(value, kind):
            raise BadInput(name, f"a {kind.__name__}", value)

    return field(lambda value: value, check, kw_only=True, **options)


class Loop(Checked):
    """A self-consuming loop. Everything that changes the law is an argument here.

    Attributes:
        model: the family that every generation fits.
        truth: the real law (generation 0).
        schedule: what each generation trains on.
        sampling_bias: λ multiplies the covariance of synthetic draws; one number or one per generation (dimensionless).
        bias_first_generation: whether λ also scales the real draws of generation 1.
        estimator: "mle" divides the scatter by N, "unbiased" by N−1.
        sampler: what a fitted Gaussian is sampled by; `None` draws from it exactly.
        curation: what chooses among synthetic draws before the fit; `None` keeps them all.
    """

    model: Family = _instance(Family)
    truth: Any = _instance(RealLaw)
    schedule: Schedule = _instance(Schedule)
    sampling_bias: Any = positive(default=1.0, kw_only=True)
    bias_first_generation: bool = flag(kw_only=True)
    estimator: str = choice("unbiased", "mle", kw_only=True)
    sampler: Any = _instance(Sampler, default=None)
    curation: Any = _instance(Curation, default=None)

    def check(self) -> None:
        self.model.check_truth(self.truth)
        if self.estimator not in self.model.estimators:
            expected = f"{' or '.join(map(repr, self.model.estimators))}, which a {self.model.kind} model has"
            raise BadInput("estimator", expected, self.estimator)
        for name, bias in {"sampling_bias": self.sampling_bias, "schedule.bias": getattr(self.schedule, "bias", None)}.items():
            if bias is not None and not self.model.biased and np.any(bias != 1):
                raise BadInput(name, f"1, because a {self.model.kind} model has no sampling bias", plain(bias))
        self._check_steering()
        self._check_points(1, "generation 1")

    @property
    def dim(self) -> int:
        """d, the dimension of the data."""
        return self.model.dim

    def bias(self, generations: int) -> Any:
        """(T,) λ of the draws made for generations 1…T; traced where `sampling_bias` is."""
        if isinstance(self.sampling_bias, np.ndarray):
            return per_generation(self.sampling_bias, generations)
        value = jnp.asarray(self.sampling_bias)
        return jnp.broadcast_to(value, (generations,)) if value.ndim == 0 else value[:generations]

    def composition(self, generations: int) -> Composition:
        """The schedule's composition with the sampling bias of every batch filled in."""
        table = self.schedule.composition(generations)
        if table.bias is not None:
            return table
        own = self.bias(generations)[np.minimum(table.born, generations) - 1]
        scaled = (table.source > 0) | ((table.born == 1) & self.bias_first_generation)
        where = np.where if isinstance(own, np.ndarray) else jnp.where
        return table._replace(bias=where(scaled, own, 1.0))

    def horizon(self) -> int | None:
        """The last generation that all lists of the loop reach; `None` when there is no list."""
        bias = len(self.sampling_bias) if self.sampling_bias.ndim else None
        lasts = (self.schedule.horizon(), self.model.horizon(), bias)
        return min((last for last in lasts if last is not None), default=None)

    def check_generations(self, generations: object) -> int:
        """`generations` as an int; raises `BadInput` unless it is a whole number this loop can run to."""
        good = isinstance(generations, (int, np.integer)) and not isinstance(generations, bool)
        if not (good and 1 <= generations <= MAX_GENERATIONS):
            raise BadInput("generations", f"a whole number from 1 to {MAX_GENERATIONS}", generations)
        self.schedule.check_generations(int(generations))
        if self.sampling_bias.ndim and generations > len(self.sampling_bias):
            raise BadInput("generations", f"at most {len(self.sampling_bias)}, the length of sampling_bias", generations)
        last = self.model.horizon()
        if last is not None and generations > last:
            raise BadInput("generations", f"at most {last}, the length of the model's lists", generations)
        if self._has_small_batches():
            self._check_points(min(int(generations), self.horizon() or 2), "every training set")
        return int(generations)

    @property
    def steered(self) -> bool:
        """Whether a sampler or a curation lies between a model and its draws."""
        return self.sampler is not None or self.curation is not None

    @property
    def forecasts(self) -> bool:
        """Whether the next fit has a forecast: the model has one, and its draws are not selected."""
        return self.model.forecasts and not isinstance(self.curation, Selection)

    @property
    def least_points(self) -> int:
        """Points that every training set must hold (counts)."""
        return max(self.model.least_points, 2 if self.estimator == "unbiased" else 1)

    def _check_steering(self) -> None:
        if self.sampler is not None and not isinstance(self.model, Gaussian):
            raise BadInput("sampler", f"nothing: a {self.model.kind} model is drawn from exactly", self.sampler.kind)
        if self.sampler is not None:
            with inside("sampler"):
                self.sampler.check_dim(self.dim)
        if self.curation is None:
            return
        if not isinstance(self.model, Gaussian) and not (self.model.rewards and isinstance(self.curation, Selection)):
            raise BadInput("curation", f"nothing of this kind with a {self.model.kind} model", self.curation.kind)
        with inside("curation"):
            self.curation.check_dim(self.dim)
            if self.curation.rewarded not in self.model.rewards:
                expected = f"a reward by {' or '.join(self.model.rewards)}, which a {self.model.kind} model has"
                raise BadInput(self.curation.rewarded, expected, Words("another"))

    def _check_points(self, generations: int, where: str) -> None:
        smallest = int(np.min(self.composition(generations).training_sizes()))
        if smallest < self.least_points:
            whose = "the unbiased estimator" if self.model.least_points < self.least_points else f"a {self.model.kind} model"
            expected = f"at least {self.least_points} points in {where} with {whose}"
            raise BadInput("schedule", expected, f"{smallest} point{'s' if smallest > 1 else ''}")

    def _has_small_batches(self) -> bool:
        """Whether some batch may hold too few points; else no training set can, and none need be counted."""
        leaves = [leaf for leaf in jax.tree.leaves(self.schedule) if np.asarray(leaf).dtype.kind == "i"]
        return any(np.min(leaf) < self.least_points for leaf in leaves)

    @staticmethod
    def from_toml(path: str | PathLike[str]) -> Loop:
        """The loop that a TOML file describes; paths in it are relative to the file."""
        from madtheory import _spec

        return _spec.from_toml(path)

    @staticmethod
    def from_dict(table: dict[str, Any]) -> Loop:
        """The loop that nested tables describe, with the same keys as a TOML file."""
        from madtheory import _spec

        return _spec.from_dict(table)

    def to_dict(self) -> dict[str, Any]:
        """Nested tables of plain numbers, names and lists, from which `from_dict` makes this loop again, bit for bit."""
        from madtheory import _spec

        return _spec.to_dict(self)

    def to_toml(self) -> str:
        """TOML text that `from_toml` reads back as this loop, bit for bit."""
        from madtheory import _spec

        return _spec.to_toml(self)

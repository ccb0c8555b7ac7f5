"""A loop: the complete specification of what is simulated and predicted."""

from __future__ import annotations

from os import PathLike
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import Checked, choice, field, flag, positive
from madtheory.errors import BadInput
from madtheory.models import Family
from madtheory.schedules import Composition, Schedule, per_generation
from madtheory.truth import Truth

MAX_GENERATIONS = 10**7  # laws and results are arrays over all generations


def _instance(kind: type) -> Any:
    def check(name: str, value: object) -> None:
        if not isinstance(value, kind):
            raise BadInput(name, f"a {kind.__name__}", value)

    return field(lambda value: value, check, kw_only=True)


class Loop(Checked):
    """A self-consuming loop. Everything that changes the law is an argument here.

    Attributes:
        model: the family that every generation fits.
        truth: the real law (generation 0).
        schedule: what each generation trains on.
        sampling_bias: λ multiplies the covariance of synthetic draws; one number or one per generation (dimensionless).
        bias_first_generation: whether λ also scales the real draws of generation 1.
        estimator: "mle" divides the scatter by N, "unbiased" by N−1.
    """

    model: Family = _instance(Family)
    truth: Truth = _instance(Truth)
    schedule: Schedule = _instance(Schedule)
    sampling_bias: Any = positive(default=1.0, kw_only=True)
    bias_first_generation: bool = flag(kw_only=True)
    estimator: str = choice("unbiased", "mle", kw_only=True)

    def check(self) -> None:
        self.model.check_truth(self.truth)
        smallest = int(np.min(self.composition(1).training_sizes()))
        if self.estimator == "unbiased" and smallest < 2:
            raise BadInput("schedule", "at least 2 points in generation 1 with the unbiased estimator", f"{smallest} point")

    @property
    def dim(self) -> int:
        """d, the dimension of the data."""
        return self.truth.dim

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
        return min((last for last in (self.schedule.horizon(), bias) if last is not None), default=None)

    def check_generations(self, generations: object) -> int:
        """`generations` as an int; raises `BadInput` unless it is a whole number this loop can run to."""
        good = isinstance(generations, (int, np.integer)) and not isinstance(generations, bool)
        if not (good and 1 <= generations <= MAX_GENERATIONS):
            raise BadInput("generations", f"a whole number from 1 to {MAX_GENERATIONS}", generations)
        self.schedule.check_generations(int(generations))
        if self.sampling_bias.ndim and generations > len(self.sampling_bias):
            raise BadInput("generations", f"at most {len(self.sampling_bias)}, the length of sampling_bias", generations)
        if self.estimator == "unbiased" and self._has_single_points():
            smallest = int(np.min(self.composition(min(int(generations), self.horizon() or 2)).training_sizes()))
            if smallest < 2:
                expected = "at least 2 points in every training set with the unbiased estimator"
                raise BadInput("schedule", expected, f"{smallest} point")
        return int(generations)

    def _has_single_points(self) -> bool:
        """Whether some batch may hold one point only; else no training set can, and none need be counted."""
        return any(np.min(leaf) < 2 for leaf in jax.tree.leaves(self.schedule) if np.asarray(leaf).dtype.kind == "i")

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

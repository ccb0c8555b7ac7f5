"""What a curation is: a reward, and how draws of the last model are chosen by it. Real data are never curated."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._fields import Checked, array, field, plain, real
from madtheory.errors import BadInput, Words
from madtheory.truth import vector

REWARDS = ("direction", "centre", "novelty", "line")


class Curation(Checked):
    """Base of all curations. One of four rewards r is given.

    Attributes:
        kind: its name in a loop file.
        direction: (d,) b of the linear reward b'x.
        centre: (d,) c of the quadratic reward −a|x − c|²/2 (units of the data).
        strength: a, which stands beside `centre`.
        line: (d,) w_v of the reward −|y − x'w_v| of a regression's points (x, y).
        novelty: ν of the reward ν|x − m|²/2 for distance from the mean m of the model that is drawn from.
    """

    kind: ClassVar[str]
    direction: Any = field(array, vector, default=None, kw_only=True)
    centre: Any = field(array, vector, default=None, kw_only=True)
    strength: Any = real(default=None, kw_only=True)
    line: Any = field(array, vector, default=None, kw_only=True)
    novelty: Any = real(default=None, kw_only=True)

    @staticmethod
    def cases() -> list[Curation]:
        """Instances for points of one dimension, on which the contract tests run this curation."""
        raise NotImplementedError

    def check(self) -> None:
        given = [name for name in REWARDS if getattr(self, name) is not None]
        if len(given) != 1:
            said = Words(" and ".join(given) or "none of them")
            raise BadInput("direction", "one reward: `direction`, `centre` with `strength`, `line`, or `novelty`", said)
        if (self.strength is None) != (self.centre is None):
            raise BadInput("strength", "to stand beside `centre`", Words("one without the other"))

    @property
    def rewarded(self) -> str:
        """Name of the reward that is given."""
        return next(name for name in REWARDS if getattr(self, name) is not None)

    def check_dim(self, dim: int) -> None:
        """Raise `BadInput` when the reward is about points of another dimension."""
        for name in ("direction", "centre", "line"):
            value, entries = getattr(self, name), dim - (name == "line")
            if value is not None and len(value) != entries:
                raise BadInput(name, f"{entries} entries, one per {'input' if name == 'line' else 'dimension'}", plain(value))

    def reward(self, points: Any, mean: Any) -> Any:
        """(…) r of points (…, d), drawn from a model of mean (d,), in the units of the data."""
        dtype = points.dtype
        if self.direction is not None:
            return points @ jnp.asarray(self.direction, dtype)
        if self.centre is not None:
            return -jnp.asarray(self.strength, dtype) / 2 * jnp.sum((points - jnp.asarray(self.centre, dtype)) ** 2, axis=-1)
        if self.line is not None:
            return -abs(points[..., -1] - points[..., :-1] @ jnp.asarray(self.line, dtype))
        return jnp.asarray(self.novelty, dtype) / 2 * jnp.sum((points - mean) ** 2, axis=-1)


class Selection(Curation):
    """Base of curations that choose among draws, point by point."""

    def drawn(self, n: Any) -> Any:
        """Draws from which n points are chosen (counts)."""
        raise NotImplementedError

    def choose(self, words: Any, reward: Any, n: Any, rows: int) -> Any:
        """(rows,) which candidates are kept; the first n count, and −1 stands for a point that could not be found.

        Args:
            words: random words of the choice's own.
            reward: (drawn(rows),) r of every candidate, of which the first drawn(n) count.
            n: points wanted, at most `rows` (counts).
            rows: most points in one batch.
        """
        raise NotImplementedError

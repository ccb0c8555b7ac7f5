"""Verification: draws are taken until n of them pass a test that does not depend on the others."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._fields import count, real
from madtheory.curation._curation import Curation, Selection
from madtheory.errors import BadInput, Words


class Acceptance(Selection):
    """The first n draws whose reward is at least `least`; a replica in which fewer pass fails.

    With the reward `line` and least −c this is a verifier that accepts |y − x'w_v| ≤ c (Yi et al. 2025).

    Attributes:
        least: smallest reward that passes.
        tries: draws for every point that is wanted, which bound the work and not only its mean (counts).
    """

    kind: ClassVar[str] = "acceptance"
    least: Any = real(default=None)
    tries: int = count(default=8)

    @staticmethod
    def cases() -> list[Curation]:
        return [Acceptance(least=-1.0, direction=[1.0], tries=40), Acceptance(least=-0.5, tries=40, centre=[0.5], strength=1.0)]

    def check(self) -> None:
        super().check()
        if self.least is None:
            raise BadInput("least", "a finite number", Words("nothing"))
        if self._never_above_zero() and self.least > 0:
            raise BadInput("least", "a number of at most 0, which no such reward exceeds", float(self.least))

    def _never_above_zero(self) -> bool:
        pulls = self.centre is not None and self.strength >= 0
        return pulls or self.line is not None or (self.novelty is not None and self.novelty <= 0)

    def drawn(self, n: Any) -> Any:
        return n * self.tries

    def choose(self, words: Any, reward: Any, n: Any, rows: int) -> Any:
        """Those that pass in the order in which they were drawn; −1 where none is left."""
        passed = reward >= jnp.asarray(self.least, reward.dtype)
        place = jnp.cumsum(passed) - 1
        spare = jnp.full(rows, -1, jnp.int32)
        order = jnp.arange(len(reward), dtype=jnp.int32)
        return spare.at[jnp.where(passed, place, rows)].set(order, mode="drop")

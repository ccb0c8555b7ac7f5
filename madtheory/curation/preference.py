"""Preference curation: of K draws a judge keeps one, with the probabilities of Bradley and Terry."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._fields import count
from madtheory.curation._curation import Curation, Selection
from madtheory.errors import BadInput


class Preference(Selection):
    """Draw k of K with probability e^{r_k}/Σ_j e^{r_j} (Ferbach et al. 2024).

    Attributes:
        candidates: K ≥ 2 (counts).
    """

    kind: ClassVar[str] = "preference"
    candidates: int = count()

    @staticmethod
    def cases() -> list[Curation]:
        return [
            Preference(candidates=2, direction=[0.7]),
            Preference(candidates=4, centre=[0.5], strength=0.8),
            Preference(candidates=3, novelty=0.3),
        ]

    def check(self) -> None:
        super().check()
        if self.candidates < 2:
            raise BadInput("candidates", "a whole number of at least 2", self.candidates)

    def drawn(self, n: Any) -> Any:
        return n * self.candidates

    def choose(self, words: Any, reward: Any, n: Any, rows: int) -> Any:
        """The candidate with the shortest of exponential waiting times of rates e^r."""
        uniform = (words.many(len(reward)).astype(reward.dtype) + 0.5) * 2.0**-32
        waiting = jnp.log(-jnp.log1p(-uniform)) - reward
        return smallest(waiting, rows)


def smallest(waiting: Any, rows: int) -> Any:
    """(rows,) the smallest of each point's own candidates: those whose number is the point's, up to multiples of `rows`."""
    return jnp.argmin(waiting.reshape(-1, rows), axis=0) * rows + jnp.arange(rows)

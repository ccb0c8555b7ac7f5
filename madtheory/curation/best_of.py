"""Best of K: of K draws the one of the highest reward is kept."""

from __future__ import annotations

from typing import Any, ClassVar

from madtheory.curation._curation import Curation
from madtheory.curation.preference import Preference, smallest


class BestOf(Preference):
    """The limit of `Preference` for rewards of any strength; only their order counts.

    Attributes:
        candidates: K ≥ 2 (counts).
    """

    kind: ClassVar[str] = "best_of"

    @staticmethod
    def cases() -> list[Curation]:
        return [BestOf(candidates=3, direction=[-1.0]), BestOf(candidates=2, centre=[0.5], strength=1.0)]

    def choose(self, words: Any, reward: Any, n: Any, rows: int) -> Any:
        return smallest(-reward, rows)

"""How large a run is, and what it gathers besides its lines."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypeVar

from benchmarks._harness import Timing

T = TypeVar("T")
MODES = ("quick", "normal", "full")


@dataclasses.dataclass
class Run:
    """One run of the benchmarks.

    Attributes:
        mode: "quick" for tests, "normal", or "full" for the long sizes.
        seed: of all random numbers; every round takes the next one.
        points: throughput against replicas, for the figure.
        notes: what was left out, and why.
    """

    mode: str = "normal"
    seed: int = 0
    points: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)

    def pick(self, quick: T, normal: T, full: T | None = None) -> T:
        """The size for this mode; `full` is `normal` unless given."""
        return {"quick": quick, "normal": normal, "full": normal if full is None else full}[self.mode]

    @property
    def rounds(self) -> int:
        """Timed calls of each way."""
        return self.pick(1, 5)

    @property
    def patience(self) -> float:
        """Seconds after which a comparison begins no further round."""
        return self.pick(5.0, 240.0, math.inf)

    @property
    def how(self) -> dict[str, Any]:
        """Arguments of `compare` that are the same everywhere."""
        return {"rounds": self.rounds, "seed": self.seed, "patience": self.patience}

    def point(self, method: str, replicas: int, timing: Timing) -> None:
        """Remember a throughput for the figure."""
        self.points.append({"method": method, "replicas": replicas, "rate": 1 / timing.median})

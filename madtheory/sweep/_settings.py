"""How every point of a grid is run, and when it may stop."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from madtheory import _arguments as arguments
from madtheory.errors import BadInput, did_you_mean, inside

Table = dict[str, Any]
PRECISIONS = ("float32", "float64")


@dataclasses.dataclass(frozen=True)
class Settings:
    """The run of a point; every field may be an axis, as `run.NAME`.

    Attributes:
        replicas: R, or the most where a point may stop sooner.
        seed: of the grid; each point's own follows from it and the point's values.
        draw: "statistics" or "points".
        dtype: "float32" or "float64".
        generations: T.
    """

    replicas: int = 10_000
    seed: int = 0
    draw: str = "statistics"
    dtype: str = "float32"
    generations: int = 20

    def __post_init__(self) -> None:
        arguments.check_run(replicas=self.replicas, seed=self.seed, draw=self.draw)
        if self.dtype not in PRECISIONS:
            raise BadInput("dtype", did_you_mean(self.dtype, PRECISIONS), self.dtype)


@dataclasses.dataclass(frozen=True)
class Stop:
    """When a point has replicas enough; it is asked after every tile, and the answer keeps its error rate nevertheless.

    Attributes:
        standard_error: enough when every tested mean has at most this standard error (units of the observable); `None` for never.
        resolution: enough when every tested mean is known to this half-width of its confidence sequence, which decides a verdict
            that was not decided by a law outside it; `None` for never.
    """

    standard_error: float | None = None
    resolution: float | None = None

    def __post_init__(self) -> None:
        for name in ("standard_error", "resolution"):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if value is not None and not (number and math.isfinite(value) and value > 0):
                raise BadInput(name, "a finite number above 0", value)


@dataclasses.dataclass(frozen=True)
class Refine:
    """Where points are put besides the axes' own: along the line on which an observable takes a value.

    Attributes:
        observable: whose mean is looked at.
        value: that it takes on the line (units of the observable).
        generation: at which it is looked at; the last by default.
        rounds: how often the cells that the line crosses are cut in half.
        by: "law" or "simulation", which says on what side of the line a point lies.
    """

    observable: str
    value: float
    generation: int | None = None
    rounds: int = 2
    by: str = "law"

    def __post_init__(self) -> None:
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)) or not math.isfinite(self.value):
            raise BadInput("value", "a finite number", self.value)
        arguments.whole("rounds", self.rounds, 1, 12)
        if self.by not in ("law", "simulation"):
            raise BadInput("by", did_you_mean(self.by, ("law", "simulation")), self.by)
        if self.generation is not None:
            arguments.whole("generation", self.generation, 1, 10**7)


def read(name: str, kind: type[Any], table: object) -> Any:
    """An instance of `kind` from the table [`name`]."""
    if not isinstance(table, dict):
        raise BadInput(name, f"a table [{name}]", table)
    known = {field.name: field for field in dataclasses.fields(kind)}
    with inside(name):
        for key in table:
            if key not in known:
                raise BadInput(str(key), f"a key that is {did_you_mean(key, known)}", key)
        for key, field in known.items():
            if key not in table and field.default is dataclasses.MISSING:
                raise BadInput(key, "a value", "nothing")
        return kind(**table)

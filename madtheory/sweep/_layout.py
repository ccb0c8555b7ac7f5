"""What a point leaves: the names, dimensions and types of its numbers, as a NumPy record and as arrays of the store."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from madtheory.errors import BadInput, Words
from madtheory.models import Family
from madtheory.observables import catalogue
from madtheory.predict import candidates
from madtheory.results import describe
from madtheory.sweep._grid import Grid

STATUS = ("not_done", "passed", "failed", "undecided", "untestable", "no_law")
"""0: nothing is known. Passed and failed: means against exact laws. Undecided: replicas ran out before the resolution asked for.
Untestable: only raw means beyond their horizon. No law: none that is exact."""
NONE = -1  # no law


class Part(NamedTuple):
    """One number, or list of numbers, of a point.

    Attributes:
        name: of the variable.
        dims: its dimensions besides the grid's.
        shape: their lengths.
        dtype: of its numbers.
        fill: what stands where nothing is known.
        attributes: long name, units and the like.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    fill: Any
    attributes: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Layout:
    """The parts of a point's record, in their order."""

    parts: tuple[Part, ...]

    @property
    def dtype(self) -> np.dtype:
        """Of a record."""
        return np.dtype([(part.name, part.dtype, part.shape) for part in self.parts])

    def blank(self) -> np.ndarray:
        """() a record in which nothing is known."""
        row = np.zeros((), self.dtype)
        for part in self.parts:
            row[part.name] = part.fill
        return row


def layout(grid: Grid) -> Layout:
    """The layout of a grid's points."""
    models = _models(grid)
    parts = [part for name in grid.observables for part in _observable(name, models, grid.generations + 1)]
    status = {"flag_values": list(range(len(STATUS))), "flag_meanings": " ".join(STATUS)}
    return Layout((
        *parts,
        Part("statistic", (), (), "<f8", np.nan, _words("largest distance of a tested mean from its law, in standard errors")),
        Part("half_width", (), (), "<f8", np.nan, _words("widest of the tested means' confidence sequences (half)")),
        Part("status", (), (), "|i1", 0, _words("verdict on the point's means") | status),
        Part("replicas", (), (), "<i8", 0, _words("replicas that were run")),
        Part("failed", (), (), "<i8", 0, _words("replicas in which something stopped being finite")),
        Part("seed", (), (), "<u8", 0, _words("seed of the point")),
        Part("tile", (), (), "<i8", 0, _words("replicas per tile")),
    ))  # fmt: skip


def check_names(grid: Grid) -> None:
    """Refuse an axis named after something else that a store holds."""
    taken = {"generation", "done", "selected", *(part.name for part in layout(grid).parts)}
    for axis in grid.axes:
        for name in (axis.name, *(axis.fields if len(axis.fields) > 1 else ())):
            if name in taken:
                raise BadInput("axes", "names of their own (one axis needs a `name`)", Words(f"'{name}', a result's"))


def _models(grid: Grid) -> list[Family]:
    """The models of a grid's points: the first one's where no axis changes it."""
    varies = any(field.startswith("model.") for axis in grid.axes for field in axis.fields)
    return [point.loop.model for point in (grid.points() if varies else [grid.point(0)])]


def _observable(name: str, models: list[Family], times: int) -> list[Part]:
    """Mean, standard error and prediction of an observable, and which law predicts."""
    model = models[0]
    observable = catalogue(model)[name]()
    wide = max(observable.reduce(np.ones((1, observable.width(model.dim)))).shape[1] for model in models)
    inner = ((f"component_{wide}",), (wide,)) if observable.vector else ((), ())
    long, units = describe(name, model)
    laws = law_names(name, model)
    flags = {"flag_values": list(range(len(laws))), "flag_meanings": " ".join(laws)} if laws else {}

    def part(suffix: str, words: str) -> Part:
        return Part(name + suffix, ("generation", *inner[0]), (times, *inner[1]), "<f8", np.nan, _words(words, units))

    return [part("", f"mean over replicas of {long}"), part("_standard_error", f"standard error of {name}"),
            part("_law", f"expectation over replicas of {long}"),
            Part(f"{name}_law_name", (), (), "<i2", NONE, _words(f"law that predicts {name}") | flags)]  # fmt: skip


def law_names(observable: str, model: Family) -> list[str]:
    """Laws that may predict an observable; a record holds a place in this list."""
    return sorted(law.name for law in candidates(observable, model))


def _words(long_name: str, units: str = "1") -> dict[str, Any]:
    return {"long_name": long_name, "units": units}

"""A grid of loops: one base, the axes along which it varies, and how each point is run."""

from __future__ import annotations

import copy
import dataclasses
import functools
import hashlib
import math
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from madtheory import _arguments as arguments
from madtheory import _spec
from madtheory.errors import BadInput, Words, did_you_mean, inside
from madtheory.laws import ATLAS, Law, Quantity
from madtheory.loop import Loop
from madtheory.observables import catalogue, reported
from madtheory.predict import candidates
from madtheory.results import to_json
from madtheory.sweep import _settings
from madtheory.sweep._axes import Axis, Table
from madtheory.sweep._axes import read as read_axes
from madtheory.sweep._settings import Refine, Settings, Stop

RUN, LAW, CLAIM = "run.", "law.", "law.loop."
REMEMBERED = 10_000  # sections of loops
CHECKED = 20_000  # points
KEYS = ("loop", "axes", "observables", "generations", "level", "run", "stop", "refine", "data")


@dataclasses.dataclass(frozen=True)
class Point:
    """One point of a grid; its loop is made when it is asked for.

    Attributes:
        grid: that it belongs to.
        index: its number, the last axis fastest.
    """

    grid: Grid
    index: int

    @functools.cached_property
    def values(self) -> Table:
        """Field → value."""
        return self.grid.values(self.index)

    @functools.cached_property
    def run(self) -> Settings:
        """How it is run, under its own seed. Raises `BadInput`."""
        own = {field.removeprefix(RUN): value for field, value in self.values.items() if field.startswith(RUN)}
        run = dataclasses.replace(self.grid.run, **own)
        return dataclasses.replace(run, seed=_seed(run.seed, self._fields))

    @functools.cached_property
    def loop(self) -> Loop:
        """What is simulated. Raises `BadInput` naming the field."""
        return self._made(self._fields)

    @functools.cached_property
    def claim(self) -> Loop:
        """The loop whose laws are held against it. Raises `BadInput` naming the field."""
        own = {field.removeprefix(CLAIM): value for field, value in self.values.items() if field.startswith(CLAIM)}
        return self._made(self._fields | own) if own else self.loop

    @functools.cached_property
    def laws(self) -> Mapping[str, Law]:
        """Observable → law to be used for it; the strongest one where none is named."""
        return _laws(self.values)

    @property
    def _fields(self) -> Table:
        return {field: value for field, value in self.values.items() if not field.startswith((RUN, LAW))}

    def _made(self, fields: Table) -> Loop:
        loop = self.grid.build(fields)
        loop.check_generations(self.run.generations)
        return loop


@dataclasses.dataclass(frozen=True)
class Grid:
    """A grid of loops.

    Attributes:
        loop: nested tables of the base, without the fields that axes fill in.
        axes: the dimensions; the points are their product.
        observables: names that are measured at every point.
        run: how points are run.
        level: false-alarm rate of the verdicts of all points together.
        stop: when a point has replicas enough; `None` runs all of them.
        refine: where points are added; `None` for nowhere.
        data: SHA-256 of the file that the real law is read from, so that another one is noticed; `None` for none.
    """

    loop: Table
    axes: tuple[Axis, ...]
    observables: tuple[str, ...]
    run: Settings = dataclasses.field(default_factory=Settings)
    level: float = 0.01
    stop: Stop | None = None
    refine: Refine | None = None
    data: str | None = None

    @staticmethod
    def from_toml(path: str | PathLike[str]) -> Grid:
        """The grid that a TOML file describes; paths in it are relative to the file, and complaints name it."""
        try:
            return Grid.from_dict(_spec.parse(Path(path)), Path(path).parent)
        except BadInput as error:
            raise error.located(str(path)) from None

    @staticmethod
    def from_dict(table: Table, folder: Path | str = ".") -> Grid:
        """The grid that nested tables describe, with the keys of the TOML file.

        Raises:
            BadInput: naming the field; every point of up to 20,000 is made once, so that none is refused later.
        """
        grid = Grid.stored(table, folder)
        return grid._complete(table.get("observables"))

    @staticmethod
    def stored(table: Table, folder: Path | str = ".") -> Grid:
        """The same for tables that were checked before."""
        _check_keys("grid", table, KEYS)
        axes = read_axes(table.get("axes"))
        settings = _settings.read("run", Settings, table.get("run", {}))
        if "generations" in table:
            settings = dataclasses.replace(settings, generations=table["generations"])
        stop = _settings.read("stop", Stop, table["stop"]) if "stop" in table else None
        refine = _settings.read("refine", Refine, table["refine"]) if "refine" in table else None
        level = table.get("level", 0.01)
        arguments.check_level(level)
        base = _base(table.get("loop", Words("nothing")), Path(folder))
        data = _hash(base)
        if table.get("data", data) != data:
            raise BadInput("truth.data", "the file as it was when the grid was written", Words("another one"))
        return Grid(base, axes, tuple(table.get("observables") or ()), settings, level, stop, refine, data)

    def to_dict(self) -> Table:
        """Nested tables from which `from_dict` makes this grid again, wherever it is read."""
        run = dataclasses.asdict(self.run)
        parts = {name: dataclasses.asdict(part) for name, part in (("stop", self.stop), ("refine", self.refine)) if part}
        parts = {name: {key: value for key, value in part.items() if value is not None} for name, part in parts.items()}
        return {"generations": run.pop("generations"), "observables": list(self.observables), "level": self.level, "run": run,
                "loop": self.loop, "axes": [axis.to_dict() for axis in self.axes],
                **({} if self.data is None else {"data": self.data})} | parts  # fmt: skip

    def to_toml(self) -> str:
        """The grid as TOML text."""
        return tomli_w.dumps(self.to_dict())

    @property
    def identity(self) -> str:
        """SHA-256 of everything that the results depend on."""
        return hashlib.sha256(to_json(self.to_dict()).encode()).hexdigest()

    @property
    def shape(self) -> tuple[int, ...]:
        """Values on each axis, those of the refinement included."""
        return tuple(len(axis) for axis in self.fine)

    @property
    def size(self) -> int:
        """Points that the grid has room for."""
        return math.prod(self.shape)

    @functools.cached_property
    def fine(self) -> tuple[Axis, ...]:
        """The axes with the values that a refinement may need put in."""
        axes = self.axes
        for _ in range(self.refine.rounds if self.refine else 0):
            axes = tuple(axis.finer() if len(axis) > 1 else axis for axis in axes)
        return axes

    def values(self, index: int) -> Table:
        """Field → value at a point."""
        place = np.unravel_index(index, self.shape)
        return {field: value for axis, k in zip(self.fine, place, strict=True) for field, value in axis.at(int(k)).items()}

    def point(self, index: int) -> Point:
        """A point by its number."""
        return Point(self, index)

    def points(self) -> Iterator[Point]:
        """All points, in order."""
        return (self.point(index) for index in range(self.size))

    @property
    def generations(self) -> int:
        """The last generation of any point."""
        axis = [value for axis in self.axes for value in axis.fields.get(f"{RUN}generations", ())]
        return max(axis, default=self.run.generations)

    def build(self, values: Table) -> Loop:
        """The base with these fields. Raises `BadInput` naming the one that is wrong."""
        table = {key: dict(part) if isinstance(part, dict) else part for key, part in self.loop.items()}
        for field, value in values.items():
            _put(table, field, value)
        return self._made(table)

    def _made(self, table: Table) -> Loop:
        """The loop of these tables; a section that several points share is read once."""
        for name in ("model", "truth", "schedule"):
            table.setdefault(name, Words("nothing"))
        model = self._section("model", table, None)
        names = [name for name in (*_spec.KINDS, "truth") if name in table and name != "model"]
        return _spec.assemble(table, {"model": model} | {name: self._section(name, table, model) for name in names})

    @functools.cached_property
    def _read(self) -> Table:
        return {}

    def _section(self, name: str, table: Table, model: Any) -> Any:
        text = to_json([name, table[name], table["model"] if name == "truth" else None])
        if text not in self._read:
            if len(self._read) > REMEMBERED:
                self._read.clear()
            self._read[text] = _spec.section(name, table, None, model)
        return self._read[text]

    def _complete(self, observables: Any) -> Grid:
        """The grid with its observables named, after every point has been made once."""
        _check_fields(self)
        _check_numbers(self)
        first = self.point(0).loop.model
        names = arguments.observables(observables, catalogue(first), reported(first))
        grid = dataclasses.replace(self, observables=names)
        _check_refinement(grid)
        kinds = {point.claim.model.kind: point.loop.model for point in map(grid.point, grid._some())}
        for model in kinds.values():
            arguments.observables(names, catalogue(model), ())
        return grid

    def _some(self) -> Iterator[int]:
        """Points that are made before anything is run: all of them, or of very many those on the edges and some inside."""
        if self.size <= CHECKED:
            yield from range(self.size)
            return
        ends = [(0, length - 1) for length in self.shape]
        for axis, length in enumerate(self.shape):
            for corner in ((end[side] for end in ends) for side in (0, 1)):
                place = list(corner)
                for k in range(length):
                    place[axis] = k
                    yield int(np.ravel_multi_index(place, self.shape))
        yield from np.random.default_rng(0).integers(self.size, size=CHECKED).tolist()


def _base(given: object, folder: Path) -> Table:
    """The base's tables, with what they read from files put in or pointed to from everywhere."""
    if isinstance(given, str) and not isinstance(given, Words):
        path = folder / given
        try:
            return _base(_spec.parse(path), path.parent)
        except BadInput as error:
            raise error.located(str(path)) from None
    if isinstance(given, Loop):
        return given.to_dict()
    if not isinstance(given, dict):
        raise BadInput("loop", "a table [loop], or the name of a TOML file", given)
    table = copy.deepcopy(given)
    data = table.get("truth", {}).get("data") if isinstance(table.get("truth"), dict) else None
    if isinstance(data, str) and (folder / data).exists():
        table["truth"]["data"] = str((folder / data).resolve())
    return table


def _hash(base: Table) -> str | None:
    """SHA-256 of the file that a base's real law is read from."""
    truth = base.get("truth")
    path = Path(str(truth.get("data", ""))) if isinstance(truth, dict) else Path()
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _put(table: Table, field: str, value: Any) -> None:
    """Set `a.b` in nested tables."""
    *path, last = field.split(".")
    for name in path:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise BadInput(field, "a field of a table", Words(f"'{name}' is a value"))
    table[last] = value


def _seed(seed: int, values: Table) -> int:
    """A point's own seed: it follows from what is simulated there, not from the grid's other points."""
    text = to_json([str(seed), sorted((field, repr(value)) for field, value in values.items())])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _laws(values: Table) -> dict[str, Law]:
    """Laws with parameters of their own: `law.NAME.PARAMETER`."""
    changed: dict[str, Table] = {}
    for field, value in values.items():
        if field.startswith(LAW) and not field.startswith(CLAIM):
            name, _, parameter = field.removeprefix(LAW).rpartition(".")
            changed.setdefault(name, {})[parameter] = value
    found = {name: dataclasses.replace(ATLAS[name], **values) for name, values in changed.items()}  # type: ignore[type-var]
    return {law.observable: law for law in found.values()}


def _check_fields(grid: Grid) -> None:
    """Refuse an axis over something that is no field."""
    run = [field.name for field in dataclasses.fields(Settings)]
    for field in (field for axis in grid.axes for field in axis.fields):
        if field.startswith(RUN) and field.removeprefix(RUN) not in run:
            raise BadInput(field, f"{RUN}NAME, where NAME is {did_you_mean(field.removeprefix(RUN), run)}", field)
        if field.startswith(LAW) and not field.startswith(CLAIM):
            _check_law(field)


def _check_law(field: str) -> None:
    name, _, parameter = field.removeprefix(LAW).rpartition(".")
    free = {law.name: [f.name for f in dataclasses.fields(law)] for law in ATLAS.values() if dataclasses.is_dataclass(law)}
    if name not in free or isinstance(ATLAS[name], Quantity):
        raise BadInput(field, f"law.loop.FIELD, or law.NAME.PARAMETER, where NAME is {did_you_mean(name, free)}", field)
    if parameter not in free[name]:
        raise BadInput(field, f"a parameter of that law that is {did_you_mean(parameter, free[name])}", field)


def _check_numbers(grid: Grid) -> None:
    """A refinement needs numbers to put others between."""
    for axis in grid.axes if grid.refine else ():
        if axis.numbers is None:
            raise BadInput("refine.axes", "numbers on every axis", Words(f"others on '{axis.name}'"))


def _check_refinement(grid: Grid) -> None:
    if grid.refine is None:
        return
    with inside("refine"):
        if grid.refine.observable not in grid.observables:
            raise BadInput("observable", did_you_mean(grid.refine.observable, grid.observables), grid.refine.observable)
        if (grid.refine.generation or 0) > grid.run.generations:
            raise BadInput("generation", f"at most {grid.run.generations}", grid.refine.generation)
        if grid.refine.by == "law" and not candidates(grid.refine.observable, grid.point(0).loop.model):
            raise BadInput("by", "'simulation', because no law predicts this observable", grid.refine.by)


def _check_keys(name: str, table: object, known: tuple[str, ...]) -> None:
    if not isinstance(table, dict):
        raise BadInput(name, "a table of keys", table)
    for key in table:
        if key not in known:
            raise BadInput(str(key), f"a key that is {did_you_mean(key, known)}", key)



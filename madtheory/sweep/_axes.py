"""Axes of a grid: which fields move together, through which values; written as tables."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from madtheory import _arguments as arguments
from madtheory._fields import plain
from madtheory.errors import BadInput, Words, did_you_mean, inside

Table = dict[str, Any]
MOST = 10**7  # points of a grid
RANGE = ("from", "to", "steps", "scale")
SCALES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "linear": (lambda x: x, lambda x: x),
    "log": (np.log, np.exp),
}
"""Name → onto the scale, and back."""
DESIGNS = ("random", "sobol")


@dataclasses.dataclass(frozen=True)
class Axis:
    """One dimension of a grid.

    Attributes:
        name: of the dimension.
        fields: field of the loop, the run or a law → its values, all lists of one length; they move together.
        scales: field → "linear" or "log", for those whose values are numbers between which there are others.
    """

    name: str
    fields: dict[str, tuple[Any, ...]]
    scales: dict[str, str] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))

    def at(self, k: int) -> Table:
        """Field → value at place k."""
        return {field: values[k] for field, values in self.fields.items()}

    @property
    def numbers(self) -> np.ndarray | None:
        """The values as numbers, where the axis has one field and that holds single numbers."""
        if len(self.fields) > 1:
            return None
        values = next(iter(self.fields.values()))
        return np.array(values) if all(_is_number(value) for value in values) else None

    def finer(self) -> Axis:
        """The axis with a value put in the middle of every two; raises `BadInput` where there is none."""
        (field,) = self.fields
        values = self.fields[field]
        middles = [_middle(a, b, self.scales.get(field, "linear")) for a, b in itertools.pairwise(values)]
        out: list[Any] = [values[0]]
        for middle, after in zip(middles, values[1:], strict=True):
            if middle in (out[-1], after):
                raise BadInput(field, "values far enough apart to be refined", Words(f"{out[-1]} and {after}"))
            out += [middle, after]
        return Axis(self.name, {field: tuple(out)}, self.scales)

    def to_dict(self) -> Table:
        """The axis as a table that `read` makes it from, every value written out."""
        fields = {field: list(values) for field, values in self.fields.items()}
        return {"name": self.name, "fields": fields, "scales": dict(self.scales)}


def read(tables: object) -> tuple[Axis, ...]:
    """The axes that a list of tables describes; raises `BadInput`."""
    if not isinstance(tables, (list, tuple)) or not tables:
        raise BadInput("axes", "at least one table [[axes]]", tables)
    axes = []
    for k, table in enumerate(tables):
        with inside(f"axes[{k + 1}]"):
            axes.append(_axis(table))
    _check_apart(axes)
    size = math.prod(len(axis) for axis in axes)
    if size > MOST:
        raise BadInput("axes", f"at most {MOST} points", size)
    return tuple(axes)


def _axis(table: object) -> Axis:
    if not isinstance(table, dict):
        raise BadInput("axis", "a table", table)
    if "design" in table:
        return _designed(table)
    if "fields" in table:
        _check_keys(table, ("name", "fields", "scales"))
        fields, scales = _zipped(table["fields"])
        scales |= table.get("scales", {})
    else:
        _check_keys(table, ("name", "field", "values", *RANGE))
        field = _text("field", table.get("field", Words("nothing")))
        values, scale = _values(table["values"] if "values" in table else {key: table[key] for key in RANGE if key in table})
        fields, scales = {field: values}, ({} if scale is None else {field: scale})
    axis = Axis(_named(table, fields), fields, scales)
    _check_distinct(axis)
    return axis


def _zipped(fields: object) -> tuple[dict[str, tuple[Any, ...]], dict[str, str]]:
    """Fields that move together."""
    if not isinstance(fields, dict) or not fields:
        raise BadInput("fields", "a table of fields and their values", fields)
    found, scales = {}, {}
    for field, values in fields.items():
        with inside(f"fields.{field}"):
            found[field], scale = _values(values)
        scales |= {} if scale is None else {field: scale}
    lengths = {field: len(values) for field, values in found.items()}
    if len(set(lengths.values())) > 1:
        raise BadInput("fields", "lists of one length", lengths)
    return found, scales


def _values(given: object) -> tuple[tuple[Any, ...], str | None]:
    """A list as it is, or a range written out; and the scale, where values have others between them."""
    if isinstance(given, dict):
        return _range(given)
    if not isinstance(given, (list, tuple, np.ndarray)) or not len(given):
        raise BadInput("values", "a list with at least one value, or from, to and steps", given)
    values: Any = plain(np.asarray(given)) if isinstance(given, np.ndarray) else given
    numbers = all(_is_number(value) for value in values)
    if numbers and not np.all(np.isfinite(values)):
        raise BadInput("values", "finite numbers", values)
    return tuple(values), "linear" if numbers else None


def _range(table: Table) -> tuple[tuple[Any, ...], str]:
    """From one number to another; whole numbers, each once, where both are written as such."""
    low, high, scale = _ends(table, RANGE)
    steps = arguments.whole("steps", table.get("steps", Words("nothing")), 1, MOST)
    there, back = SCALES[scale]
    inner = back(np.linspace(there(low), there(high), steps))
    inner[0], inner[-1] = low, (high if steps > 1 else low)  # the ends exactly, whatever the scale rounds
    return tuple(dict.fromkeys(_rounded(inner, low, high))), scale


def _ends(table: Table, keys: Sequence[str]) -> tuple[Any, Any, str]:
    _check_keys(table, keys)
    low, high = (_number(name, table.get(name, Words("nothing"))) for name in ("from", "to"))
    scale = table.get("scale", "linear")
    if scale not in SCALES:
        raise BadInput("scale", did_you_mean(scale, SCALES), scale)
    if scale == "log" and min(low, high) <= 0:
        raise BadInput("from" if low <= 0 else "to", "a number above 0 on a log scale", min(low, high))
    return low, high, scale


def _rounded(values: np.ndarray, low: Any, high: Any) -> tuple[Any, ...]:
    whole = isinstance(low, int) and isinstance(high, int)
    return tuple(round(x) if whole else x for x in values.tolist())


def _designed(table: Table) -> Axis:
    """Points spread over a box at random, or by a scrambled Sobol sequence."""
    _check_keys(table, ("name", "design", "points", "seed", "fields"))
    design = table["design"]
    if design not in DESIGNS:
        raise BadInput("design", did_you_mean(design, DESIGNS), design)
    points = arguments.whole("points", table.get("points", Words("nothing")), 1, MOST)
    seed = arguments.whole("seed", table.get("seed", 0), 0, 2**64 - 1)
    boxes = table.get("fields")
    if not isinstance(boxes, dict) or not boxes:
        raise BadInput("fields", "a table of fields, each with from and to", boxes)
    unit = _sobol(len(boxes), points, seed) if design == "sobol" else np.random.default_rng(seed).random((points, len(boxes)))
    fields, scales = {}, {}
    for (field, box), share in zip(boxes.items(), unit.T, strict=True):
        with inside(f"fields.{field}"):
            low, high, scale = _ends(box, ("from", "to", "scale"))
            there, back = SCALES[scale]
            fields[field] = _rounded(back(there(low) + share * (there(high) - there(low))), low, high)
            scales[field] = scale
    return Axis(table.get("name", "point"), fields, scales)


def _sobol(dimensions: int, points: int, seed: int) -> np.ndarray:
    from scipy.stats.qmc import Sobol

    sequence = Sobol(dimensions, rng=np.random.default_rng(seed))
    return sequence.random_base2((points - 1).bit_length())[:points]


def _named(table: Table, fields: dict[str, Any]) -> str:
    """The name given, or the last part of the first field's if that is the loop's own."""
    field = next(iter(fields))
    return _text("name", table.get("name", field if field.startswith(("run.", "law.")) else field.rsplit(".", 1)[-1]))


def _check_distinct(axis: Axis) -> None:
    seen = {repr(axis.at(k)): k for k in range(len(axis))}
    if len(seen) < len(axis):
        twice = next(axis.at(k) for k in range(len(axis)) if seen[repr(axis.at(k))] != k)
        raise BadInput(", ".join(axis.fields), "values that differ", Words(f"{list(twice.values())} twice"))


def _check_apart(axes: Sequence[Axis]) -> None:
    """No two axes may have one name, or move one field, or a field and the table it is in."""
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise BadInput("axes", "names that differ (one axis needs a `name`)", Words(f"'{name}' twice"))
    owned = [(field, axis.name) for axis in axes for field in axis.fields]
    for k, (field, owner) in enumerate(owned):
        for other, another in owned[:k]:
            if _overlap(field, other):
                raise BadInput("axes", "axes that move different fields", Words(f"{other} in '{another}', {field} in '{owner}'"))


def _overlap(a: str, b: str) -> bool:
    return a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")


def _middle(a: Any, b: Any, scale: str) -> Any:
    there, back = SCALES[scale]
    middle = float(back((there(a) + there(b)) / 2))
    return round(middle) if isinstance(a, int) and isinstance(b, int) else middle


def _check_keys(table: Table, known: Sequence[str]) -> None:
    for key in table:
        if key not in known:
            raise BadInput(str(key), f"a key that is {did_you_mean(key, known)}", key)


def _number(name: str, value: object) -> Any:
    if not _is_number(value) or not math.isfinite(value):  # type: ignore[arg-type]
        raise BadInput(name, "a finite number", value)
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or isinstance(value, Words) or not value:
        raise BadInput(name, "a name", value)
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

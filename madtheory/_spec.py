"""Loops as nested tables and as TOML: one reader and one writer, driven by the fields of the specifications themselves.

A model or schedule is looked up by its `kind` and built from its dataclass fields, so one that is added in its own
file can be read and written at once.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from madtheory import curation, models, samplers, schedules
from madtheory._fields import Checked, array, plain
from madtheory._tables import absent
from madtheory.errors import BadInput, Words, did_you_mean, inside
from madtheory.loop import Loop
from madtheory.truth import RealLaw

Table = dict[str, Any]
NOTHING = Words("nothing")
KINDS: dict[str, Mapping[str, type[Checked]]] = {
    "model": models.KINDS, "schedule": schedules.KINDS, "sampler": samplers.KINDS, "curation": curation.KINDS,
}  # fmt: skip
OPTIONAL = ("sampler", "curation")


def from_toml(path: str | PathLike[str]) -> Loop:
    """The loop described by the TOML file at `path`; complaints name the file."""
    try:
        return from_dict(parse(Path(path)), Path(path).parent)
    except BadInput as error:
        raise error.located(str(path)) from None


def from_dict(table: Table, folder: Path | None = None) -> Loop:
    """The loop described by nested tables; `folder` is where paths in them start."""
    _check_keys(Loop, table)
    model = section("model", table)
    rest = [name for name in ("truth", "schedule", *OPTIONAL) if name in table or name not in OPTIONAL]
    return assemble(table, {"model": model} | {name: section(name, table, folder, model) for name in rest})


def section(name: str, table: Table, folder: Path | None = None, model: Any = None) -> Any:
    """What the table [`name`] of a loop describes; the real law depends on the `model`."""
    if name == "truth":
        return _section(name, table, lambda part: _truth(model.truth_type, part, folder or Path()))
    return _section(name, table, functools.partial(_of_kind, KINDS[name]))


def assemble(table: Table, sections: Table) -> Loop:
    """The loop described by a table whose own tables are read already."""
    values = table | sections
    if _all_one(values.get("sampling_bias", 1.0)):  # then bias_first_generation changes nothing
        values.setdefault("bias_first_generation", False)
    return _build(Loop, values)


def to_dict(spec: Checked) -> Table:
    """The fields of a specification as plain values; what was left out stays out."""
    kind = {"kind": spec.kind} if hasattr(spec, "kind") else {}
    skipped = spec.derived() if isinstance(spec, RealLaw) else ()
    fields = {field.name: getattr(spec, field.name) for field in dataclasses.fields(spec) if field.name not in skipped}
    return kind | {name: _plain(value) for name, value in fields.items() if value is not None}


def to_toml(loop: Loop) -> str:
    """`to_dict` as TOML text, every list on its own line."""
    text = tomli_w.dumps(to_dict(loop))  # breaks lines within lists and nowhere else after a bracket or comma
    for broken, joined in ((r"\[\n\s*", "["), (r",\n\s*\]", "]"), (r",\n\s*", ", ")):
        text = re.sub(broken, joined, text)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Checked):
        return to_dict(value)
    return list(value) if isinstance(value, tuple) else plain(value)


def parse(path: Path) -> Table:
    """The tables of a TOML file; raises `BadInput`."""
    if absent(path):
        raise BadInput("file", "a TOML file", Words(absent(path)))
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput("file", "a TOML file that can be read", Words(error.strerror)) from None
    except RecursionError:
        raise BadInput("file", "TOML", Words("brackets nested too deep")) from None
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, numbers with too many digits
        raise BadInput("file", "TOML", Words(error)) from None


def _section(name: str, table: Table, read: Callable[[Table], Any]) -> Any:
    """A table within a table; complaints about its keys carry its name."""
    if not isinstance(table.get(name), dict):
        raise BadInput(name, f"a table [{name}]", table.get(name, NOTHING))
    with inside(name):
        return read(table[name])


def _of_kind(kinds: Mapping[str, type[Checked]], table: Table) -> Any:
    kind = table.get("kind", NOTHING)
    if not isinstance(kind, str) or kind not in kinds:
        raise BadInput("kind", did_you_mean(kind, kinds), kind)
    return _build(kinds[kind], {key: value for key, value in table.items() if key != "kind"}, "kind")


def _truth(kind: type[RealLaw], table: Table, folder: Path) -> RealLaw:
    _check_keys(kind, table)
    return kind.read(table, folder, _build)


def _build(cls: type[Any], values: Table, *also: str) -> Any:
    """An instance of `cls` from its fields by name; `also` are keys that the table has besides."""
    _check_keys(cls, values, *also)
    for field in dataclasses.fields(cls):
        if field.name not in values and field.default is dataclasses.MISSING:
            field.metadata["check"](field.name, NOTHING)  # complains, and so says what the field should be
    return cls(**values)


def _check_keys(cls: type[Any], table: Table, *also: str) -> None:
    if not isinstance(table, dict):
        raise BadInput(cls.__name__.lower(), "a table of keys", table)
    known = [field.name for field in dataclasses.fields(cls)]
    for key in table:
        if key not in known:
            name = key if isinstance(key, str) and key.isidentifier() else repr(key)
            raise BadInput(name[:40], f"a key that is {did_you_mean(key, [*known, *also])}", key)


def _all_one(bias: Any) -> bool:
    value = array(bias)
    return isinstance(value, np.ndarray) and bool(np.all(value == 1))

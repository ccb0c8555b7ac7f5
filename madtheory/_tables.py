"""Tables of numbers read from files: .csv, .npz, .parquet, and the digits of scikit-learn. Reading never runs code from a file.

Rows in complaints are lines of the file (or rows, counted from 1); columns go by their names, or x1, x2, … where there are none.
"""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from madtheory._fields import plain
from madtheory.errors import BadInput, Words

SOURCES = "a file ending in .csv, .npz or .parquet, or 'digits'"
INSTALL = "pip install 'madtheory[data]'"
BROKEN = (OSError, ValueError, EOFError, MemoryError, NotImplementedError, csv.Error, zipfile.BadZipFile, zlib.error)


class Table(NamedTuple):
    """Numbers and where they come from.

    Attributes:
        points: (N, d) numbers, a row per point.
        names: d column names.
        where: the file, as the user wrote it.
        lines: N line numbers, where the rows are not simply counted from 1.
    """

    points: np.ndarray
    names: list[str]
    where: str
    lines: Sequence[int] | None = None

    def place(self, row: int, column: int) -> str:
        """Where an entry stands, in the user's terms."""
        return f"row {self.lines[row] if self.lines else row + 1}, column {self.names[column]}"


def read(data: Any, folder: Path) -> tuple[Table, str]:
    """The table, and where it lies: an absolute path, so that a loop written down elsewhere still finds it."""
    if data == "digits":
        return _digits(), "digits"
    path = folder / data if isinstance(data, str) else None
    reader = READERS.get(path.suffix.lower()) if path else None
    if path is None or reader is None:
        raise BadInput("data", SOURCES, data)
    if absent(path):
        raise BadInput("data", "a file", Words(f"{data!r} ({absent(path)})"))
    return _checked(_open(reader, path, str(data))), str(path.resolve())


def absent(path: Path) -> str:
    """Why there is no file at `path`; empty where there is one."""
    try:
        return "" if path.is_file() else "a folder" if path.is_dir() else "no such file"
    except (OSError, ValueError) as error:  # a name that is too long, or holds a zero byte
        return getattr(error, "strerror", None) or str(error)


def _open(reader: Callable[[Path, str], Table], path: Path, where: str) -> Table:
    """Run a reader; whatever a broken file makes it raise becomes one complaint."""
    try:
        return reader(path, where)
    except BadInput:
        raise
    except BROKEN as error:
        raise BadInput("data", f"a readable {path.suffix} file of numbers", Words(error), where) from None


def _csv(path: Path, where: str) -> Table:
    """Comma, semicolon or tab between the numbers; a first line in which nothing is a number is a header."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        mark = next((mark for mark in ";\t" if mark in lines.readline()), ",")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, delimiter=mark)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    header = bool(rows) and not any(map(_is_number, rows[0][1]))
    rows, first = rows[header:], rows[0][1] if rows else []
    if not rows:
        raise BadInput("data", "rows of numbers", Words("none"), where)
    names = [cell.strip().lstrip("# ") for cell in first] if header else _numbered(len(first))
    return Table(_parse(rows, names, where), names, where, [line for line, _ in rows])


def _parse(rows: list[tuple[int, list[str]]], names: list[str], where: str) -> np.ndarray:
    for line, row in rows:
        if len(row) != len(names):
            raise BadInput(f"row {line}", f"{len(names)} columns, as in the first row", Words(len(row)), where)
    try:
        return np.array([row for _, row in rows], dtype=np.float64)
    except ValueError:
        cells = ((f"row {line}, column {name}", cell) for line, row in rows for name, cell in zip(names, row, strict=True))
        place, text = next((place, cell) for place, cell in cells if not _is_number(cell))
        raise BadInput(place, "a number", text, where) from None


def _npz(path: Path, where: str) -> Table:
    """One matrix (N, d), or several vectors of one length, which become the columns."""
    with path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise BadInput("data", "an archive of arrays, as np.savez writes", Words("a single array"), where)
        arrays = {name: loaded[name] for name in loaded.files}
    if len(arrays) == 1:
        (points,) = arrays.values()
        points = points[:, None] if points.ndim == 1 else points
        return Table(points, _numbered(points.shape[-1] if points.ndim else 0), where)
    if {array.ndim for array in arrays.values()} != {1} or len({len(array) for array in arrays.values()}) != 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise BadInput("data", "one matrix with a row per point, or vectors of one length", Words(shapes or "no array"), where)
    return Table(np.stack(list(arrays.values()), axis=1), list(arrays), where)


def _parquet(path: Path, where: str) -> Table:
    try:
        import pyarrow.parquet
    except ImportError:
        raise BadInput("data", f"pyarrow, which reads parquet ({INSTALL})", Words("no pyarrow"), where) from None
    table = pyarrow.parquet.read_table(path)
    for name, kind in zip(table.column_names, table.schema.types, strict=True):
        if not (pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind)):
            raise BadInput(f"column {name}", "numbers", Words(kind), where)
    columns = [column.to_numpy().astype(np.float64) for column in table.columns]
    return Table(np.stack(columns, axis=1) if columns else np.empty((0, 0)), list(table.column_names), where)


def _digits() -> Table:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise BadInput("data", f"scikit-learn, which ships the digits ({INSTALL})", Words("no scikit-learn")) from None
    digits: Any = load_digits()
    return Table(digits.data, list(digits.feature_names), "digits")


READERS: dict[str, Callable[[Path, str], Table]] = {".csv": _csv, ".npz": _npz, ".parquet": _parquet}


def _checked(table: Table) -> Table:
    """The table in float64, once it is known to be a matrix of finite numbers with at least two rows."""
    points = table.points
    if points.dtype.kind not in "iuf":
        raise BadInput("data", "real numbers", Words(points.dtype), table.where)
    if points.ndim != 2 or points.shape[1] < 1 or len(points) < 2:
        raise BadInput("data", "a matrix with at least 2 rows, one per point", Words(f"shape {points.shape}"), table.where)
    bad = np.argwhere(~np.isfinite(points))
    if len(bad):
        row, column = bad[0]
        raise BadInput(table.place(row, column), "a finite number", plain(points[row, column]), table.where)
    return table._replace(points=points.astype(np.float64))


def _numbered(width: int) -> list[str]:
    return [f"x{i}" for i in range(1, width + 1)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

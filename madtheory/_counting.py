"""Symbols counted in the user's files: a .csv of counts, or text whose words or characters are the symbols."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from madtheory._tables import absent
from madtheory.errors import BadInput, Words, did_you_mean

UNITS = ("words", "characters")
SOURCES = "a .csv with a column of counts, or a .txt of tokens"
MOST_SYMBOLS = 1_000_000


def counts_of(data: Any, unit: str, folder: Path) -> tuple[np.ndarray, str]:
    """(K,) counts, the most frequent symbol first, and the absolute path they were read from."""
    path = resolve(data, folder)
    counted = _column(path, str(data)) if path.suffix.lower() == ".csv" else np.bincount(tokens_of(data, unit, folder)[0])
    if len(counted) > MOST_SYMBOLS:
        raise BadInput("data", f"at most {MOST_SYMBOLS} symbols", len(counted), str(data))
    return np.sort(counted)[::-1], str(path.resolve())


def tokens_of(data: Any, unit: str, folder: Path) -> tuple[np.ndarray, list[str]]:
    """(N,) symbol numbers of a text, by falling frequency, and the symbols."""
    text = _text(resolve(data, folder), str(data))
    tokens: list[str] = text.split() if unit == "words" else list(text)
    if not tokens:
        raise BadInput("data", "a text with at least one token", Words("an empty text"), str(data))
    symbols = [symbol for symbol, _ in Counter(tokens).most_common()]
    number = {symbol: k for k, symbol in enumerate(symbols)}
    return np.array([number[token] for token in tokens]), symbols


def resolve(data: Any, folder: Path) -> Path:
    """Where a file of counts or tokens lies."""
    path = folder / data if isinstance(data, str) else None
    if path is None or path.suffix.lower() not in (".csv", ".txt"):
        raise BadInput("data", SOURCES, data)
    if absent(path):
        raise BadInput("data", "a file", Words(f"{data!r} ({absent(path)})"))
    return path


def check_unit(name: str, value: Any) -> None:
    """Raise `BadInput` unless this is what a text can be cut into."""
    if value not in UNITS:
        raise BadInput(name, did_you_mean(value, UNITS), value)


def _text(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("data", "text in UTF-8", Words(f"a byte that is not, at place {error.start}"), where) from None
    except OSError as error:
        raise BadInput("data", "a file that can be read", Words(error.strerror), where) from None


def _column(path: Path, where: str) -> np.ndarray:
    """The column of counts: the one called "count" or "counts", else the last; a first line without a number is a header."""
    rows = [row for row in csv.reader(_text(path, where).splitlines()) if any(cell.strip() for cell in row)]
    if not rows:
        raise BadInput("data", "a table with at least one count", Words("an empty file"), where)
    names = [cell.strip().lower() for cell in rows[0]]
    place = next((names.index(name) for name in ("count", "counts") if name in names), len(names) - 1)
    first = 0 if _is_number(rows[0][place]) else 1
    values = np.array([_count(row, place, line, where) for line, row in enumerate(rows[first:], first + 1)])
    if not len(values) or values.sum() == 0:
        raise BadInput("data", "at least one count above 0", Words("none"), where)
    return values


def _count(row: list[str], place: int, line: int, where: str) -> int:
    cell = row[place].strip() if place < len(row) else ""
    if not _is_number(cell) or float(cell) < 0 or float(cell) != int(float(cell)) or float(cell) >= 2**53:
        raise BadInput("data", f"a whole number of at least 0 in row {line}", cell, where)
    return int(float(cell))


def _is_number(cell: str) -> bool:
    try:
        return np.isfinite(float(cell))
    except ValueError:
        return False

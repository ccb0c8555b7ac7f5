"""The real law of a text loop: a Markov chain of symbols, written out or counted in the user's text."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from madtheory._counting import check_unit, tokens_of
from madtheory._fields import array, count, field, plain
from madtheory.errors import BadInput, Words
from madtheory.models._frequencies import TOLERANCE
from madtheory.truth import RealLaw

MOST_CONTEXTS = 2**22  # entries of the table of contexts × symbols


def _check_table(name: str, value: Any) -> None:
    good = isinstance(value, np.ndarray) and value.ndim == 2 and value.size > 0 and np.all(np.isfinite(value))
    if not good or np.any(value < 0):
        raise BadInput(name, "a matrix of numbers of at least 0, a row per context and a column per symbol", plain(value))
    if abs(value.sum() - 1) > TOLERANCE:
        raise BadInput(name, "numbers that sum to 1 over the whole matrix", float(value.sum()))


def _check_file(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise BadInput(name, "a file ending in .txt", value)


class TextTruth(RealLaw):
    """A Markov chain of order k over K symbols: how often each symbol follows each context of k symbols.

    Attributes:
        pairs: (K^k, K) share of each (context, next symbol) in a long text; sums to 1. Computed where `data` is given.
        order: k (counts).
        data: text that the shares were counted in.
        tokens: what its symbols are, "words" or "characters".
        symbols: how many symbols of the text are kept, the most frequent ones; all others are one symbol more.
    """

    pairs: Any = field(array, _check_table, default=None)
    order: int = count(default=1)
    data: str | None = field(lambda value: value, _check_file, static=True, default=None)
    tokens: str | None = field(lambda value: value, check_unit, static=True, default=None)
    symbols: int | None = count(default=None)

    def check(self) -> None:
        if self.pairs is None:
            raise BadInput("pairs", "a matrix with a row per context, or `data`", Words("nothing"))
        rows, columns = self.pairs.shape
        if rows != columns**self.order:
            raise BadInput("pairs", f"{columns**self.order} rows, one per context of {self.order} symbols", f"{rows} rows")

    def derived(self) -> tuple[str, ...]:
        return ("pairs",) if self.data is not None else ()

    @staticmethod
    def from_data(data: str | PathLike[str], tokens: str = "characters", order: int = 1, symbols: int | None = None,
                  folder: Path | None = None) -> TextTruth:
        """The chain of a text: what follows each context, the end followed by the beginning so that none is a dead end."""
        check_unit("tokens", tokens)
        numbers, names = tokens_of(fspath(data) if isinstance(data, PathLike) else data, tokens, folder or Path())
        kept = len(names) if symbols is None or symbols >= len(names) else symbols + 1
        size = kept ** (order + 1)
        if size > MOST_CONTEXTS:
            most = int(MOST_CONTEXTS ** (1 / (order + 1))) - 1
            raise BadInput("symbols", f"at most {most} for contexts of {order} symbols, so that the table fits into memory", kept)
        numbers = np.minimum(numbers, kept - 1)
        context = np.zeros(len(numbers), int)
        for lag in range(order, 0, -1):
            context = context * kept + np.roll(numbers, lag)
        counts = np.bincount(context * kept + numbers, minlength=size).reshape(-1, kept)
        origin = str((folder or Path()).joinpath(fspath(data)).resolve())
        return TextTruth(counts / counts.sum(), order, data=origin, tokens=tokens, symbols=symbols)

    @classmethod
    def read(cls, table: dict[str, Any], folder: Path, build: Callable[..., Any]) -> Any:
        if "data" not in table:
            return build(cls, table)
        if "pairs" in table:
            raise BadInput("pairs", "nothing beside `data`, in which it is counted", table["pairs"])
        return cls.from_data(**table, folder=folder)

"""The real law of a categorical model, and the fitted one."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from madtheory._counting import MOST_SYMBOLS, check_unit, counts_of
from madtheory._fields import array, count, field, plain
from madtheory.errors import BadInput, Words
from madtheory.models._family import Fitted, View
from madtheory.truth import RealLaw

TOLERANCE = 1e-9


def _check_probabilities(name: str, value: Any) -> None:
    good = isinstance(value, np.ndarray) and value.ndim == 1 and value.size > 0 and np.all(np.isfinite(value))
    if not good or np.any(value < 0):
        raise BadInput(name, "a list of numbers of at least 0, one per symbol", plain(value))
    if abs(value.sum() - 1) > TOLERANCE:
        raise BadInput(name, "numbers that sum to 1", float(value.sum()))


def _check_exponent(name: str, value: Any) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 0 and np.isfinite(value) and value >= 0):
        raise BadInput(name, "a finite number of at least 0", plain(value))


def _check_file(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise BadInput(name, "a file ending in .csv or .txt", value)


class CategoricalTruth(RealLaw):
    """Probabilities of K symbols: written out, a Zipf law, or read from the user's counts or text.

    Attributes:
        probabilities: (K,) numbers that sum to 1; computed where the others are given.
        symbols: K of a Zipf law p_i ∝ i^−exponent (counts).
        exponent: of the Zipf law; 0 is the uniform law (dimensionless).
        data: file the frequencies were read from (see `from_data`).
        tokens: what the symbols of a text are, "words" or "characters".
    """

    probabilities: Any = field(array, _check_probabilities, default=None)
    symbols: int | None = count(default=None)
    exponent: Any = field(array, _check_exponent, default=None)
    data: str | None = field(lambda value: value, _check_file, static=True, default=None)
    tokens: str | None = field(lambda value: value, check_unit, static=True, default=None)

    def check(self) -> None:
        if self.probabilities is None:
            raise BadInput("probabilities", "a list of numbers, or `symbols` with `exponent`, or `data`", Words("nothing"))
        if (self.symbols is None) != (self.exponent is None):
            raise BadInput("symbols", "to stand beside `exponent`", Words("one without the other"))

    def derived(self) -> tuple[str, ...]:
        return ("probabilities",) if self.data is not None or self.symbols is not None else ()

    @staticmethod
    def zipf(symbols: int, exponent: float = 1.0) -> CategoricalTruth:
        """p_i ∝ i^−exponent over `symbols` symbols."""
        if isinstance(symbols, bool) or not isinstance(symbols, (int, np.integer)) or not 1 <= symbols <= MOST_SYMBOLS:
            raise BadInput("symbols", f"a whole number from 1 to {MOST_SYMBOLS}", symbols)
        _check_exponent("exponent", array(exponent))
        weights = np.arange(1, symbols + 1, dtype=float) ** -float(exponent)
        return CategoricalTruth(weights / weights.sum(), symbols, exponent)

    @staticmethod
    def uniform(symbols: int) -> CategoricalTruth:
        """Equal probabilities."""
        return CategoricalTruth.zipf(symbols, 0.0)

    @staticmethod
    def from_data(data: str | PathLike[str], tokens: str = "words", folder: Path | None = None) -> CategoricalTruth:
        """Frequencies in a .csv with a column of counts, or of the words or characters of a .txt; the most frequent first."""
        check_unit("tokens", tokens)
        counts, origin = counts_of(fspath(data) if isinstance(data, PathLike) else data, tokens, folder or Path())
        return CategoricalTruth(counts / counts.sum(), data=origin, tokens=tokens)

    @classmethod
    def read(cls, table: dict[str, Any], folder: Path, build: Callable[..., Any]) -> Any:
        ways = [name for name in ("probabilities", "symbols", "data") if name in table]
        if len(ways) > 1:
            raise BadInput(ways[1], f"nothing beside `{ways[0]}`", table[ways[1]])
        if "data" in table:
            return cls.from_data(table["data"], table.get("tokens", "words"), folder)
        return cls.zipf(table["symbols"], table.get("exponent", 0.0)) if "symbols" in table else build(cls, table)


class Frequencies(Fitted):
    """A fitted model.

    Attributes:
        probabilities: (K,).
        real: () whether it is the real law itself, whose draws are not truncated.
    """

    probabilities: Any
    real: Any


class FrequencyView(View):
    """A fitted categorical model as observables read it."""

    @property
    def probabilities(self) -> Any:
        """(K,)."""
        return self.model.probabilities

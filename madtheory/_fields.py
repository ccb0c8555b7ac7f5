"""Fields of a specification: how a value is stored and what is refused.

A field declared with `sizes()`, `real()`, … is converted to a NumPy array (an array leaf, so that changing
its value never recompiles) and checked when the object is made. Inside `jax.jit` nothing is checked again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import equinox as eqx
import numpy as np

from madtheory.errors import BadInput, did_you_mean

Check = Callable[[str, Any], None]
MAX_SIZE = 2**31 - 1


class Checked(eqx.Module):
    """An equinox module whose fields check themselves; subclasses override `check` for what spans fields."""

    def __check_init__(self) -> None:
        for field in dataclasses.fields(self):
            test = field.metadata.get("check")
            value = getattr(self, field.name)
            left_out = value is None and field.default is None
            if test is not None and not left_out:
                test(field.name, value)
        self.check()

    def check(self) -> None:
        """What no single field can say; raises `BadInput`."""


def array(value: object) -> object:
    """Numbers as a float64 array; anything else is handed on for the check to refuse."""
    if value is None or isinstance(value, str) or _holds_bool(value):
        return value
    try:
        out = np.asarray(value)
    except (ValueError, TypeError):
        return value
    return out.astype(np.float64) if out.dtype.kind in "iuf" else value


def _holds_bool(value: object, depth: int = 4) -> bool:
    """Whether a truth value stands among the numbers, where NumPy would take it for 0 or 1."""
    if isinstance(value, (list, tuple)) and depth:
        return any(_holds_bool(part, depth - 1) for part in value)
    return isinstance(value, bool)


def integers(value: object) -> object:
    """Whole numbers as an int64 array; anything else is handed on for the check to refuse."""
    out = array(value)
    if not isinstance(out, np.ndarray) or out.dtype != np.float64 or not np.all(np.isfinite(out)):
        return value
    return out.astype(np.int64) if np.all(out == np.round(out)) and np.all(abs(out) < 2**62) else value


def field(convert: Callable[[Any], Any], check: Check, **options: Any) -> Any:
    """An equinox field with a converter and a check."""
    return eqx.field(converter=convert, metadata={"check": check}, **options)


def sizes(**options: Any) -> Any:
    """A sample size, or one per generation: whole numbers ≥ 1 (counts)."""
    return field(integers, _check_sizes, **options)


def count(**options: Any) -> Any:
    """A single whole number ≥ 1 that fixes a shape (static)."""
    return field(_plain_int, _check_count, static=True, **options)


def choice(*names: str, **options: Any) -> Any:
    """One of a few names (static)."""

    def check(name: str, value: object) -> None:
        if value not in names:
            raise BadInput(name, did_you_mean(value, names), value)

    return field(lambda value: value, check, static=True, **options)


def flag(**options: Any) -> Any:
    """True or false (static)."""

    def check(name: str, value: object) -> None:
        if not isinstance(value, bool):
            raise BadInput(name, "true or false", value)

    return field(lambda value: value, check, static=True, **options)


def positive(**options: Any) -> Any:
    """A positive number, or one per generation (dimensionless)."""
    return field(array, _check_positive, **options)


def real(**options: Any) -> Any:
    """A single finite number."""
    return field(array, _check_real, **options)


def positive_number(**options: Any) -> Any:
    """A single finite number above 0."""
    return field(array, _check_positive_number, **options)


def _check_sizes(name: str, value: Any) -> None:
    good = isinstance(value, np.ndarray) and value.dtype == np.int64 and value.ndim <= 1 and value.size > 0
    if not (good and np.all(value >= 1) and np.all(value <= MAX_SIZE)):
        raise BadInput(name, f"a whole number from 1 to {MAX_SIZE}, or a list with one per generation", plain(value))


def _check_positive(name: str, value: object) -> None:
    good = isinstance(value, np.ndarray) and value.ndim <= 1 and value.size > 0
    if not (good and np.all(np.isfinite(value)) and np.all(value > 0)):
        raise BadInput(name, "a finite number above 0, or a list with one per generation", plain(value))


def _check_real(name: str, value: object) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 0 and np.isfinite(value)):
        raise BadInput(name, "a finite number", plain(value))


def _check_positive_number(name: str, value: object) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 0 and np.isfinite(value) and value > 0):
        raise BadInput(name, "a finite number above 0", plain(value))


def _plain_int(value: object) -> object:
    whole = integers(value)
    return int(whole) if isinstance(whole, np.ndarray) and whole.ndim == 0 and whole.dtype == np.int64 else value


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_SIZE:
        raise BadInput(name, "a whole number of at least 1", plain(value))


def plain(value: object) -> object:
    """Arrays as the lists and numbers a person wrote."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value

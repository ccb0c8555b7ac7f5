"""Sums of powers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def polynomial(coefficients: Sequence[Any], x: Any) -> Any:
    """Σ_k c_k x^k in the precision of x, as two chains of x²: a core has nothing to do while one chain waits for itself."""
    square = x * x
    even, odd = horner(coefficients[0::2], square), horner(coefficients[1::2], square)
    return even + x * odd


def horner(coefficients: Sequence[Any], x: Any) -> Any:
    """Σ_k c_k x^k in the precision of x, one product after the other."""
    *rest, value = (np.asarray(c, x.dtype) if isinstance(c, float) else c for c in coefficients)
    for c in reversed(rest):
        value = value * x + c
    return value

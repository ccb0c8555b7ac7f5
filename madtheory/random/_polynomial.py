"""Sums of powers and of Chebyshev polynomials."""

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


def clenshaw(coefficients: Any, x: Any) -> Any:
    """Σ_k c_k T_k(x) for an array (D+1,) of coefficients (Clenshaw 1955)."""
    last, before = coefficients[-1], 0.0
    for k in range(len(coefficients) - 2, 0, -1):
        last, before = 2 * x * last - before + coefficients[k], last
    return x * last - before + coefficients[0]

"""Where the numbers of `normal` come from: `python -m madtheory.random._normal_fit` prints them.

The best uniform approximation is found by least squares whose weights are multiplied by the error until it is level
(Lawson 1961); the denominator of a rational one is fixed from the round before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.polynomial.chebyshev import chebvander

ROUNDS = 400
NODES = 3000
LARGEST = 31 * np.log(2)  # of s = −log 4p(1−p), p = 2⁻³³


def fit_log(degree: int) -> tuple[np.ndarray, float]:
    """Coefficients of (m − 1) log 2 − log m in m − 3/2 on 1 ≤ m ≤ 2, and the largest error."""
    m = 1.5 + 0.5 * _nodes()
    values = (m - 1) * np.log(2) - np.log(m)
    above, _, error = _level(_nodes(), values, np.ones_like(m), degree, 0)
    return Chebyshev(above, domain=[-0.5, 0.5]).convert(kind=Polynomial, domain=[-1, 1]).coef, error


def fit_score(above: int, below: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Numerator and denominator, in s, of the normal score over c = 1/2 − p, and the largest relative error."""
    s = LARGEST / 2 * (1 + _nodes())
    values = slope(s)
    pair = _level(_nodes(), values, 1 / values, above, below)
    p, q = (Chebyshev(c, domain=[0, LARGEST]).convert(kind=Polynomial, domain=[-1, 1]).coef for c in pair[:2])
    return p / q[0], q / q[0], pair[2]


def slope(s: np.ndarray) -> np.ndarray:
    """−Φ⁻¹(p)/(1/2 − p) where s = −log 4p(1−p)."""
    from scipy.special import ndtri

    c = np.sqrt(-np.expm1(-s)) / 2
    near = np.sqrt(2 * np.pi) * (1 + np.pi / 3 * c**2)
    return np.where(c < 1e-4, near, -ndtri(np.exp(-s) / (2 + 4 * c)) / np.maximum(c, 1e-4))


def _nodes() -> np.ndarray:
    return -np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)


def _level(x: np.ndarray, values: np.ndarray, scale: np.ndarray, above: int, below: int) -> tuple[Any, Any, float]:
    """Chebyshev coefficients P, Q with scale · |P/Q − values| as level as it gets, and its largest value."""
    top, bottom = chebvander(x, above), chebvander(x, below)
    weight, denominator, best = np.ones_like(x), np.ones_like(x), (np.ones(1), np.ones(1), np.inf)
    for _ in range(ROUNDS):
        rows = (np.sqrt(weight) * scale / denominator)[:, None]
        columns = np.hstack([top, -values[:, None] * bottom[:, 1:]])
        found = np.linalg.lstsq(columns * rows, values * rows[:, 0], rcond=None)[0]
        p, q = found[: above + 1], np.concatenate([np.ones(1), found[above + 1 :]])
        denominator = bottom @ q
        error = scale * abs(top @ p / denominator - values)
        if np.max(error) < best[2]:
            best = (p, q, float(np.max(error)))
        weight = weight * (error / np.max(error) + 1e-3) ** 0.7
        weight /= np.sum(weight)
    return best


if __name__ == "__main__":
    for numbers in (*fit_log(7), *fit_score(6, 5)):
        print(np.array2string(np.asarray(numbers), separator=", ", formatter={"float": "{:.9g}".format}))

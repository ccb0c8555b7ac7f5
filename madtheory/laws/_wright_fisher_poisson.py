"""The first symbol lost, as if symbols were independent branching processes: close even where n p is a few draws."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad

from madtheory.laws._wright_fisher import survival_slopes

SUMMED = 4096  # generations added one by one; the others are integrated over the survival slope


def all_alive_poissonised(p: np.ndarray, n: int, generations: int) -> np.ndarray:
    """(T+1,) ∏_i (1 − exp(−n p_i s_t)), s_t the survival slopes: P(no symbol is lost by t), draws taken as Poisson."""
    return _all_alive(p, n, survival_slopes(generations))


def mean_extinction_time_poissonised(p: np.ndarray, n: int) -> float:
    """Σ_{t≥0} ∏_i (1 − exp(−n p_i s_t)), in generations, to 10⁻⁹ of itself; ∞ for one symbol.

    Terms fall off as t^−K only. From s_T on, T = `SUMMED`, the sum is an integral (Euler and Maclaurin) along the flow
    ds/dt = −(s²/2)(1 + s/6 + O(s³)), whose time-one map is s ↦ 1 − e^−s.
    """
    slopes = survival_slopes(SUMMED)
    terms = _all_alive(p, n, slopes)
    if np.count_nonzero(p) < 2:
        return np.inf

    def share(u: float) -> float:
        s = u * slopes[-1]
        return float(_all_alive(p, n, np.array([s]))[0]) * 2 / (s * u * (1 + s / 6))

    rest = quad(share, 0, 1, epsabs=0, epsrel=1e-10)[0]
    return float(terms.sum() - terms[-1] / 2 + rest - (terms[-1] - terms[-2]) / 12)


def _all_alive(p: np.ndarray, n: int, slopes: np.ndarray) -> np.ndarray:
    """(…,) ∏_i (1 − exp(−n p_i s)) over symbols that occur."""
    p = np.asarray(p, dtype=float)
    return np.prod(-np.expm1(-n * np.multiply.outer(slopes, p[p > 0])), axis=-1)

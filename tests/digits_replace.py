"""Formulas of the replace loop with 50 digits, written from the textbook."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._cases import gaussian_loop
from madtheory.loop import Loop
from madtheory.schedules import Replace

EXACT = 1e-10  # relative: float64 after some thousand operations


def law(name: str, loop: Loop, generations: int, method: str = "mean") -> Any:
    """A law's prediction."""
    return evaluate(getattr(ATLAS[name], method), loop, generations)


def make(dim: int, n: Any = 12, **options: Any) -> Loop:
    """A replace loop on N(0, diag(1, …, dim))."""
    return gaussian_loop(Replace(n=n), dim=dim, **options)


def steps(loop: Loop, generations: int) -> list[tuple[mp.mpf, mp.mpf, mp.mpf]]:
    """(n, λ, n−δ) per generation with 50 digits."""
    n, bias = (np.broadcast_to(x, (generations,)) if np.ndim(x) == 0 else x for x in (loop.schedule.n, loop.sampling_bias))
    delta = loop.estimator == "unbiased"
    used = [mp.mpf(1) if k == 0 and not loop.bias_first_generation else mp.mpf(float(b)) for k, b in enumerate(bias)]
    return [(mp.mpf(int(m)), b, mp.mpf(int(m) - delta)) for m, b in zip(n, used, strict=False)][:generations]


def product(values: Any) -> mp.mpf:
    """Of an iterable."""
    return mp.fprod(values)


def c4(n: mp.mpf) -> mp.mpf:
    """E √(χ²_{n−1}/(n−1))."""
    return mp.exp(mp.log(2 / (n - 1)) / 2 + mp.loggamma(n / 2) - mp.loggamma((n - 1) / 2))


def drift(rows: Any) -> mp.mpf:
    """E‖μ_t−μ_0‖²/tr Σ_0."""
    return sum(b / n * product(rows[j][1] * (rows[j][0] - 1) / rows[j][2] for j in range(k)) for k, (n, b, _) in enumerate(rows))


def log_ratio(rows: Any, dim: int) -> mp.mpf:
    """E log|Σ_t|/|Σ_0|."""
    return sum(mp.digamma((n - i) / 2) + mp.log(2 * b / m) for n, b, m in rows for i in range(1, dim + 1))

"""Least squares under accumulate: bounded, and by less than π²/6 where inputs are drawn anew."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.scipy.special import digamma

from madtheory.laws._hypotheses import ACCUMULATE, CONSTANT_SIZE, NO_INITIAL_SIZE
from madtheory.laws._law import Law, Quantity, running
from madtheory.laws._regression import FINITE, FRESH_DESIGN, OLS, TRUE_NOISE, features, noise_variance, regression_loop, sizes
from madtheory.loop import Loop
from madtheory.models import LinearRegression
from madtheory.schedules import Accumulate

HYPOTHESES = (ACCUMULATE, OLS, TRUE_NOISE, FRESH_DESIGN, FINITE)


class AccumulateRisk(Law):
    r"""E‖ŵ_t−w_0‖²_Σ = σ²d Σ_k m_k/(M_k(M_k−d−1)), M_k = m_1+…+m_k.

    ŵ_t − ŵ_{t−1} = (X'X)⁻¹X_t'ε_t, and given all of X'X the share of the last batch in it is m_t/M_t on average.
    """

    name = "accumulate-risk"
    observable = "risk"
    kind = "exact"
    family = LinearRegression
    statement = (
        r"\mathbb{E}\lVert\hat w_t-w_0\rVert_\Sigma^2=\sigma^2d\sum_{k\le t}\frac{m_k}{M_k(M_k-d-1)},"
        r"\qquad M_k=\sum_{j\le k}m_j"
    )
    source = "madtheory"
    hypotheses = HYPOTHESES

    def mean(self, loop: Loop, generations: int) -> Any:
        n = sizes(loop, generations)
        total = jnp.cumsum(n)
        return noise_variance(loop) * features(loop) * running(n / (total * (total - features(loop) - 1)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (regression_loop(Accumulate(n=20), white=False), 6),
            (regression_loop(Accumulate(n=[20, 24, 30, 40], n_initial=25), d=5), 4),
        ]


class AccumulateRiskLimit(Quantity):
    r"""σ²d/(d+1) [ψ(1) − ψ(1−(d+1)/n)], at most π²/6 times the risk of one fit, to which it tends as d/n → 0."""

    name = "accumulate-risk-limit"
    observable = "risk_limit"
    kind = "limit"
    family = LinearRegression
    statement = (
        r"\lim_{t\to\infty}\mathbb{E}\lVert\hat w_t-w_0\rVert_\Sigma^2"
        r"=\frac{\sigma^2d}{d+1}\Bigl[\psi(1)-\psi\bigl(1-\tfrac{d+1}{n}\bigr)\Bigr]"
    )
    source = "madtheory"
    hypotheses = (*HYPOTHESES, CONSTANT_SIZE, NO_INITIAL_SIZE)

    def value(self, loop: Loop) -> Any:
        d = features(loop)
        return noise_variance(loop) * d / (d + 1) * (digamma(1.0) - digamma(1 - (d + 1) / jnp.asarray(loop.schedule.n, float)))  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(regression_loop(Accumulate(n=20)), 1)]

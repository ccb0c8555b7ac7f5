"""One design for all batches: the whole law of the test error under any schedule."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import digamma, polygamma
from scipy.special import betainc

from madtheory.laws._fluctuations import schedule_covariance
from madtheory.laws._hypotheses import WHOLE_BATCHES
from madtheory.laws._law import Law
from madtheory.laws._regression import FINITE, OLS, SAME_DESIGN, TRUE_NOISE, features, noise_variance, regression_loop
from madtheory.loop import Loop
from madtheory.models import LinearRegression
from madtheory.schedules import Accumulate, FixedReal, Replace, Weighted


def inflation(loop: Loop, generations: int) -> Any:
    """(T+1,) σ²A_t: given X, ŵ_t ~ N(w_0, σ²A_t (X'X)⁻¹)."""
    n = float(loop.schedule.batch_sizes(1)[0])
    return noise_variance(loop) * n * jnp.diagonal(schedule_covariance(loop, generations))


def degrees(loop: Loop) -> tuple[int, int]:
    """d and n − d + 1."""
    return features(loop), int(loop.schedule.batch_sizes(1)[0]) - features(loop) + 1


def f_cdf(loop: Loop, share: np.ndarray) -> np.ndarray:
    """P(χ²_d/χ²_{n−d+1} ≤ share)."""
    d, rest = degrees(loop)
    return betainc(d / 2, rest / 2, share / (1 + share))


class OneDesignRisk(Law):
    r"""‖ŵ_t−w_0‖²_Σ ~ σ²A_t χ²_d/χ²_{n−d+1} (Hotelling), A_t that of a mean: accumulate has exactly Σ_{k≤t} 1/k² ≤ π²/6."""

    name = "one-design-risk"
    observable = "risk"
    kind = "exact"
    family = LinearRegression
    recursive = True
    statement = (
        r"\lVert\hat w_t-w_0\rVert_\Sigma^2\sim\sigma^2A_t\,\frac{\chi^2_d}{\chi^2_{n-d+1}},\qquad"
        r"\mathbb{E}\lVert\hat w_t-w_0\rVert_\Sigma^2=\frac{\sigma^2d\,A_t}{n-d-1}"
    )
    source = "gerstgrasser2024, muirhead1982"
    hypotheses = (WHOLE_BATCHES, OLS, TRUE_NOISE, SAME_DESIGN, FINITE)

    def mean(self, loop: Loop, generations: int) -> Any:
        d, rest = degrees(loop)
        return inflation(loop, generations) * d / (rest - 2)

    def variance(self, loop: Loop, generations: int) -> Any:
        d, rest = degrees(loop)
        if rest <= 4:
            return None
        return inflation(loop, generations) ** 2 * 2 * d * (d + rest - 2) / ((rest - 2) ** 2 * (rest - 4))

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        if generation == 0:
            return None
        return f_cdf(loop, np.maximum(x, 0) / float(inflation(loop, generation)[-1]))

    def cases(self) -> list[tuple[Loop, int]]:
        return cases()


class OneDesignLogRisk(Law):
    r"""log‖ŵ_t−w_0‖²_Σ = log σ²A_t + log χ²_d − log χ²_{n−d+1}."""

    name = "one-design-log-risk"
    observable = "log_risk"
    kind = "exact"
    family = LinearRegression
    recursive = True
    statement = (
        r"\mathbb{E}\log\lVert\hat w_t-w_0\rVert_\Sigma^2=\log\sigma^2A_t"
        r"+\psi\bigl(\tfrac d2\bigr)-\psi\bigl(\tfrac{n-d+1}{2}\bigr)"
    )
    source = "muirhead1982"
    hypotheses = (WHOLE_BATCHES, OLS, TRUE_NOISE, SAME_DESIGN)

    def mean(self, loop: Loop, generations: int) -> Any:
        d, rest = degrees(loop)
        return jnp.log(inflation(loop, generations)) + digamma(d / 2) - digamma(rest / 2)

    def variance(self, loop: Loop, generations: int) -> Any:
        d, rest = degrees(loop)
        each = polygamma(1, d / 2) + polygamma(1, rest / 2)
        return jnp.where(jnp.arange(generations + 1) > 0, each, 0.0)

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        if generation == 0:
            return None
        return f_cdf(loop, np.exp(x) / float(inflation(loop, generation)[-1]))

    def cases(self) -> list[tuple[Loop, int]]:
        return cases()


def cases() -> list[tuple[Loop, int]]:
    """Loops on one design."""
    return [
        (regression_loop(Accumulate(n=20), design="reused", white=False), 6),
        (regression_loop(Replace(n=20), d=5, design="reused"), 5),
        (regression_loop(Weighted(n_real=20, n_synthetic=20, weight="golden"), design="reused"), 5),
        (regression_loop(FixedReal(n_real=20, n_synthetic=20), design="reused"), 5),
    ]

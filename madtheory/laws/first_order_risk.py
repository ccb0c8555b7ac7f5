"""The test error of a regression under any schedule, to first order in 1/n: A_t times that of one fit."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._fluctuations import schedule_covariance
from madtheory.laws._law import Law, one_point_more
from madtheory.laws._regression import OLS, TRUE_NOISE, features, noise_variance, regression_loop
from madtheory.loop import Loop
from madtheory.models import LinearRegression
from madtheory.schedules import FixedReal, Weighted, Window


class FirstOrderRisk(Law):
    r"""E‖ŵ_t−w_0‖²_Σ = σ²d A_t/n + O(n⁻²), whatever the design: the factors of a mean."""

    name = "first-order-risk"
    observable = "risk"
    kind = "first_order"
    family = LinearRegression
    recursive = True
    statement = r"\mathbb{E}\lVert\hat w_t-w_0\rVert_\Sigma^2=\sigma^2d\,\frac{A_t}{n}+O(n^{-2})"
    source = "deydonoho2024"
    hypotheses = (OLS, TRUE_NOISE)

    def mean(self, loop: Loop, generations: int) -> Any:
        return noise_variance(loop) * features(loop) * jnp.diagonal(schedule_covariance(loop, generations))

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.25)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (regression_loop(Weighted(n_real=40, n_synthetic=40, weight="golden")), 5),
            (regression_loop(FixedReal(n_real=40, n_synthetic=40), white=False), 5),
            (regression_loop(Window(n=40, window=2)), 5),
        ]

"""Where the mean of the replace loop ends: its second moment."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import CONSTANT_SIZE, PARAMETRIC, REPLACE
from madtheory.laws._law import Hypothesis, Quantity, float64
from madtheory.laws._replace import CONSTANT_BIAS, TWO_POINTS, drift_rate, growth, more_bias, trace
from madtheory.laws.replace_tail_index import log_mean_ratio
from madtheory.loop import Loop
from madtheory.schedules import Replace

SHRINKS = Hypothesis(
    "a mean variance that decays, or the limit is infinite", float64(lambda loop: bool(log_mean_ratio(loop) < 0))
)


class ReplaceLimitVariance(Quantity):
    r"""E‖μ_∞−μ_0‖²; tr Σ_0 for the mle with λ = 1 at every n, λ tr Σ_0/(n(1−λ)) for unbiased fits with λ in every generation."""

    name = "replace-limit-variance"
    observable = "limit_variance"
    kind = "exact"
    statement = (
        r"\mathbb{E}\lVert\mu_\infty-\mu_0\rVert^2 = \frac{\operatorname{tr}\Sigma_0}{n}"
        r"\Bigl[\lambda_1+\frac{\lambda c_1}{1-c}\Bigr],"
        r"\qquad c=\lambda\frac{n-1}{n-\delta}<1,\quad c_1=\lambda_1\frac{n-1}{n-\delta}"
    )
    source = "madtheory"
    hypotheses = (REPLACE, CONSTANT_SIZE, CONSTANT_BIAS, TWO_POINTS, PARAMETRIC, SHRINKS)

    def value(self, loop: Loop) -> Any:
        first, later = drift_rate(loop, 2)
        return trace(loop) * (first - later * growth(loop, 1)[1] / jnp.expm1(log_mean_ratio(loop)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Replace(n=10), sampling_bias=0.8), 1), (gaussian_loop(Replace(n=20), dim=2, estimator="mle"), 1)]

    def wrong(self, loop: Loop) -> Loop:
        return more_bias(loop, 0.95)

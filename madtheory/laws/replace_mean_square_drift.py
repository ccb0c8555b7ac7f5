"""How far the mean wanders under replace."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._law import Law, running
from madtheory.laws._replace import TWO_POINTS, drift_rate, growth, log_growth, recurrence, trace
from madtheory.laws._zonal import squares
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceMeanSquareDrift(Law):
    r"""‖μ_t−μ_0‖²; the mean for unbiased fits and λ = 1 is tr Σ_0 Σ 1/n_k (Shumailov et al. 2024).

    The variance closes on five numbers: with a = λ/n, c the growth factor and m = μ_t−μ_0, one generation maps
    E‖m‖⁴ to itself + 4a E m'Σm + 2a E‖m‖² tr Σ + a² E[2 tr Σ² + (tr Σ)²], and the two mixed moments to
    c (E m'Σm + a E tr Σ²) and c (E‖m‖² tr Σ + a E(tr Σ)²).
    """

    name = "replace-mean-square-drift"
    observable = "mean_square_drift"
    kind = "exact"
    statement = (
        r"\mathbb{E}\lVert\mu_t-\mu_0\rVert^2 = \operatorname{tr}\Sigma_0\sum_{k\le t}\frac{\lambda_k}{n_k}\prod_{j<k}c_j,"
        r"\qquad c_j=\lambda_j\frac{n_j-1}{n_j-\delta}"
    )
    source = "shumailov2024"
    hypotheses = (REPLACE, TWO_POINTS, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        return trace(loop) * relative_drift(loop, generations)

    def variance(self, loop: Loop, generations: int) -> Any:
        a, c = drift_rate(loop, generations), jnp.exp(log_growth(loop, generations))
        square_of_trace, trace_of_square = (x[:-1] for x in squares(loop, generations))
        quadratic = recurrence(c, a * trace_of_square)[:-1]
        product = recurrence(c, a * square_of_trace)[:-1]
        source = 4 * a * quadratic + 2 * a * product + a**2 * (2 * trace_of_square + square_of_trace)
        return running(source) - self.mean(loop, generations) ** 2

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=20)), 8),
            (gaussian_loop(Replace(n=[8, 12, 16, 20, 24]), dim=3, estimator="mle", sampling_bias=0.8), 5),
            (gaussian_loop(Replace(n=4), dim=5, sampling_bias=[0.9, 1.1, 0.8, 1.0], first=True), 4),
        ]


def relative_drift(loop: Loop, generations: int) -> Any:
    """(T+1,) E‖μ_t−μ_0‖²/tr Σ_0."""
    return running(drift_rate(loop, generations) * growth(loop, generations)[:-1])

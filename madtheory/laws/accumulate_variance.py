"""The variance under accumulate: a product of independent factors that converges instead of vanishing."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._accumulate import factors
from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import ACCUMULATE, gaussian_and_univariate
from madtheory.laws._law import Law, running
from madtheory.laws._second_moments import trace
from madtheory.loop import Loop
from madtheory.schedules import Accumulate


class AccumulateVariance(Law):
    r"""S_t = κ_t s_1 R_1 … R_{t−1}, with independent factors; in d dimensions the mean of tr Σ_t/d is the same number.

    With n points per batch, the mle and λ = 1: E S_t = S_0 Π_{k≤t} (1 − 1/(n k²)).
    """

    name = "accumulate-variance"
    observable = "variance"
    kind = "exact"
    statement = (
        r"\frac{S_{t+1}}{S_t}=R_t=\frac{tn+\lambda\chi^2_{n-1}+\lambda\frac{t}{t+1}\chi^2_1}{n(t+1)}\ (\text{mle}),\qquad"
        r"\mathbb{E}S_t=S_0\prod_{k\le t}\Bigl(1-\frac1{nk^2}\Bigr)\ (\lambda=1),\qquad"
        r"\mathbb{E}S_t^2=S_0^2\,\prod_k\bigl[(\mathbb{E}R_k)^2+\operatorname{Var}R_k\bigr]"
    )
    source = "kazdan2024"
    hypotheses = (ACCUMULATE,)

    def mean(self, loop: Loop, generations: int) -> Any:
        r = factors(loop, generations)
        return trace(loop) / loop.dim * r.kappa * jnp.append(1.0, jnp.cumprod(r.mean()))

    def variance(self, loop: Loop, generations: int) -> Any:
        if not gaussian_and_univariate(loop):
            return None
        r = factors(loop, generations)
        square = r.mean() ** 2
        relative = jnp.where(square > 0, r.variance() / jnp.where(square > 0, square, 1.0), 0.0)
        return self.mean(loop, generations) ** 2 * jnp.expm1(running(jnp.log1p(relative)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Accumulate(n=6), estimator="mle"), 20),
            (gaussian_loop(Accumulate(n=[4, 6, 8, 5]), sampling_bias=0.8), 4),
            (gaussian_loop(Accumulate(n=6, n_initial=9), dim=2, estimator="mle", sampling_bias=1.1, first=True), 10),
        ]

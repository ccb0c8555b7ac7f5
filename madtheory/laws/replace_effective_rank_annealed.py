"""The annealed effective rank under replace."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._law import Law
from madtheory.laws._replace import TWO_POINTS
from madtheory.laws._zonal import log_eigenvalues, zonal
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceEffectiveRankAnnealed(Law):
    r"""E(tr Σ_t)²/E tr Σ_t²; tends to 1 at rate 3/n, whatever λ and the estimator. Not the mean of the ratio."""

    name = "replace-effective-rank-annealed"
    observable = "effective_rank_annealed"
    kind = "exact"
    statement = (
        r"\frac{\mathbb{E}(\operatorname{tr}\Sigma_t)^2}{\mathbb{E}\operatorname{tr}\Sigma_t^2} = \frac{1+x_t}{1-x_t/2},\qquad"
        r"x_t = \frac{C_{(1,1)}(\Sigma_0)}{C_{(2)}(\Sigma_0)}\prod_{k\le t}\frac{n_k-2}{n_k+1}"
    )
    source = "muirhead1982, madtheory"
    hypotheses = (REPLACE, TWO_POINTS, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        two, one_one = zonal(loop)
        log_two, log_one_one = log_eigenvalues(loop, generations)
        x = one_one / two * jnp.exp(log_one_one - log_two)
        return (1 + x) / (1 - x / 2)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=12), dim=4, sampling_bias=0.9), 6),
            (gaussian_loop(Replace(n=[8, 12, 16]), dim=3, estimator="mle"), 3),
        ]

"""Lyapunov exponents of the replace loop: how fast each eigenvalue of Σ_t shrinks."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._law import Law
from madtheory.laws._replace import TWO_POINTS, exponents
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceLogEigenvalues(Law):
    r"""Slopes of the ordered log-eigenvalues; the level is only known up to a constant, the sum over i is exact.

    A generation with n_k ≤ d points leaves n_k − 1 eigenvalues: the others are zero from then on, and their logs −∞.
    """

    name = "replace-log-eigenvalues"
    observable = "log_eigenvalues"
    kind = "rate"
    statement = (
        r"\frac1t\log\ell_i(\Sigma_t) \to \psi\bigl(\tfrac{n-i}{2}\bigr)+\log\frac{2\lambda}{n-\delta},\quad i\le\min(d,n-1);"
        r"\qquad \ell_i(\Sigma_t)=0,\quad i\ge n"
    )
    source = "newman1986"
    hypotheses = (REPLACE, TWO_POINTS, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        """(T+1, d) log eigenvalues of Σ_0, descending, plus the exponents of the generations so far."""
        start = jnp.log(jnp.linalg.eigvalsh(jnp.asarray(loop.truth.covariance, dtype=jnp.float64))[::-1])
        walk = jnp.cumsum(exponents(loop, generations), axis=0)
        return start + jnp.concatenate([jnp.zeros((1, loop.dim)), walk])

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=4), dim=2), 200),
            (gaussian_loop(Replace(n=5), dim=3, estimator="mle", sampling_bias=0.9), 200),
            (gaussian_loop(Replace(n=3), dim=4, sampling_bias=1.1, first=True), 50),
        ]

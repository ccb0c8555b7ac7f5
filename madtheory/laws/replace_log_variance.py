"""log det Σ_t under replace: a random walk with log chi-square steps."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import polygamma

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._law import Law, running
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.laws._replace import FULL_RANK, bias, by_size, delta, exponents, sizes
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceLogVariance(Law):
    r"""log|Σ_t|/d = log|Σ_0|/d + (1/d) Σ_k Σ_i [ log λ_k − log(n_k−δ) + log χ²_{n_k−i} ], all terms independent."""

    name = "replace-log-variance"
    observable = "log_variance"
    kind = "exact"
    statement = (
        r"\mathbb{E}\log|\Sigma_t| = \log|\Sigma_0| + \sum_{k\le t}\sum_{i=1}^{d}"
        r"\Bigl[\psi\bigl(\tfrac{n_k-i}{2}\bigr)+\log\tfrac{2\lambda_k}{n_k-\delta}\Bigr],\qquad"
        r"\operatorname{Var}\log|\Sigma_t| = \sum_{k\le t}\sum_{i=1}^{d}\psi'\bigl(\tfrac{n_k-i}{2}\bigr)"
    )
    source = "muirhead1982"
    hypotheses = (REPLACE, FULL_RANK, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        return (log_det(loop) + running(jnp.sum(exponents(loop, generations), axis=1))) / loop.dim

    def variance(self, loop: Loop, generations: int) -> Any:
        i = np.arange(1, loop.dim + 1)
        step = by_size(lambda n: np.sum(polygamma(1, (n[:, None] - i) / 2), axis=1), loop, generations)
        return running(step) / loop.dim**2

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray:
        total = loop.dim * np.asarray(x, dtype=float) - constant(loop, generation)
        if generation == 0:
            return np.where(total >= 0, 1.0, 0.0)
        return LogChiSquareSum(degrees_of_freedom(loop, generation)).cdf(total)

    def quantile(self, loop: Loop, generation: int, p: np.ndarray) -> np.ndarray:
        """The x with P(log|Σ_t|/d ≤ x) = p, from generation 1 on."""
        walk = LogChiSquareSum(degrees_of_freedom(loop, generation))
        return (walk.quantile(p) + constant(loop, generation)) / loop.dim

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=10), sampling_bias=0.9), 20),
            (gaussian_loop(Replace(n=[8, 12, 16, 20]), dim=3, estimator="mle"), 4),
        ]


def degrees_of_freedom(loop: Loop, generations: int) -> np.ndarray:
    """(T, d) degrees of freedom n_k − i of the Bartlett factor's diagonal, i = 1…d."""
    return sizes(loop, generations)[:, None] - np.arange(1, loop.dim + 1)


def log_det(loop: Loop) -> Any:
    """log|Σ_0|."""
    return jnp.linalg.slogdet(jnp.asarray(loop.truth.covariance, dtype=jnp.float64))[1]


def constant(loop: Loop, generation: int) -> float:
    """What is added to the sum of log chi-squares to make log|Σ_t|."""
    scale = jnp.log(bias(loop, generation)) - jnp.log(sizes(loop, generation) - delta(loop))
    return float(log_det(loop) + loop.dim * jnp.sum(scale))

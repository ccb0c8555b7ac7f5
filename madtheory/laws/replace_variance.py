"""The variance under replace: its mean, its variance, and in one dimension its whole law."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import chdtr

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._law import Law
from madtheory.laws._replace import TWO_POINTS, bias, delta, growth, more_bias, sizes, trace
from madtheory.laws._zonal import log_eigenvalues, zonal
from madtheory.laws.replace_log_variance import ReplaceLogVariance
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceVariance(Law):
    r"""tr Σ_t/d; in one dimension S_t = S_0 Π λ_k χ²_{n_k−1}/(n_k−δ) with independent factors."""

    name = "replace-variance"
    observable = "variance"
    kind = "exact"
    statement = (
        r"\mathbb{E}\operatorname{tr}\Sigma_t = \operatorname{tr}\Sigma_0\prod_{k\le t}c_k,"
        r"\quad c_k=\lambda_k\frac{n_k-1}{n_k-\delta},\qquad"
        r"\mathbb{E}(\operatorname{tr}\Sigma_t)^2 = \prod_{k\le t}c_k^2"
        r"\Bigl[C_{(2)}(\Sigma_0)\prod_{k\le t}\bigl(1+\tfrac{2}{n_k-1}\bigr)"
        r"+C_{(1,1)}(\Sigma_0)\prod_{k\le t}\bigl(1-\tfrac{1}{n_k-1}\bigr)\Bigr]"
    )
    source = "muirhead1982"
    hypotheses = (REPLACE, TWO_POINTS, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        return trace(loop) / loop.dim * growth(loop, generations)

    def variance(self, loop: Loop, generations: int) -> Any:
        parts = zip(zonal(loop), log_eigenvalues(loop, generations), strict=True)
        return growth(loop, generations) ** 2 * sum(c * jnp.expm1(e) for c, e in parts) / loop.dim**2

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        """P(S_t ≤ x) in one dimension, by inversion."""
        if loop.dim > 1:
            return None
        positive = np.asarray(x, dtype=float) > 0
        log_x = np.log(np.where(positive, x, 1.0))
        return np.where(positive, ReplaceLogVariance().cdf(loop, generation, log_x), 0.0)

    def quantile(self, loop: Loop, generation: int, p: np.ndarray) -> np.ndarray:
        """The x with P(S_t ≤ x) = p in one dimension, from generation 1 on."""
        return np.exp(ReplaceLogVariance().quantile(loop, generation, p))

    def one_step_cdf(self, loop: Loop, generation: int, ratio: np.ndarray) -> np.ndarray:
        """P(S_t/S_{t−1} ≤ ratio) in one dimension, whatever the past: λ_t χ²_{n_t−1}/(n_t−δ)."""
        n, scale = sizes(loop, generation)[-1], bias(loop, generation)[-1]
        return chdtr(n - 1, np.maximum(np.asarray(ratio) * (n - delta(loop)) / float(scale), 0))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=20), sampling_bias=0.9), 8),
            (gaussian_loop(Replace(n=[8, 12, 16, 20, 24]), dim=3, estimator="mle"), 5),
            (gaussian_loop(Replace(n=4), dim=5, sampling_bias=[0.9, 1.1, 0.8, 1.0], first=True), 4),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return more_bias(loop)

"""Least squares under replace: the test error grows by one fit's error per generation."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import digamma, polygamma

from madtheory.laws._hypotheses import REPLACE
from madtheory.laws._law import Law, one_point_more, running
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.laws._regression import FINITE, OLS, REDRAWN, REFITTED, features, noise_variance, noisier, regression_loop, sizes
from madtheory.loop import Loop
from madtheory.models import LinearRegression
from madtheory.schedules import Replace


def noise_path(loop: Loop, generations: int) -> Any:
    """(T+1,) E σ̂²_t of the labels' noise: a martingale with 1/(N−d), a factor 1 − d/n_t per generation with 1/N."""
    kept = jnp.ones(generations)
    if loop.model.noise == "refitted" and loop.estimator == "mle":  # type: ignore[attr-defined]
        kept = 1 - features(loop) / sizes(loop, generations)
    return noise_variance(loop) * jnp.concatenate([jnp.ones(1), jnp.cumprod(kept)])


class ReplaceRisk(Law):
    r"""E‖ŵ_t−w_0‖²_Σ = Σ_{k≤t} V_{k−1} d/(n_k−d−1), V the expected noise of the labels; for any Σ."""

    name = "replace-risk"
    observable = "risk"
    kind = "exact"
    family = LinearRegression
    statement = (
        r"\mathbb{E}\lVert\hat w_t-w_0\rVert_\Sigma^2=\sum_{k\le t}\frac{V_{k-1}\,d}{n_k-d-1},\qquad"
        r"V_k=\sigma^2\ \text{or}\ \sigma^2\prod_{j\le k}\bigl(1-\tfrac{d}{n_j}\bigr)"
    )
    source = "gerstgrasser2024, dohmatob2024"
    hypotheses = (REPLACE, OLS, REDRAWN, FINITE)

    def mean(self, loop: Loop, generations: int) -> Any:
        return running(noise_path(loop, generations)[:-1] * features(loop) / (sizes(loop, generations) - features(loop) - 1))

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.1)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (regression_loop(Replace(n=20), white=False), 6),
            (regression_loop(Replace(n=[20, 24, 30, 40]), d=5, noise="refitted", estimator="mle"), 4),
            (regression_loop(Replace(n=20), d=2, noise="refitted", design="reused"), 5),
        ]


class ReplaceNoiseVariance(Law):
    r"""E σ̂²_t = σ² with 1/(N−d), and σ² Π(1−d/n_k) with 1/N; a product of independent χ²_{n−d}."""

    name = "replace-noise-variance"
    observable = "noise_variance"
    kind = "exact"
    family = LinearRegression
    statement = (
        r"\hat\sigma_t^2=\sigma^2\prod_{k\le t}\frac{\chi^2_{n_k-d}}{n_k-\delta d},"
        r"\qquad\delta=1\ (\text{unbiased}),\ 0\ (\text{mle})"
    )
    source = "madtheory"
    hypotheses = (REPLACE, OLS, REFITTED)

    def mean(self, loop: Loop, generations: int) -> Any:
        return noise_path(loop, generations)

    def variance(self, loop: Loop, generations: int) -> Any:
        second = 1 + 2 / (sizes(loop, generations) - features(loop))
        return self.mean(loop, generations) ** 2 * (jnp.concatenate([jnp.ones(1), jnp.cumprod(second)]) - 1)

    def wrong(self, loop: Loop) -> Loop:
        return noisier(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return ReplaceLogNoiseVariance().cases()


class ReplaceLogNoiseVariance(Law):
    r"""log σ̂²_t is a random walk with log χ²_{n−d} steps: the univariate Gaussian loop with n−d instead of n−1."""

    name = "replace-log-noise-variance"
    observable = "log_noise_variance"
    kind = "exact"
    family = LinearRegression
    statement = (
        r"\mathbb{E}\log\hat\sigma_t^2=\log\sigma^2+\sum_{k\le t}\Bigl[\psi\bigl(\tfrac{n_k-d}{2}\bigr)"
        r"+\log\tfrac{2}{n_k-\delta d}\Bigr],"
        r"\qquad\operatorname{Var}\log\hat\sigma_t^2=\sum_{k\le t}\psi'\bigl(\tfrac{n_k-d}{2}\bigr)"
    )
    source = "madtheory"
    hypotheses = (REPLACE, OLS, REFITTED)

    def mean(self, loop: Loop, generations: int) -> Any:
        left = sizes(loop, generations) - features(loop)
        return running(digamma(left / 2) + jnp.log(2) + self._scale(loop, generations), jnp.log(noise_variance(loop)))

    def variance(self, loop: Loop, generations: int) -> Any:
        return running(polygamma(1, (sizes(loop, generations) - features(loop)) / 2))

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        if generation == 0:
            return None
        total = np.asarray(x) - float(jnp.log(noise_variance(loop)) + jnp.sum(self._scale(loop, generation)))
        return LogChiSquareSum(np.asarray(sizes(loop, generation)) - features(loop)).cdf(total)

    def wrong(self, loop: Loop) -> Loop:
        return noisier(loop)

    def _scale(self, loop: Loop, generations: int) -> Any:
        n = sizes(loop, generations)
        return -jnp.log(n - features(loop) if loop.estimator == "unbiased" else n)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (regression_loop(Replace(n=20), noise="refitted", white=False), 6),
            (regression_loop(Replace(n=[20, 24, 30, 40]), d=5, noise="refitted", estimator="mle"), 4),
        ]

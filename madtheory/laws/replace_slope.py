"""Linear structural models under replace: slopes are martingales whose variance grows exponentially.

A Gaussian with a free covariance is a linear structural model x_1 → x_2 → … in which every coordinate has all earlier ones as
parents. One generation draws Σ' = A W A'/(n−δ), W ~ Wishart_d(n−1, I): given the parents' scatter S_xx the slopes of the last
coordinate on its p = d − 1 parents are N(b, τ²S_xx⁻¹), and τ'² is an independent τ²χ²_{n−1−p}/(n−δ). As E S_xx⁻¹ is
Σ_xx⁻¹/(n−p−2), E τ²Σ_xx⁻¹ grows by (n−1−p)/(n−p−2) = 1 + 1/(n−p−2), and the slopes' covariance gains as much as it does.
Estimator and sampling bias cancel. (Residual variances that are unbiased, node by node, make another loop: (n−1)/(n−p−2).)
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._law import Hypothesis, Law, one_point_more
from madtheory.laws._replace import sizes, smallest
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth

PARENTS = Hypothesis("two dimensions or more", lambda loop: loop.dim > 1)
FINITE = Hypothesis("d + 2 points or more in every generation", lambda loop: smallest(loop) >= loop.dim + 2)
HYPOTHESES = (REPLACE, PARAMETRIC, PARENTS, FINITE)


def blocks(loop: Loop) -> tuple[Any, Any, Any]:
    """(d−1, d−1) Σ_xx, (d−1,) slopes b_0 and () residual variance τ_0² of the last coordinate."""
    covariance = jnp.asarray(loop.truth.covariance, dtype=jnp.float64)
    of_others, both = covariance[:-1, :-1], covariance[:-1, -1]
    slopes = jnp.linalg.solve(of_others, both)
    return of_others, slopes, covariance[-1, -1] - both @ slopes


def growth(loop: Loop, generations: int) -> Any:
    """(T+1,) ∏_k (n_k−d)/(n_k−d−1) − 1."""
    steps = jnp.asarray(np.log1p(1 / (sizes(loop, generations) - loop.dim - 1)))
    return jnp.expm1(jnp.concatenate([jnp.zeros(1), jnp.cumsum(steps)]))


class ReplaceSlope(Law):
    r"""E b_t = b_0 and Cov b_t = τ_0² Σ_xx⁻¹ [∏_k (n_k−d)/(n_k−d−1) − 1]; every n, estimator and sampling bias."""

    name = "replace-slope"
    observable = "slope"
    kind = "exact"
    statement = (
        r"\mathbb{E}b_t=b_0,\qquad\operatorname{Cov}b_t=\tau_0^2\Sigma_{xx}^{-1}"
        r"\Bigl[\prod_{k\le t}\frac{n_k-d}{n_k-d-1}-1\Bigr],\qquad b=\Sigma_{xx}^{-1}\Sigma_{xy}"
    )
    source = "muirhead1982, madtheory"
    hypotheses = HYPOTHESES

    def mean(self, loop: Loop, generations: int) -> Any:
        slopes = blocks(loop)[1]
        return jnp.broadcast_to(slopes, (generations + 1, len(slopes)))

    def variance(self, loop: Loop, generations: int) -> Any:
        of_others, _, residual = blocks(loop)
        return residual * growth(loop, generations)[:, None] * jnp.diagonal(jnp.linalg.inv(of_others))

    def wrong(self, loop: Loop) -> Loop:
        """Slopes a tenth smaller."""
        apart = np.ones((loop.dim, loop.dim))
        apart[-1, :-1] = apart[:-1, -1] = 0.9
        return eqx.tree_at(lambda lo: lo.truth.covariance, loop, loop.truth.covariance * apart)

    def cases(self) -> list[tuple[Loop, int]]:
        return cases()


class ReplaceSlopeRisk(Law):
    r"""E (b_t−b_0)'Σ_xx(b_t−b_0) = τ_0²(d−1) [∏_k (n_k−d)/(n_k−d−1) − 1]: exponential, while the mean covariance stays."""

    name = "replace-slope-risk"
    observable = "slope_risk"
    kind = "exact"
    statement = (
        r"\mathbb{E}\lVert b_t-b_0\rVert_{\Sigma_{xx}}^2=\tau_0^2(d-1)\Bigl[\prod_{k\le t}\frac{n_k-d}{n_k-d-1}-1\Bigr],"
        r"\qquad\tau_0^2=\Sigma_{yy}-\Sigma_{yx}\Sigma_{xx}^{-1}\Sigma_{xy}"
    )
    source = "muirhead1982, madtheory"
    hypotheses = HYPOTHESES

    def mean(self, loop: Loop, generations: int) -> Any:
        return blocks(loop)[2] * (loop.dim - 1) * growth(loop, generations)

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.1)

    def cases(self) -> list[tuple[Loop, int]]:
        return cases()


def structural_loop(n: Any, dim: int = 2, estimator: str = "unbiased", sampling_bias: Any = 1.0) -> Loop:
    """A Gaussian replace loop with correlated coordinates."""
    covariance = np.diag(np.arange(1.0, dim + 1)) + 0.6
    truth = Truth(mean=np.zeros(dim), covariance=covariance)
    return Loop(model=Gaussian(dim=dim), truth=truth, schedule=Replace(n=n), sampling_bias=sampling_bias,
                bias_first_generation=False, estimator=estimator)  # fmt: skip


def cases() -> list[tuple[Loop, int]]:
    """Two coordinates and three; both estimators, with and without a sampling bias."""
    return [
        (structural_loop(20), 5),
        (structural_loop([24, 30, 26, 40], 3, "mle", 0.8), 4),
    ]

"""Variance and drift of kernel density estimates, the bootstrap loop and mixtures, under any schedule of whole batches."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.laws._hypotheses import WHOLE_BATCHES
from madtheory.laws._law import Law, one_point_more
from madtheory.laws._points import mixture_loop, points_loop, second_moments
from madtheory.loop import Loop
from madtheory.models import KDE, Bootstrap, Mixture, OfPoints
from madtheory.schedules import Accumulate, FixedReal, Fresh, Replace, Weighted


class PointsVariance(Law):
    r"""The quenched variance of a draw: V_{t+1} = (1−1/n)V_t + h² under replace, which tends to n h².

    With a bandwidth h = c s that follows the data it is (1+c²)(1−1/n)V_t: it explodes unless c² ≤ 1/(n−1).
    """

    name = "points-variance"
    observable = "variance"
    kind = "exact"
    family = (OfPoints, Mixture)
    recursive = True
    statement = (
        r"V_t=\kappa_t\Bigl[\sum_ew_{te}\bigl(V_{k(e)}(1-1/n_e)+B_{ee}\bigr)-P_{tt}\Bigr]+\sigma_K^2h^2,\qquad"
        r"\kappa_t=1\text{ or }1+\sigma_K^2c_t^2,\qquad V_\infty=n\sigma_K^2h^2\ (\text{replace})"
    )
    source = "kazdan2024"
    hypotheses = (WHOLE_BATCHES,)

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.5)

    def mean(self, loop: Loop, generations: int) -> Any:
        return second_moments(loop, generations).variance

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (points_loop(KDE(bandwidth=0.4), Replace(n=8)), 20),
            (points_loop(KDE(dim=2, relative=0.3, kernel="epanechnikov"), Accumulate(n=8)), 8),
            (points_loop(KDE(bandwidth="scott"), Weighted(n_real=6, n_synthetic=6, weight=0.4)), 6),
            (points_loop(Bootstrap(), Replace(n=8)), 8),
            (mixture_loop(FixedReal(n_real=12, n_synthetic=12)), 6),
        ]


class PointsDrift(Law):
    r"""E‖mean_t − μ_0‖²: the rest of the marginal (annealed) variance, S_0 + t h² under replace, is the drift of the centre."""

    name = "points-drift"
    observable = "mean_square_drift"
    kind = "exact"
    family = (OfPoints, Mixture)
    recursive = True
    statement = r"\mathbb{E}\lVert m_t-\mu_0\rVert^2=d\,P_{tt},\qquad P_{t+1,t+1}=P_{tt}+V_t/n\ (\text{replace})"
    source = "kazdan2024"
    hypotheses = (WHOLE_BATCHES,)

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.5)

    def mean(self, loop: Loop, generations: int) -> Any:
        return loop.dim * jnp.diagonal(second_moments(loop, generations).mean)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (points_loop(KDE(bandwidth=0.4), Replace(n=8)), 12),
            (points_loop(KDE(dim=2, bandwidth="silverman"), Fresh(n_real=6, n_synthetic=6)), 6),
            (points_loop(Bootstrap(), Accumulate(n=8)), 8),
            (mixture_loop(Replace(n=12)), 6),
        ]


class PointsMarginalVariance(Law):
    r"""The annealed variance, over models and draws: S_0 + t h² under replace, S_0 + h² Σ 1/k under accumulate.

    Where the quenched one stops at n h², all the rest is the drift of the centre.
    """

    name = "points-marginal-variance"
    observable = "marginal_variance"
    kind = "exact"
    family = OfPoints
    recursive = True
    statement = (
        r"V_t+P_{tt}=S_0+t\,\sigma_K^2h^2\ (\text{replace}),\qquad"
        r"S_0+\sigma_K^2h^2\sum_{k\le t}\tfrac1k\ (\text{accumulate})"
    )
    source = "kazdan2024"
    hypotheses = (WHOLE_BATCHES,)

    def mean(self, loop: Loop, generations: int) -> Any:
        mean, variance = second_moments(loop, generations)
        return variance + jnp.diagonal(mean)

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.truth.covariance, loop, 1.2 * loop.truth.covariance)  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (points_loop(KDE(bandwidth=0.4), Replace(n=8)), 12),
            (points_loop(KDE(dim=2, bandwidth=0.6), Accumulate(n=8)), 8),
            (points_loop(KDE(relative=0.3), Fresh(n_real=6, n_synthetic=6)), 6),
        ]

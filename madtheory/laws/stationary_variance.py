"""Where the variance of a mixed loop settles."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import MIXED, mix, stationary
from madtheory.laws._second_moments import trace
from madtheory.loop import Loop
from madtheory.schedules import FixedReal, Fresh, Weighted


class StationaryVariance(Quantity):
    r"""Fixed point of the recursion of E Σ_t and Cov μ_t, exact at every n, for both estimators and any sampling bias."""

    name = "stationary-variance"
    observable = "stationary_variance"
    kind = "exact"
    statement = (
        r"V = \kappa\,\frac{w(1-P_0)}{1-\kappa(u\lambda-w\rho)},\quad P_0=\frac{w^2/n_r}{1-u^2}\ (\text{redrawn}),"
        r"\ P_0=\tfrac1{n_r}\ (\text{reused}),"
        r"\quad \rho=\frac{u^2\lambda/n_s}{1-u^2},\quad u=1-w"
    )
    source = "madtheory"
    hypotheses = (MIXED,)

    def value(self, loop: Loop) -> Any:
        return stationary(mix(loop)).scale * trace(loop) / loop.dim

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Fresh(n_real=40, n_synthetic=80), sampling_bias=0.8), 1),
            (gaussian_loop(FixedReal(n_real=40, n_synthetic=80), dim=2, estimator="mle", sampling_bias=0.9), 1),
            (gaussian_loop(Weighted(n_real=40, n_synthetic=40, weight="golden"), dim=2), 1),
        ]

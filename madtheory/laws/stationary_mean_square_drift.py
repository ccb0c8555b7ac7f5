"""Where the mean of a mixed loop settles."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import MIXED, mix, stationary
from madtheory.laws._second_moments import trace
from madtheory.loop import Loop
from madtheory.schedules import FixedReal, Fresh, Weighted


class StationaryMeanSquareDrift(Quantity):
    r"""E‖μ_∞−μ_0‖² = tr Σ_0 (P_0 + ρV), exact at every n; with the mle and λ = 1 it is 1/(n_r(1+a)+a) for pooled fresh data."""

    name = "stationary-mean-square-drift"
    observable = "stationary_mean_square_drift"
    kind = "exact"
    statement = r"\mathbb{E}\lVert\mu_\infty-\mu_0\rVert^2 = \operatorname{tr}\Sigma_0\,(P_0+\rho V)"
    source = "madtheory"
    hypotheses = (MIXED,)

    def value(self, loop: Loop) -> Any:
        return stationary(mix(loop)).drift * trace(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Fresh(n_real=40, n_synthetic=80), sampling_bias=0.8), 1),
            (gaussian_loop(FixedReal(n_real=40, n_synthetic=80), dim=2, estimator="mle", sampling_bias=0.9), 1),
            (gaussian_loop(Weighted(n_real=40, n_synthetic=40, weight="golden"), dim=2), 1),
        ]

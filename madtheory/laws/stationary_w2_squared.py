"""Where the distance of a mixed loop to the truth settles."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import MIXED, limit_w2_squared, mix
from madtheory.loop import Loop
from madtheory.schedules import FixedReal, Fresh, Weighted


class StationaryW2Squared(Quantity):
    r"""E W₂² of the limit point to first order in 1/n: bias of the scale, drift of the mean and spread of the shape."""

    name = "stationary-w2-squared"
    observable = "stationary_w2_squared"
    kind = "first_order"
    statement = (
        r"\mathbb{E}W_2^2 = \operatorname{tr}\Sigma_0\bigl[P+(1-\sqrt V)^2\bigr]+\frac{\Phi}{2V^{3/2}}"
        r"\sum_{i,j}\frac{(1+\delta_{ij})l_il_j}{l_i+l_j},"
        r"\qquad \Phi=\frac{w^2/n_r+u^2\lambda^2V^2/n_s}{1-u^2\lambda^2}\ (\text{redrawn})"
    )
    source = "madtheory"
    hypotheses = (MIXED, PARAMETRIC)

    def value(self, loop: Loop) -> Any:
        return limit_w2_squared(loop, mix(loop))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Fresh(n_real=40, n_synthetic=80), sampling_bias=0.8), 1),
            (gaussian_loop(FixedReal(n_real=40, n_synthetic=80), dim=2, estimator="mle", sampling_bias=0.9), 1),
            (gaussian_loop(Weighted(n_real=40, n_synthetic=40, weight="golden"), dim=2), 1),
        ]

"""How many real points a mixed loop is worth."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import MIXED, limit_w2_squared, mix, real_only_w2_squared
from madtheory.loop import Loop
from madtheory.schedules import FixedReal, Fresh, Weighted


class EffectiveSampleSize(Quantity):
    r"""n_e, the size of a real-only fit with the same E W₂² as the limit point.

    With pooled fresh data and λ = 1 it is n_r(1+a): synthetic data help, but never more than double.
    """

    name = "effective-sample-size"
    observable = "effective_sample_size"
    kind = "first_order"
    statement = (
        r"n_e=\frac{\operatorname{tr}\Sigma_0+\frac12\sum_{ij}(1+\delta_{ij})\frac{l_il_j}{l_i+l_j}}{\mathbb{E}W_2^2(\infty)},\qquad"
        r"\frac{n_e}{n_r}\to1+\frac{n_s}{n_r+n_s}\ (\text{fresh},\ \lambda=1)"
    )
    source = "alemohammad2024"
    hypotheses = (MIXED, PARAMETRIC)

    def value(self, loop: Loop) -> Any:
        return real_only_w2_squared(loop) / limit_w2_squared(loop, mix(loop))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Fresh(n_real=40, n_synthetic=80), sampling_bias=0.8), 1),
            (gaussian_loop(FixedReal(n_real=40, n_synthetic=80), dim=2, estimator="mle", sampling_bias=0.9), 1),
            (gaussian_loop(Weighted(n_real=40, n_synthetic=40, weight="golden"), dim=2), 1),
        ]

"""How far the mean of a Morris family drifts under any schedule of whole batches."""

from __future__ import annotations

from typing import Any

from madtheory.laws._hypotheses import WHOLE_BATCHES
from madtheory.laws._law import Law
from madtheory.laws._mean_parameters import NO_PRIOR, curvature, diffusion, start
from madtheory.laws._morris_cases import mean_loop
from madtheory.loop import Loop
from madtheory.models import Bernoulli, Gamma, Morris, NormalMean
from madtheory.schedules import Fresh, Weighted, Window


class MeanParameterDrift(Law):
    r"""E(η_t−η_0)² = V(η_0) P_tt, with the batch recursion closed by E V(η_s) = V(η_0)(1 + v_2 P_ss)."""

    name = "mean-parameter-drift"
    observable = "mean_square_drift"
    kind = "exact"
    family = Morris
    recursive = True
    statement = (
        r"\mathbb{E}(\eta_t-\eta_0)^2=V(\eta_0)P_{tt},\qquad"
        r"P_{tt}=\sum_e h_{te}^2\,\frac{\lambda_e}{n_e}\,\bigl(1+v_2P_{k(e)k(e)}\bigr)"
    )
    source = "morris1982"
    hypotheses = (WHOLE_BATCHES, NO_PRIOR)

    def mean(self, loop: Loop, generations: int) -> Any:
        return start(loop) * diffusion(loop, generations, curvature(loop))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Bernoulli(trials=3), 1.2, Fresh(n_real=6, n_synthetic=9)), 10),
            (mean_loop(Gamma(shape=2.0), 3.0, Weighted(n_real=8, n_synthetic=16, weight="golden")), 8),
            (mean_loop(NormalMean(known_variance=2.0), 0.5, Window(n=9, window=3), sampling_bias=0.8), 8),
        ]

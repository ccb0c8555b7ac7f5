"""The variance of a point of a Morris family under any schedule of whole batches."""

from __future__ import annotations

from typing import Any

from madtheory.laws._hypotheses import WHOLE_BATCHES
from madtheory.laws._law import Hypothesis, Law
from madtheory.laws._mean_parameters import NO_PRIOR, curvature, diffusion, start
from madtheory.laws._morris_cases import mean_loop
from madtheory.loop import Loop
from madtheory.models import Bernoulli, Exponential, HyperbolicSecant, Morris
from madtheory.schedules import Accumulate, Fresh, Replace

CURVED = Hypothesis("a variance function that is not linear", lambda loop: float(loop.model.quadratic[2]) != 0)  # type: ignore[attr-defined]


class MeanParameterVariance(Law):
    r"""E V(η_t) = V(η_0)(1 + v_2 P_tt): points of both signs of v_2 lose or gain variance as the mean drifts."""

    name = "mean-parameter-variance"
    observable = "variance"
    kind = "exact"
    family = Morris
    recursive = True
    statement = r"\mathbb{E}V(\eta_t)=V(\eta_0)\,\bigl(1+v_2P_{tt}\bigr)"
    source = "morris1982"
    hypotheses = (WHOLE_BATCHES, NO_PRIOR, CURVED)

    def mean(self, loop: Loop, generations: int) -> Any:
        v2 = curvature(loop)
        return start(loop) * (1 + v2 * diffusion(loop, generations, v2))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Bernoulli(), 0.3, Replace(n=[10, 12, 8, 9])), 4),
            (mean_loop(Exponential(), 2.0, Accumulate(n=10)), 8),
            (mean_loop(HyperbolicSecant(convolution=2.0), 0.7, Fresh(n_real=6, n_synthetic=9)), 6),
        ]

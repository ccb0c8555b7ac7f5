"""E Σ_t under any schedule: the batch recursion."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._fourth_moments import TWO_BATCHES, two_batches
from madtheory.laws._hypotheses import WHOLE_BATCHES
from madtheory.laws._law import Law
from madtheory.laws._second_moments import exact_path, trace
from madtheory.loop import Loop
from madtheory.models import Gaussian, MultivariateStudent
from madtheory.schedules import FixedReal, Fresh, Weighted, Window


class CompositionVariance(Law):
    r"""E Σ_t = V_t Σ_0, in every dimension, for both estimators and any sampling bias per batch."""

    name = "composition-variance"
    observable = "variance"
    kind = "exact"
    family = (Gaussian, MultivariateStudent)
    recursive = True
    statement = (
        r"V_t = \kappa_t\Bigl[\sum_e w_{te}\bigl(\lambda_e V_{k(e)}(1-1/n_e)+B_{ee}\bigr) - P_{tt}\Bigr],\qquad"
        r"B_{ef}=\sum_g w_{k(e)g}B_{gf},\quad B_{ee}=P_{k(e)k(e)}+\lambda_e V_{k(e)}/n_e,\quad P=wBw^\top"
    )
    source = "madtheory"
    hypotheses = (WHOLE_BATCHES,)

    def mean(self, loop: Loop, generations: int) -> Any:
        return exact_path(loop, generations)[0] * trace(loop) / loop.dim

    def variance(self, loop: Loop, generations: int) -> Any:
        if not (isinstance(loop.model, Gaussian) and TWO_BATCHES.holds(loop)):
            return None
        joint = two_batches(loop, generations)
        return trace(loop) ** 2 * (joint.variance_square - joint.variance**2)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Fresh(n_real=6, n_synthetic=9), sampling_bias=0.8), 12),
            (gaussian_loop(FixedReal(n_real=6, n_synthetic=[9, 8, 7, 6]), dim=2, estimator="mle"), 4),
            (gaussian_loop(Weighted(n_real=5, n_synthetic=10, weight="golden"), sampling_bias=1.1), 8),
            (gaussian_loop(Window(n=9, window=3, n_real=4), estimator="mle", sampling_bias=0.9, first=True), 8),
        ]

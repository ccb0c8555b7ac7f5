"""E‖μ_t − μ_0‖² under any schedule: the batch recursion."""

from __future__ import annotations

from typing import Any

from madtheory.laws._fourth_moments import TWO_BATCHES, two_batches
from madtheory.laws._hypotheses import WHOLE_BATCHES
from madtheory.laws._law import Law
from madtheory.laws._second_moments import exact_path, trace
from madtheory.laws.composition_variance import CompositionVariance
from madtheory.loop import Loop
from madtheory.models import Gaussian, MultivariateStudent


class CompositionMeanSquareDrift(Law):
    r"""E‖μ_t − μ_0‖² = tr(Σ_0) P_tt, with P from the same linear system as E Σ_t."""

    name = "composition-mean-square-drift"
    observable = "mean_square_drift"
    kind = "exact"
    family = (Gaussian, MultivariateStudent)
    recursive = True
    statement = r"\mathbb{E}\lVert\mu_t-\mu_0\rVert^2 = \operatorname{tr}(\Sigma_0)\,w_t^\top B\,w_t"
    source = "madtheory"
    hypotheses = (WHOLE_BATCHES,)

    def mean(self, loop: Loop, generations: int) -> Any:
        return exact_path(loop, generations)[1] * trace(loop)

    def variance(self, loop: Loop, generations: int) -> Any:
        if not (isinstance(loop.model, Gaussian) and TWO_BATCHES.holds(loop)):
            return None
        joint = two_batches(loop, generations)
        return trace(loop) ** 2 * (joint.mean_fourth - joint.mean_square**2)

    def cases(self) -> list[tuple[Loop, int]]:
        return CompositionVariance().cases()

"""Mean and variance of any loop with a sampler or a curation, where the batches are large."""

from __future__ import annotations

from typing import Any

import equinox as eqx

from madtheory.curation import BestOf, Preference, Tilt, TopShare
from madtheory.laws._hypotheses import PARAMETRIC, UNIVARIATE, WHOLE_BATCHES
from madtheory.laws._law import Hypothesis, Law, float64, one_point_more
from madtheory.laws._steered import STEERED, large_sample_path, steered_loop
from madtheory.loop import Loop
from madtheory.samplers import Ancestral, FlowMatching, ProbabilityFlow
from madtheory.schedules import Accumulate, Fresh, Replace

MOVES = Hypothesis("a mean that moves", lambda loop: _moves(loop))


@float64
def _moves(loop: Loop) -> bool:
    return abs(large_sample_path(loop, 2)[2, 0] - float(loop.truth.mean[0])) > 1e-9


class SteeredVariance(Law):
    r"""Var_t of the mixture of what every source becomes on its way into the training set, up to O(1/n).

    v_t = Σ_e w_te [v'_e + (m'_e − m_t)²] with m_t = Σ_e w_te m'_e and (m', v') the mean and variance of what sampler, sampling
    bias and curation leave of N(m, v). Truncation gives the breeder's equation, best-of-K order statistics.
    """

    name = "steered-variance"
    observable = "variance"
    kind = "first_order"
    steered = True
    differentiable = False
    statement = r"v_t=\sum_e w_{te}\bigl[v'_e+(m'_e-m_t)^2\bigr]+O(1/n),\qquad m_t=\sum_e w_{te}m'_e"
    source = "ferbach2024, bulmer1971"
    hypotheses = (UNIVARIATE, STEERED, WHOLE_BATCHES, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        return large_sample_path(loop, generations)[:, 1]

    def wrong(self, loop: Loop) -> Loop:
        return nearby(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        flow = ProbabilityFlow(12, 20.0, 0.05)
        return [
            (steered_loop(Replace(n=60), curation=Preference(candidates=2, direction=[0.7])), 3),
            (steered_loop(Replace(n=60), sampler=flow), 3),
            (steered_loop(Fresh(n_real=40, n_synthetic=60), curation=Tilt(direction=[0.3])), 3),
            (steered_loop(Replace(n=60), curation=TopShare(share=0.5, direction=[1.0])), 2),
            (steered_loop(Accumulate(n=50), sampler=FlowMatching(8), curation=BestOf(candidates=3, novelty=1.0)), 3),
            (steered_loop(Fresh(n_real=30, n_synthetic=60), sampler=Ancestral(10, 10.0, 0.1),
                          curation=Preference(candidates=4, centre=[0.2], strength=0.8)), 3),
        ]  # fmt: skip


class SteeredMeanSquareDrift(Law):
    r"""(m_t − μ_0)² of the same path."""

    name = "steered-mean-square-drift"
    observable = "mean_square_drift"
    kind = "first_order"
    steered = True
    differentiable = False
    statement = r"\lVert\mu_t-\mu_0\rVert^2=(m_t-\mu_0)^2+O(1/n)"
    source = "ferbach2024, bulmer1971"
    hypotheses = (UNIVARIATE, STEERED, WHOLE_BATCHES, PARAMETRIC, MOVES)

    def mean(self, loop: Loop, generations: int) -> Any:
        path = large_sample_path(loop, generations)[:, 0]
        return (path - path[0]) ** 2

    def wrong(self, loop: Loop) -> Loop:
        return nearby(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (steered_loop(Fresh(n_real=60, n_synthetic=60), curation=BestOf(candidates=4, centre=[2.0], strength=1.0)), 3),
            (steered_loop(Replace(n=60), curation=TopShare(share=0.3, direction=[-1.0])), 3),
        ]


def nearby(loop: Loop) -> Loop:
    """The loop with its synthetic draws a tenth wider; a share of points more would change nothing here."""
    return eqx.tree_at(lambda lo: lo.sampling_bias, one_point_more(loop), loop.sampling_bias * 1.1)

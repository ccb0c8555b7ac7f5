"""Laws of few factors under any schedule: their distance to the real law counts the free parameters, and nothing else."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import gammainc

from madtheory.laws._fluctuations import schedule_covariance
from madtheory.laws._hypotheses import PARAMETRIC
from madtheory.laws._law import Hypothesis, Law, one_point_more
from madtheory.loop import Loop
from madtheory.models import ProbabilisticPCA
from madtheory.schedules import Accumulate, Replace, Schedule
from madtheory.truth import Truth

EQUAL = 1e-9  # relative: smallest eigenvalues that differ by less are the noise


def _has_factors(loop: Any) -> bool:
    """Whether the real law has q factors that stand out from noise that is equal in all other directions."""
    values, noise = np.linalg.eigvalsh(loop.truth.covariance), loop.model.dim - loop.model.factors
    return bool(np.ptp(values[:noise]) <= EQUAL * values[-1] and values[noise] > (1 + EQUAL) * values[noise - 1])


WELL_SPECIFIED = Hypothesis("a real law of as many factors and equal noise", _has_factors)


class FirstOrderFactorEntropy(Law):
    r"""2n KL(p_t‖p_0)/A_t is χ² with as many degrees of freedom as a law of q factors has parameters."""

    name = "first-order-factor-entropy"
    observable = "kl_reverse"
    kind = "first_order"
    family = ProbabilisticPCA
    recursive = True
    differentiable = False
    statement = (
        r"\mathbb{E}\,\mathrm{KL}(p_t\Vert p_0)=\frac{kA_t}{2n}+O(n^{-2}),\qquad"
        r"\frac{2n}{A_t}\mathrm{KL}(p_t\Vert p_0)\Rightarrow\chi^2_k,\qquad k=d+dq-\tfrac12q(q-1)+1"
    )
    source = "tipping1999, deydonoho2024, madtheory"
    hypotheses = (PARAMETRIC, WELL_SPECIFIED)

    def mean(self, loop: Loop, generations: int) -> Any:
        return 0.5 * parameters(loop) * jnp.diagonal(schedule_covariance(loop, generations))

    def variance(self, loop: Loop, generations: int) -> Any:
        return 0.5 * parameters(loop) * jnp.diagonal(schedule_covariance(loop, generations)) ** 2

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        inflation = float(schedule_covariance(loop, generation)[generation, generation])
        if inflation == 0:
            return (np.asarray(x) >= 0).astype(float)
        return gammainc(parameters(loop) / 2, np.maximum(x, 0) / inflation)

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.25)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(factor_loop(Replace(n=50)), 3), (factor_loop(Accumulate(n=60), factors=2), 4)]


def parameters(loop: Any) -> int:
    """k."""
    return loop.model.parameters


def factor_loop(schedule: Schedule, factors: int = 1, dim: int = 4) -> Loop:
    """A loop of factors far above the noise."""
    strength = np.linspace(2.0, 1.5, factors)
    axes = np.linalg.qr(np.vander(np.arange(1.0, dim + 1), factors, increasing=True))[0]
    covariance = 0.3 * np.eye(dim) + (axes * strength) @ axes.T
    truth = Truth(mean=np.linspace(-1, 1, dim), covariance=(covariance + covariance.T) / 2)
    return Loop(model=ProbabilisticPCA(dim=dim, factors=factors), truth=truth, schedule=schedule, bias_first_generation=False,
                estimator="mle")  # fmt: skip

"""The drift of a Morris family's mean under replace and accumulate, written out."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import ACCUMULATE, NO_BIAS, NO_INITIAL_SIZE, REPLACE
from madtheory.laws._law import Hypothesis, Law, running
from madtheory.laws._mean_parameters import NO_PRIOR, curvature, grown, start
from madtheory.laws._morris_cases import mean_loop
from madtheory.laws._replace import sizes
from madtheory.loop import Loop
from madtheory.models import Bernoulli, Gamma, Morris, NegativeBinomial, Poisson
from madtheory.schedules import Accumulate, Replace


class MeanParameterReplace(Law):
    r"""E(η_t−η_0)² = (V(η_0)/v_2) [∏(1+v_2/n_k) − 1], and V(η_0) Σ 1/n_k where v_2 = 0."""

    name = "mean-parameter-replace"
    observable = "mean_square_drift"
    kind = "exact"
    family = Morris
    statement = r"\mathbb{E}(\eta_t-\eta_0)^2=\frac{V(\eta_0)}{v_2}\Bigl[\prod_{k\le t}\Bigl(1+\frac{v_2}{n_k}\Bigr)-1\Bigr]"
    source = "morris1982"
    hypotheses = (REPLACE, NO_PRIOR, NO_BIAS)

    def mean(self, loop: Loop, generations: int) -> Any:
        return start(loop) * products(loop, 1 / sizes(loop, generations))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Bernoulli(), 0.3, Replace(n=10)), 12),
            (mean_loop(Poisson(), 3.0, Replace(n=[10, 12, 8, 9])), 4),
            (mean_loop(NegativeBinomial(successes=2.5), 3.0, Replace(n=25)), 8),
        ]


class MeanParameterAccumulate(Law):
    r"""E(η_t−η_0)² = (V(η_0)/v_2) [∏(1+v_2/(n k²)) − 1] with batches of n: it converges."""

    name = "mean-parameter-accumulate"
    observable = "mean_square_drift"
    kind = "exact"
    family = Morris
    statement = r"\mathbb{E}(\eta_t-\eta_0)^2=\frac{V(\eta_0)}{v_2}\Bigl[\prod_{k\le t}\Bigl(1+\frac{v_2}{nk^2}\Bigr)-1\Bigr]"
    source = "deydonoho2024"
    hypotheses = (
        ACCUMULATE,
        Hypothesis("one sample size for all generations", lambda loop: np.ndim(loop.schedule.n) == 0),  # type: ignore[attr-defined]
        NO_INITIAL_SIZE,
        NO_PRIOR,
        NO_BIAS,
    )

    def mean(self, loop: Loop, generations: int) -> Any:
        k = np.arange(1, generations + 1)
        return start(loop) * products(loop, 1 / (float(loop.schedule.n) * k**2))  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Gamma(shape=2.0), 3.0, Accumulate(n=8)), 12),
            (mean_loop(Poisson(), 3.0, Accumulate(n=8)), 12),
        ]


def products(loop: Loop, steps: np.ndarray) -> Any:
    """(T+1,) [∏(1 + v_2 step_k) − 1]/v_2."""
    v2 = curvature(loop)
    return grown(running(jnp.log1p(v2 * steps)), v2, running(steps))

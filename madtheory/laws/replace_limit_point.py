"""Where the mean of the replace loop ends: a Student law."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import stdtr

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import CONSTANT_SIZE, PARAMETRIC, REPLACE, UNIVARIATE
from madtheory.laws._law import Hypothesis, Quantity, float64
from madtheory.laws._replace import CONSTANT_BIAS, delta, more_bias, trace
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceLimitPoint(Quantity):
    r"""μ_∞−μ_0 as n → ∞ with n(1−λ) fixed: σ_0 times Brownian motion run for ∫S ds = S_0/Gamma(b,1) (Dufresne 1990).

    b = 1 + n(1−λ) for unbiased fits (Student t_2 at λ = 1), 2 + n(1−λ) for the mle (t_4/√2). Errors are O(1/n).
    """

    name = "replace-limit-point"
    observable = "limit_point"
    kind = "limit"
    statement = r"\frac{\mu_\infty-\mu_0}{\sigma_0} \sim \frac{t_{2b}}{\sqrt b},\qquad b = 2-\delta+n(1-\lambda)"
    source = "dufresne1990, madtheory"
    hypotheses = (
        REPLACE,
        UNIVARIATE,
        CONSTANT_SIZE,
        CONSTANT_BIAS,
        PARAMETRIC,
        Hypothesis("2 - delta + n(1 - sampling_bias) above 0", float64(lambda loop: float(shape(loop)) > 0)),
    )

    def value(self, loop: Loop) -> Any:
        """σ_0/√b, the scale of the Student law with 2b degrees of freedom (units of the data)."""
        return jnp.sqrt(trace(loop) / shape(loop))

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray:
        """P(μ_∞ − μ_0 ≤ x); the generation does not matter."""
        return stdtr(2 * float(shape(loop)), np.asarray(x) / float(self.value(loop)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=100)), 1000),
            (gaussian_loop(Replace(n=100), estimator="mle"), 800),
            (gaussian_loop(Replace(n=100), sampling_bias=0.98), 800),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return more_bias(loop, 1 - 1 / float(loop.schedule.n))  # type: ignore[attr-defined]


def shape(loop: Loop) -> Any:
    """b: the drift of log S against its noise, per n generations."""
    return 2 - delta(loop) + float(loop.schedule.n) * (1 - jnp.asarray(loop.sampling_bias, dtype=jnp.float64))  # type: ignore[attr-defined]

"""How heavy the tail of the limit point of the mean is under replace."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._gamma import log_rising, log_rising_slope
from madtheory.laws._hypotheses import CONSTANT_SIZE, PARAMETRIC, REPLACE, UNIVARIATE
from madtheory.laws._law import Hypothesis, Quantity, float64
from madtheory.laws._replace import CONSTANT_BIAS, TWO_POINTS, delta, more_bias
from madtheory.laws.replace_bias_threshold import collapses
from madtheory.loop import Loop
from madtheory.schedules import Replace

COLLAPSE = Hypothesis("sampling_bias below the collapse threshold", float64(collapses))


class ReplaceTailIndex(Quantity):
    r"""P(|μ_∞−μ_0| > x) ~ C x^{−κ}; κ = 2 for unbiased fits with λ = 1 at every n, so E μ_∞² is infinite."""

    name = "replace-tail-index"
    observable = "tail_index"
    kind = "exact"
    statement = r"\mathbb{E}\Bigl[\Bigl(\frac{\lambda\chi^2_{n-1}}{n-\delta}\Bigr)^{\kappa/2}\Bigr] = 1,\qquad \kappa>0"
    source = "kesten1973"
    hypotheses = (REPLACE, UNIVARIATE, CONSTANT_SIZE, CONSTANT_BIAS, TWO_POINTS, PARAMETRIC, COLLAPSE)

    def value(self, loop: Loop) -> Any:
        """One Newton step in differentiable arithmetic from the root found by bracketing."""
        half, rate = (float(loop.schedule.n) - 1) / 2, log_mean_ratio(loop)  # type: ignore[attr-defined]
        root = positive_root(half, float(jax.lax.stop_gradient(rate)))
        residual = root * rate + log_rising(half, root)
        return 2 * (root - residual / jax.lax.stop_gradient(rate + log_rising_slope(half, root)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=10), sampling_bias=0.9), 1),
            (gaussian_loop(Replace(n=20), estimator="mle"), 1),
            (gaussian_loop(Replace(n=10)), 1),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return more_bias(loop, 0.95)


def log_mean_ratio(loop: Loop) -> Any:
    """log of E S_t/S_{t−1} for constant n and λ."""
    n, d = float(loop.schedule.n), delta(loop)  # type: ignore[attr-defined]
    return jnp.log(jnp.asarray(loop.sampling_bias, dtype=jnp.float64)) + jnp.log1p((d - 1) / (n - d))


def positive_root(half: float, rate: float) -> float:
    """θ > 0 with θ rate + log Γ(half+θ) − log Γ(half) − θ log half = 0; the function is convex and falls at 0."""

    def slope(s: float) -> float:
        return rate + digamma(half + s) - np.log(half)

    def value(s: float) -> float:
        return s * rate + gammaln(half + s) - gammaln(half) - s * np.log(half)

    lowest: Any = brentq(slope, 0, _beyond(slope, 1.0))
    root: Any = brentq(value, lowest, _beyond(value, 2 * lowest), xtol=1e-13)
    return float(root)


def _beyond(function: Any, start: float) -> float:
    """A point where a function that grows without limit is positive."""
    return start if function(start) > 0 else _beyond(function, 2 * start)

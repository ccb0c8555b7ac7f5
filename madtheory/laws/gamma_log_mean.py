"""The scale of gamma and exponential models under replace: a random walk of its logarithm, with the whole distribution."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import digamma, polygamma

from madtheory.laws._hypotheses import REPLACE
from madtheory.laws._law import Law, running
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.laws._mean_parameters import NO_PRIOR
from madtheory.laws._morris_cases import mean_loop
from madtheory.laws._replace import sizes
from madtheory.loop import Loop
from madtheory.models import Exponential, Gamma, Scale
from madtheory.schedules import Replace


class GammaLogMean(Law):
    r"""log η_t = log η_0 + Σ_k log(χ²_{2αn_k}/(2αn_k)), all terms independent."""

    name = "gamma-log-mean"
    observable = "log_mean"
    kind = "exact"
    family = Scale
    statement = (
        r"\mathbb{E}\log\eta_t=\log\eta_0+\sum_{k\le t}\bigl[\psi(\alpha n_k)-\log(\alpha n_k)\bigr],\qquad"
        r"\operatorname{Var}\log\eta_t=\sum_{k\le t}\psi'(\alpha n_k)"
    )
    source = "morris1982"
    hypotheses = (REPLACE, NO_PRIOR)

    def mean(self, loop: Loop, generations: int) -> Any:
        a = _shapes(loop, generations)
        return jnp.log(loop.truth.mean) + running(digamma(a) - np.log(a))

    def variance(self, loop: Loop, generations: int) -> Any:
        return running(polygamma(1, _shapes(loop, generations)))

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray:
        walk, offset = _walk(loop, generation)
        return walk.cdf(np.asarray(x) - offset)

    def quantile(self, loop: Loop, generation: int, p: np.ndarray) -> np.ndarray:
        """The x with P(log η_t ≤ x) = p, from generation 1 on."""
        walk, offset = _walk(loop, generation)
        return walk.quantile(p) + offset

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Exponential(), 2.0, Replace(n=9)), 6),
            (mean_loop(Gamma(shape=2.5), 0.7, Replace(n=[4, 6, 8, 5])), 4),
        ]


def _shapes(loop: Loop, generations: int) -> np.ndarray:
    """(T,) α n_k."""
    return float(loop.model.shape) * sizes(loop, generations)  # type: ignore[attr-defined]


def _walk(loop: Loop, generation: int) -> tuple[LogChiSquareSum, float]:
    """The sum of log chi-squares, and what to add."""
    a = _shapes(loop, generation)
    return LogChiSquareSum(2 * a), float(np.log(loop.truth.mean) - np.sum(np.log(2 * a)))

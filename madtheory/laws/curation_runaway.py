"""A linear reward on synthetic data beside fresh real data: where the variance settles, and when it runs away."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np

from madtheory.curation import Tilt
from madtheory.laws._hypotheses import NO_BIAS, PARAMETRIC, UNIVARIATE
from madtheory.laws._law import Hypothesis, Quantity
from madtheory.laws._steered import LINEAR_TILT, NO_SAMPLER, steered_loop
from madtheory.laws.mean_parameter_limits import CONSTANT_SIZES, FRESH
from madtheory.laws.tilted_drift import stronger
from madtheory.loop import Loop
from madtheory.schedules import Fresh

HYPOTHESES = (FRESH, CONSTANT_SIZES, LINEAR_TILT, NO_SAMPLER, UNIVARIATE, NO_BIAS, PARAMETRIC)
BELOW = Hypothesis("a reward below the runaway strength", lambda loop: _steepness(loop) <= 1)


class CurationRunaway(Quantity):
    r"""The strength |b| of a linear reward above which s' = s_0 + λ(1+λ)b²s² has no fixed point (λ = n_s/n_r, large samples)."""

    name = "curation-runaway"
    observable = "reward_threshold"
    kind = "limit"
    steered = True
    differentiable = False
    statement = r"|b|_c=\frac{1}{2\sqrt{\lambda(1+\lambda)s_0}},\qquad\lambda=n_s/n_r"
    source = "madtheory"
    hypotheses = HYPOTHESES

    def value(self, loop: Loop) -> Any:
        return np.float64(1 / (2 * np.sqrt(_ratio(loop) * (1 + _ratio(loop)) * float(loop.truth.covariance[0, 0]))))

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.schedule.n_synthetic, loop, loop.schedule.n_synthetic * 2)  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(curated_loop(40, 20, 0.3), 1), (curated_loop(40, 80, 0.3), 1)]


class CurationFixedPoint(Quantity):
    r"""The variance at which that loop settles."""

    name = "curation-fixed-point"
    observable = "curated_variance"
    kind = "limit"
    steered = True
    differentiable = False
    statement = r"s_\infty=\frac{1-\sqrt{1-4\lambda(1+\lambda)b^2s_0}}{2\lambda(1+\lambda)b^2}"
    source = "madtheory"
    hypotheses = (*HYPOTHESES, BELOW)

    def value(self, loop: Loop) -> Any:
        return np.float64(float(loop.truth.covariance[0, 0]) * 2 / (1 + np.sqrt(1 - _steepness(loop))))

    def wrong(self, loop: Loop) -> Loop:
        return stronger(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(curated_loop(40, 20, 0.3), 1), (curated_loop(40, 80, 0.1), 1)]


def curated_loop(n_real: int, n_synthetic: int, strength: float) -> Loop:
    """A fresh loop with a linear reward."""
    return steered_loop(Fresh(n_real=n_real, n_synthetic=n_synthetic), curation=Tilt(direction=[strength]))


def _ratio(loop: Loop) -> float:
    return float(loop.schedule.n_synthetic) / float(loop.schedule.n_real)  # type: ignore[attr-defined]


def _steepness(loop: Loop) -> float:
    """4 λ(1+λ) b² s_0, which is 1 at the threshold."""
    b, variance = float(loop.curation.direction[0]), float(loop.truth.covariance[0, 0])
    return 4 * _ratio(loop) * (1 + _ratio(loop)) * b**2 * variance

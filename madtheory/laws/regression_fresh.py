"""Least squares on new real and new synthetic points, pooled: a loop that can diverge although real data keep coming."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from madtheory.laws._law import Hypothesis, Law, Quantity
from madtheory.laws._regression import FRESH_DESIGN, OLS, TRUE_NOISE, features, noise_variance, regression_loop
from madtheory.loop import Loop
from madtheory.models import LinearRegression
from madtheory.schedules import Fresh, per_generation
from madtheory.schedules._schedule import initial_size

FRESH = Hypothesis("the fresh schedule", lambda loop: loop.schedule.kind == "fresh")
ONE_MIX = Hypothesis("the same sizes in every generation", lambda loop: _one_mix(loop))
STABLE = Hypothesis("a multiplier below 1", lambda loop: float(constant_multiplier(loop)) < 1)
ENOUGH = Hypothesis(
    "d + 2 points or more in every training set: with |n − d| ≤ 1 the expected risk is infinite",
    lambda loop: int(loop.composition(min(loop.horizon() or 3, 64)).training_sizes().min()) >= features(loop) + 2,
)
HYPOTHESES = (FRESH, OLS, TRUE_NOISE, FRESH_DESIGN, ENOUGH)


def _one_mix(loop: Any) -> bool:
    return loop.schedule.n_real.ndim == 0 and loop.schedule.n_synthetic.ndim == 0


def multiplier(n_real: Any, n_synthetic: Any, d: int) -> Any:
    """K = E‖A⁻¹A_s δ‖²/‖δ‖², A and A_s the Wishart matrices of all points and of the synthetic ones (matrix beta moments)."""
    n = n_real + n_synthetic
    scale = n * (n - 1) * (n + 2)
    own, both = n_synthetic * (n_synthetic * (n + 1) - 2) / scale, n_real * n_synthetic / scale
    return own + both + both * (n * d - 2) / (n - d - 1)


def constant_multiplier(loop: Any) -> Any:
    """K of a loop whose sizes do not change."""
    n_real, n_synthetic = (jnp.asarray(n, float) for n in (loop.schedule.n_real, loop.schedule.n_synthetic))
    return multiplier(n_real, n_synthetic, features(loop))


def one_fit(loop: Any, n: Any) -> Any:
    """E of the risk of one fit to n points."""
    return noise_variance(loop) * features(loop) / (n - features(loop) - 1)


class FreshRisk(Law):
    r"""E_{t+1} = σ²d/(n−d−1) + K E_t, n = n_r + n_s."""

    name = "fresh-risk"
    observable = "risk"
    kind = "exact"
    family = LinearRegression
    recursive = True
    statement = (
        r"E_{t+1}=\frac{\sigma^2d}{n-d-1}+K\,E_t,\qquad K=a+b+b\,\frac{nd-2}{n-d-1},\quad"
        r"a=\frac{n_s(n_s(n+1)-2)}{n(n-1)(n+2)},\ b=\frac{n_rn_s}{n(n-1)(n+2)}"
    )
    source = "madtheory"
    hypotheses = HYPOTHESES

    def mean(self, loop: Loop, generations: int) -> Any:
        schedule: Any = loop.schedule
        real, synthetic = (jnp.asarray(per_generation(n, generations), float) for n in (schedule.n_real, schedule.n_synthetic))
        start = one_fit(loop, initial_size(schedule.n_initial, schedule.n_real))
        steps = one_fit(loop, real + synthetic), multiplier(real, synthetic, features(loop))

        def fit(risk: Any, step: tuple[Any, Any]) -> tuple[Any, Any]:
            after = step[0] + step[1] * risk
            return after, after

        later = jax.lax.scan(fit, start, jax.tree.map(lambda x: x[1:], steps))[1]
        return jnp.concatenate([jnp.zeros(1), jnp.atleast_1d(start), later])

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (regression_loop(Fresh(n_real=12, n_synthetic=16), white=False), 6),
            (regression_loop(Fresh(n_real=[20, 14, 16, 18], n_synthetic=12, n_initial=24), d=5), 4),
        ]


class FreshRiskMultiplier(Quantity):
    r"""K, by which the expected error grows: p₂² + p₁p₂φ/(1−φ) as n → ∞, below 1 iff φ = d/n < (1+p₂)/(1+2p₂)."""

    name = "fresh-risk-multiplier"
    observable = "risk_multiplier"
    kind = "exact"
    family = LinearRegression
    statement = r"K\to p_s^2+p_rp_s\frac{\varphi}{1-\varphi},\qquad K<1\iff\varphi<\frac{1+p_s}{1+2p_s}\quad(n\to\infty)"
    source = "madtheory, dohmatob2025"
    hypotheses = (*HYPOTHESES, ONE_MIX)

    def value(self, loop: Loop) -> Any:
        return constant_multiplier(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(regression_loop(Fresh(n_real=12, n_synthetic=16)), 1)]


class FreshRiskStationary(Quantity):
    r"""E_∞ = σ²d/((n−d−1)(1−K)), where K < 1."""

    name = "fresh-risk-stationary"
    observable = "stationary_risk"
    kind = "exact"
    family = LinearRegression
    statement = r"E_\infty=\frac{\sigma^2d}{(n-d-1)(1-K)}"
    source = "madtheory"
    hypotheses = (*HYPOTHESES, ONE_MIX, STABLE)

    def value(self, loop: Loop) -> Any:
        schedule: Any = loop.schedule
        return one_fit(loop, schedule.n_real + schedule.n_synthetic) / (1 - constant_multiplier(loop))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(regression_loop(Fresh(n_real=12, n_synthetic=16)), 1)]

"""AR(1) under replace: no collapse of ρ, but a drift to where the estimator's bias vanishes, and a law that forgets ρ_0."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from scipy.special import betainc

from madtheory.laws._hypotheses import CONSTANT_SIZE, REPLACE
from madtheory.laws._law import Law, Quantity
from madtheory.loop import Loop
from madtheory.models import Autoregressive, AutoregressiveTruth
from madtheory.schedules import Replace


class AutocorrelationPath(Law):
    r"""E ρ_t = −a/b + (ρ_0 + a/b)(1 − b/n)^t + O(1/n), (a, b) from the bias −(a+bρ)/n of the fit."""

    name = "autocorrelation-path"
    observable = "autocorrelation"
    kind = "first_order"
    family = Autoregressive
    statement = (
        r"\mathbb{E}\hat\rho_t=-\frac ab+\Bigl(\rho_0+\frac ab\Bigr)\Bigl(1-\frac bn\Bigr)^t+O(n^{-1}),\qquad"
        r"(a,b)=(0,2),(1,3)\ \text{least squares},\ (0,3),(1,4)\ \text{Yule--Walker}"
    )
    source = "marriott1954, shaman1988, madtheory"
    hypotheses = (REPLACE, CONSTANT_SIZE)

    def mean(self, loop: Loop, generations: int) -> Any:
        (a, b), n = loop.model.bias, jnp.asarray(loop.schedule.n, float)  # type: ignore[attr-defined]
        start = jnp.asarray(loop.truth.coefficient)  # type: ignore[attr-defined]
        return -a / b + (start + a / b) * (1 - b / n) ** jnp.arange(generations + 1)

    def wrong(self, loop: Loop) -> Loop:
        return other_fit(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(series_loop("ols", "fitted", 60), 6), (series_loop("yule_walker", "known", 60), 6),
                (series_loop("yule_walker", "fitted", 60), 6), (series_loop("ols", "known", 60), 6)]  # fmt: skip


class AutocorrelationStationary(Quantity):
    r"""(1+ρ_∞)/2 ~ Beta(b−a, b+a) as n → ∞ and t ≫ n, whatever ρ_0: the zero-flux law of dρ = −(a+bρ)ds + √(1−ρ²)dW."""

    name = "autocorrelation-stationary"
    observable = "stationary_autocorrelation"
    kind = "limit"
    family = Autoregressive
    differentiable = False
    statement = r"\tfrac12(1+\hat\rho_\infty)\sim\mathrm{Beta}(b-a,\,b+a),\qquad\mathbb{E}\hat\rho_\infty=-\frac ab"
    source = "madtheory"
    hypotheses = (REPLACE, CONSTANT_SIZE)

    def value(self, loop: Loop) -> Any:
        a, b = loop.model.bias  # type: ignore[attr-defined]
        return np.float64(-a / b)

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        a, b = loop.model.bias  # type: ignore[attr-defined]
        return betainc(b - a, b + a, np.clip((1 + np.asarray(x)) / 2, 0, 1))

    def wrong(self, loop: Loop) -> Loop:
        return other_fit(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(series_loop("ols", "fitted", 60), 1)]


def series_loop(fit_by: str, mean: str, n: int, coefficient: float = 0.6) -> Loop:
    """Series of n steps, fitted and simulated again."""
    truth = AutoregressiveTruth(coefficient=coefficient, mean=1.0, noise_variance=2.0)
    model = Autoregressive(fit_by, mean)
    return Loop(model=model, truth=truth, schedule=Replace(n=n), bias_first_generation=False, estimator="mle")


def other_fit(loop: Loop) -> Loop:
    """The same loop fitted by the other estimator, which has another bias."""
    other = {"ols": "yule_walker", "yule_walker": "ols"}[loop.model.fit_by]  # type: ignore[attr-defined]
    return eqx.tree_at(lambda lo: lo.model, loop, Autoregressive(other, loop.model.mean))  # type: ignore[attr-defined]

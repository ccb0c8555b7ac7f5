"""Ridge in every generation, or in the last one alone: deterministic equivalents."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import REPLACE
from madtheory.laws._law import Hypothesis, Law
from madtheory.laws._regression import FRESH_DESIGN, TRUE_NOISE, WHITE, features, noise_variance, regression_loop, sizes
from madtheory.loop import Loop
from madtheory.models import LinearRegression
from madtheory.schedules import Replace

HALVINGS = 100
RIDGE = Hypothesis("ridge regression", lambda loop: loop.model.method == "ridge")  # type: ignore[attr-defined]
LAST_ALONE = Hypothesis("a penalty in the last listed generation alone", lambda loop: _last_alone(loop))
GENERATORS = Hypothesis(
    "d + 2 points or more in every batch that a model without penalty is fitted to",
    lambda loop: int(np.min(loop.schedule.batch_sizes(loop.horizon() or 1))) >= features(loop) + 2,
)


WELL_POSED = Hypothesis(
    "a penalty above 0 in every generation, or d + 2 points or more in every batch",
    lambda loop: bool(np.all(loop.model.penalty > 0)) or GENERATORS.holds(loop),  # type: ignore[attr-defined]
)


def _last_alone(loop: Any) -> bool:
    penalty = loop.model.penalty
    return penalty is not None and penalty.ndim == 1 and penalty[-1] > 0 and not np.any(penalty[:-1])


def effective_penalty(penalty: Any, ratio: Any) -> Any:
    """κ of white inputs, κ − λ = κφ/(1+κ), at φ = d/n."""
    half = (penalty + ratio - 1) / 2
    return half + jnp.sqrt(half**2 + penalty)


def solve_penalty(penalty: Any, n: Any, spectrum: Any) -> Any:
    """κ of inputs with eigenvalues (d,): the largest root of κ − λ = κ df₁(κ)/n, by bisection of log κ."""

    def above(log_kappa: Any) -> Any:
        kappa = jnp.exp(log_kappa)
        return kappa - penalty - kappa * jnp.sum(spectrum / (spectrum + kappa)) / n > 0

    def halve(_: int, ends: tuple[Any, Any]) -> tuple[Any, Any]:
        middle = (ends[0] + ends[1]) / 2
        high = above(middle)
        return jnp.where(high, ends[0], middle), jnp.where(high, middle, ends[1])

    top = jnp.log(penalty + jnp.sum(spectrum) / n)
    return jnp.exp(jax.lax.fori_loop(0, HALVINGS, halve, (jnp.full_like(top, -80.0), top))[1])


def penalties(loop: Any, generations: int) -> Any:
    """(T,) λ of generations 1…T."""
    given = jnp.asarray(loop.model.penalty, dtype=jnp.float64)
    return jnp.broadcast_to(given, (generations,)) if given.ndim == 0 else given[:generations]


class RidgeRisk(Law):
    r"""E_t ≃ ‖w_0‖²(1 − 2c_t) + q_t: ridge shrinks what it has learnt (c) by 1/(1+κ) each time, and adds noise (q).

    With M = (S+λ)⁻¹S, S the input covariance of one batch: E tr M/d = 1/(1+κ) and E tr M²/d = 1/(1+κ) − λ/((1+κ)²−φ).
    """

    name = "ridge-risk"
    observable = "risk"
    kind = "deterministic_equivalent"
    family = LinearRegression
    recursive = True
    statement = (
        r"E_t\simeq\lVert w_0\rVert^2(1-2c_t)+q_t,\quad c_t=\frac{c_{t-1}}{1+\kappa_t},\quad"
        r"q_t=\Bigl[\frac1{1+\kappa_t}-\frac{\lambda_t}{(1+\kappa_t)^2-\varphi_t}\Bigr]q_{t-1}"
        r"+\frac{\sigma^2\varphi_t}{(1+\kappa_t)^2-\varphi_t},"
        r"\qquad\kappa-\lambda=\frac{\kappa\varphi}{1+\kappa},\ \varphi=\frac dn"
    )
    source = "dohmatob2024, madtheory"
    hypotheses = (REPLACE, RIDGE, TRUE_NOISE, FRESH_DESIGN, WHITE, WELL_POSED)

    def mean(self, loop: Loop, generations: int) -> Any:
        ratio, penalty = features(loop) / sizes(loop, generations), penalties(loop, generations)
        kappa = effective_penalty(penalty, ratio)
        spread = (1 + kappa) ** 2 - ratio
        signal = jnp.sum(jnp.asarray(loop.truth.coefficients) ** 2)  # type: ignore[attr-defined]

        def fit(square: Any, step: tuple[Any, Any]) -> tuple[Any, Any]:
            after = step[0] * square + step[1]
            return after, after

        steps = 1 / (1 + kappa) - penalty / spread, noise_variance(loop) * ratio / spread
        squares = jax.lax.scan(fit, signal, steps)[1]
        kept = jnp.cumprod(1 / (1 + kappa))
        return jnp.concatenate([jnp.zeros(1), signal * (1 - 2 * kept) + squares])

    def wrong(self, loop: Loop) -> Loop:
        return more_penalty(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (regression_loop(Replace(n=40), d=15, method="ridge", penalty=0.3), 4),
            (regression_loop(Replace(n=40), d=50, method="ridge", penalty=[0.1, 0.2, 0.5]), 3),
        ]


class RidgeDownstreamRisk(Law):
    r"""Least squares t−1 times, then ridge: E ≃ bias² + variance + (t−1)σ²ρ, for inputs of any spectrum."""

    name = "ridge-downstream-risk"
    observable = "risk"
    kind = "deterministic_equivalent"
    family = LinearRegression
    statement = (
        r"E\simeq\frac{\kappa^2w_0^\top\Sigma(\Sigma+\kappa)^{-2}w_0+\sigma^2\mathrm{df}_2/n}{1-\mathrm{df}_2/n}"
        r"+\sum_{k<t}\frac{\sigma^2}{n_k-d-1}\Bigl[\mathrm{df}_2"
        r"+\kappa^2\operatorname{tr}(\Sigma+\kappa)^{-2}\frac{\mathrm{df}_2}{n-\mathrm{df}_2}\Bigr],"
        r"\qquad\kappa-\lambda=\kappa\,\mathrm{df}_1(\kappa)/n"
    )
    source = "dohmatob2024"
    hypotheses = (REPLACE, RIDGE, TRUE_NOISE, FRESH_DESIGN, LAST_ALONE, GENERATORS)

    def mean(self, loop: Loop, generations: int) -> Any:
        truth: Any = loop.truth
        spectrum, axes = jnp.linalg.eigh(jnp.asarray(truth.input_covariance))
        signal = (axes.T @ jnp.asarray(truth.coefficients)) ** 2
        n, noise = sizes(loop, generations), noise_variance(loop)
        kappa = jax.vmap(lambda penalty, size: solve_penalty(penalty, size, spectrum))(penalties(loop, generations), n)
        kappa = jnp.where(penalties(loop, generations) > 0, kappa, 0.0)[:, None]
        second = jnp.sum((spectrum / (spectrum + kappa)) ** 2, axis=1)
        bias = jnp.sum(kappa**2 * signal * spectrum / (spectrum + kappa) ** 2, axis=1)
        inherited = second + jnp.sum(kappa**2 / (spectrum + kappa) ** 2, axis=1) * second / (n - second)
        before = jnp.concatenate([jnp.zeros(1), jnp.cumsum(noise / (n - features(loop) - 1))[:-1]])
        risk = (bias + noise * second / n) / (1 - second / n) + before * inherited
        return jnp.concatenate([jnp.zeros(1), risk])

    def wrong(self, loop: Loop) -> Loop:
        return more_penalty(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(regression_loop(Replace(n=50), d=15, white=False, method="ridge", penalty=[0.0, 0.0, 2.0]), 3)]


def more_penalty(loop: Loop) -> Loop:
    """The same loop with twice the penalty."""
    return eqx.tree_at(lambda lo: lo.model.penalty, loop, loop.model.penalty * 2)  # type: ignore[attr-defined]

"""Whole stationary laws: loops that real data or a prior keep alive end in a conjugate prior of the family.

With many synthetic points the loop is a diffusion, reversible with respect to the conjugate law of m pseudo-points
(Diaconis & Ylvisaker 1979), density e^{m(η*θ − A(θ))} in θ; learners that draw from their posterior have it at every size.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import numpy as np
from scipy.special import betainc, gammaincc

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import CONSTANT_SIZE, MLE, NO_BIAS, PARAMETRIC, REPLACE, UNIVARIATE
from madtheory.laws._law import Hypothesis, Quantity
from madtheory.laws._mean_parameters import NO_PRIOR
from madtheory.laws._morris_cases import mean_loop, symbol_loop
from madtheory.laws._symbols import PLAIN, frequencies
from madtheory.laws.bayes_drift import POSTERIOR
from madtheory.laws.mean_parameter_limits import CONSTANT_SIZES, FRESH
from madtheory.loop import Loop
from madtheory.models import Bernoulli, Categorical, Exponential, Family, Morris, Poisson
from madtheory.schedules import Fresh, Replace

MAP = Hypothesis(
    "a prior, and update = 'map'",
    lambda loop: loop.model.update == "map" and _has_prior(loop.model),  # type: ignore[attr-defined]
)
SMOOTHED = Hypothesis(
    "`add` above 0 and no truncation",
    lambda loop: _has_prior(loop.model) and loop.model.top_k is None and loop.model.top_p is None,  # type: ignore[attr-defined]
)


def _has_prior(model: Any) -> bool:
    size = model.prior_size if isinstance(model, Morris) else model.add
    return size is not None and bool(size > 0)


class Conjugate(NamedTuple):
    """Pseudo-points of a conjugate law: how many, and their average."""

    size: float
    mean: Any


def real_points(loop: Loop) -> float:
    """m = 2 n_r: real points per generation, counted twice (counts)."""
    return 2 * float(loop.schedule.n_real)  # type: ignore[attr-defined]


class OfMean(Quantity):
    """Base: a Morris family's η_∞, with its variance as the number and its distribution as `cdf`."""

    observable = "conjugate_variance"
    family = Morris
    differentiable = False

    def conjugate(self, loop: Loop) -> Conjugate:
        """The law of η_∞."""
        raise NotImplementedError

    def value(self, loop: Loop) -> Any:
        size, mean = self.conjugate(loop)
        model: Any = loop.model
        bend = float(model.quadratic[2])
        return np.float64(float(model.variance(mean)) / (size - bend) if size > bend else np.inf)

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        model: Any = loop.model
        return model.conjugate_cdf(*self.conjugate(loop), x)


class FreshConjugate(OfMean):
    r"""One real point per generation is worth two pseudo-points: "no collapse" is not a good model."""

    name = "fresh-conjugate"
    kind = "limit"
    statement = (
        r"n_s\to\infty:\quad\pi(\theta)\propto e^{m(\eta_0\theta-A(\theta))},\quad m=2n_r,\qquad"
        r"\operatorname{Var}\eta_\infty=\frac{V(\eta_0)}{m-v_2}"
    )
    source = "diaconis1979, madtheory"
    hypotheses = (FRESH, CONSTANT_SIZES, NO_PRIOR, NO_BIAS)

    def conjugate(self, loop: Loop) -> Conjugate:
        return Conjugate(real_points(loop), float(loop.truth.mean))  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Poisson(), 2.0, Fresh(n_real=1, n_synthetic=400)), 1),
            (mean_loop(Bernoulli(), 0.5, Fresh(n_real=1, n_synthetic=400)), 1),
            (mean_loop(Exponential(), 1.5, Fresh(n_real=3, n_synthetic=400)), 1),
        ]


class MapConjugate(OfMean):
    r"""n_0 pseudo-points in every fit, and no real data: a prior of twice as many points."""

    name = "map-conjugate"
    kind = "limit"
    statement = (
        r"n\to\infty:\quad\pi(\theta)\propto e^{m(\eta^*\theta-A(\theta))},\quad m=2n_0,\qquad"
        r"\operatorname{Var}\eta_\infty=\frac{V(\eta^*)}{m-v_2}"
    )
    source = "diaconis1979, madtheory"
    hypotheses = (REPLACE, CONSTANT_SIZE, MAP, NO_BIAS)

    def conjugate(self, loop: Loop) -> Conjugate:
        model: Any = loop.model
        return Conjugate(2 * float(model.prior_size), float(model.prior_mean))

    def wrong(self, loop: Loop) -> Loop:
        return _stronger(loop, "prior_size")

    def cases(self) -> list[tuple[Loop, int]]:
        return [(mean_loop(Poisson(prior_size=1.5, prior_mean=2.0), 2.0, Replace(n=400)), 1)]


class PosteriorConjugate(OfMean):
    r"""Iterated learning ends in the prior itself, whatever the number of points (Griffiths & Kalish 2007)."""

    name = "posterior-conjugate"
    kind = "exact"
    statement = (
        r"\pi(\theta)\propto e^{n_0(\eta^*\theta-A(\theta))},\qquad\operatorname{Var}\eta_\infty=\frac{V(\eta^*)}{n_0-v_2}"
    )
    source = "griffiths2007"
    hypotheses = (REPLACE, CONSTANT_SIZE, POSTERIOR, NO_BIAS)

    def conjugate(self, loop: Loop) -> Conjugate:
        model: Any = loop.model
        return Conjugate(float(model.prior_size), float(model.prior_mean))

    def wrong(self, loop: Loop) -> Loop:
        return _stronger(loop, "prior_size")

    def cases(self) -> list[tuple[Loop, int]]:
        return [(mean_loop(Exponential(prior_size=4.0, prior_mean=1.5, update="posterior"), 1.5, Replace(n=5)), 1)]


class OfSymbols(Quantity):
    """Base: a Dirichlet law of frequencies, with E H_∞ as the number and the beta law of the first frequency as `cdf`."""

    observable = "dirichlet_heterozygosity"
    family = Categorical
    differentiable = False

    def conjugate(self, loop: Loop) -> Conjugate:
        """Total pseudo-counts, and their (K,) shares."""
        raise NotImplementedError

    def value(self, loop: Loop) -> Any:
        size, p = self.conjugate(loop)
        return np.float64(size / (size + 1) * (1 - np.sum(p**2)))

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        size, p = self.conjugate(loop)
        return betainc(size * p[0], size * (1 - p[0]), np.clip(x, 0, 1))


class FreshDirichlet(OfSymbols):
    r"""Real draws are the mutations of population genetics: Wright's stationary law (1931)."""

    name = "fresh-dirichlet"
    kind = "limit"
    statement = r"n_s\to\infty:\quad p_\infty\sim\operatorname{Dir}(2n_rp_0),\qquad\mathbb{E}H_\infty=\frac{2n_r}{2n_r+1}H_0"
    source = "wright1931, madtheory"
    hypotheses = (FRESH, CONSTANT_SIZES, NO_BIAS, PLAIN)

    def conjugate(self, loop: Loop) -> Conjugate:
        return Conjugate(real_points(loop), frequencies(loop))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Fresh(n_real=1, n_synthetic=400)), 1)]


class SmoothedDirichlet(OfSymbols):
    r"""Smoothing by α is mutation too: with posterior draws the law is the prior at every n, with MAP fits twice as narrow."""

    name = "smoothed-dirichlet"
    kind = "limit"
    statement = (
        r"p_\infty\sim\operatorname{Dir}(\alpha,\dots,\alpha)\ (\text{posterior}),\qquad"
        r"\operatorname{Dir}(2\alpha,\dots,2\alpha)\ (\text{map},\ n\to\infty)"
    )
    source = "griffiths2007, wright1931"
    hypotheses = (REPLACE, CONSTANT_SIZE, NO_BIAS, SMOOTHED)

    def conjugate(self, loop: Loop) -> Conjugate:
        model: Any = loop.model
        symbols = len(frequencies(loop))
        size = symbols * float(model.add) * (1 if model.update == "posterior" else 2)
        return Conjugate(size, np.full(symbols, 1 / symbols))

    def wrong(self, loop: Loop) -> Loop:
        return _stronger(loop, "add")

    def cases(self) -> list[tuple[Loop, int]]:
        both: list[Family] = [Categorical(add=0.75, update="posterior"), Categorical(add=0.75)]
        return [(symbol_loop(Replace(n=n), model=model), 1) for n, model in zip((5, 400), both, strict=True)]


class GaussianConjugate(Quantity):
    r"""A Gaussian with n_r real points per generation: S is inverse gamma, and μ given S normal; `cdf` is that of S_∞."""

    name = "gaussian-conjugate"
    observable = "conjugate_variance"
    kind = "limit"
    differentiable = False
    statement = (
        r"n_s\to\infty:\quad S_\infty/S_0\sim\operatorname{Inv}\Gamma\bigl(\tfrac{m+3}2,\tfrac m2\bigr),\quad"
        r"\mu_\infty-\mu_0\sim\sqrt{\tfrac{S_0}{m+3}}\,t_{m+3},\qquad m=2n_r,\quad\mathbb{E}S_\infty=\frac{m}{m+1}S_0"
    )
    source = "diaconis1979, madtheory"
    hypotheses = (UNIVARIATE, FRESH, CONSTANT_SIZES, MLE, NO_BIAS, PARAMETRIC)

    def value(self, loop: Loop) -> Any:
        size = real_points(loop)
        return np.float64(size / (size + 1) * np.asarray(loop.truth.covariance)[0, 0])  # type: ignore[attr-defined]

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        size, scaled = real_points(loop), np.asarray(x) / np.asarray(loop.truth.covariance)[0, 0]  # type: ignore[attr-defined]
        return np.where(scaled > 0, gammaincc((size + 3) / 2, size / 2 / np.where(scaled > 0, scaled, 1)), 0.0)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Fresh(n_real=1, n_synthetic=400), estimator="mle"), 1)]


def _stronger(loop: Loop, name: str) -> Loop:
    """A fifth more of the prior."""
    return eqx.tree_at(lambda lo: getattr(lo.model, name), loop, 1.2 * getattr(loop.model, name))

"""Whole stationary laws: against scipy's named laws, against integrals of their own, and against loops that have run long."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import integrate, stats

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._cases import gaussian_loop
from madtheory.laws._morris_cases import mean_loop, symbol_loop
from madtheory.loop import Loop
from madtheory.models import (
    Bernoulli,
    Categorical,
    Exponential,
    Gamma,
    Geometric,
    HyperbolicSecant,
    NegativeBinomial,
    NormalMean,
    Poisson,
)
from madtheory.schedules import Accumulate, Fresh, Replace
from madtheory.simulate import simulate
from tests.false_alarms import FALSE_ALARM

M = 2.6
NAMED: list[tuple[Any, float, Any]] = [
    (Bernoulli(), 0.3, stats.beta(M * 0.3, M * 0.7)),
    (Bernoulli(trials=4), 2.5, stats.beta(M * 2.5, M * 1.5, scale=4)),
    (Poisson(), 2.0, stats.gamma(M * 2, scale=1 / M)),
    (Exponential(), 1.5, stats.invgamma(M + 1, scale=M * 1.5)),
    (Gamma(shape=2.5), 1.5, stats.invgamma(2.5 * M + 1, scale=2.5 * M * 1.5)),
    (NormalMean(known_variance=2.0), 0.5, stats.norm(0.5, (2 / M) ** 0.5)),
    (Geometric(), 1.5, stats.betaprime(M * 1.5, M + 1)),
    (NegativeBinomial(successes=2.5), 1.5, stats.betaprime(1.5 * M, 2.5 * M + 1, scale=2.5)),
]
SECANTS = [(HyperbolicSecant(convolution=2.0), 0.7), (HyperbolicSecant(convolution=0.5), -1.0)]
X = np.array([-2.0, 0.0, 0.1, 0.4, 0.9, 1.7, 3.0, 5.0, 40.0])


@pytest.mark.parametrize(("model", "mean", "law"), NAMED, ids=[f"{m.kind}-{k}" for k, (m, _, _) in enumerate(NAMED)])
def test_the_conjugate_law_has_a_name(model: Any, mean: float, law: Any) -> None:
    np.testing.assert_allclose(model.conjugate_cdf(M, mean, X), law.cdf(X), rtol=1e-11, atol=1e-13)
    loop = mean_loop(model, mean, Fresh(n_real=3, n_synthetic=50))
    bend = float(model.quadratic[2])
    assert evaluate(ATLAS["fresh-conjugate"].value, loop) == pytest.approx(law.var() * (M - bend) / (6 - bend), rel=1e-9)


@pytest.mark.parametrize(("model", "mean"), SECANTS)
def test_the_conjugate_law_of_the_hyperbolic_secant(model: Any, mean: float) -> None:
    r = float(model.convolution)

    def density(x: float) -> float:
        return math.exp(M * (mean * math.atan(x / r) - r / 2 * math.log1p((x / r) ** 2))) / (r + x * x / r)

    whole = integrate.quad(density, -np.inf, np.inf, epsabs=1e-12)[0]
    for x in (-3.0, -0.4, 0.2, 1.0, 6.0):
        below = integrate.quad(density, -np.inf, x, epsabs=1e-12)[0] / whole
        assert model.conjugate_cdf(M, mean, np.asarray(x)) == pytest.approx(below, abs=1e-8)


LONG: dict[str, tuple[str, Loop, int, str]] = {  # law, loop, generations after which the start is forgotten, observable
    "exponential": ("fresh-conjugate", mean_loop(Exponential(), 1.5, Fresh(n_real=1, n_synthetic=300)), 1000, "mean"),
    "poisson": ("fresh-conjugate", mean_loop(Poisson(), 2.0, Fresh(n_real=1, n_synthetic=300)), 1000, "mean"),
    "bernoulli": ("fresh-conjugate", mean_loop(Bernoulli(), 0.5, Fresh(n_real=1, n_synthetic=300)), 1000, "mean"),
    "normal-mean": ("fresh-conjugate", mean_loop(NormalMean(), 0.5, Fresh(n_real=3, n_synthetic=300)), 600, "mean"),
    "negative-binomial": (
        "fresh-conjugate", mean_loop(NegativeBinomial(successes=2.5), 1.5, Fresh(n_real=2, n_synthetic=300)), 1000, "mean"),
    "map": ("map-conjugate", mean_loop(Poisson(prior_size=1.5, prior_mean=2.0), 1.0, Replace(n=300)), 1000, "mean"),
    "posterior": (
        "posterior-conjugate",
        mean_loop(Exponential(prior_size=4.0, prior_mean=1.5, update="posterior"), 1.5, Replace(n=5)), 40, "mean"),
    "categorical": ("fresh-dirichlet", symbol_loop(Fresh(n_real=1, n_synthetic=300)), 1000, "first_frequency"),
    "smoothed": ("smoothed-dirichlet", symbol_loop(Replace(n=300), model=Categorical(add=0.5)), 600, "first_frequency"),
    "dirichlet-posterior": (
        "smoothed-dirichlet", symbol_loop(Replace(n=5), model=Categorical(add=0.75, update="posterior")), 30, "first_frequency"),
    "gaussian": ("gaussian-conjugate", gaussian_loop(Fresh(n_real=1, n_synthetic=300), estimator="mle"), 1000, "variance"),
    "polya": ("polya", symbol_loop(Accumulate(n=1, n_initial=6)), 2000, "first_frequency"),
}  # fmt: skip
FAST = ("exponential", "gaussian", "posterior")
WHO = [pytest.param(name, marks=() if name in FAST else (pytest.mark.slow,)) for name in LONG]
REPLICAS = 20_000


def ended(name: str, seed: int, replicas: int = REPLICAS) -> np.ndarray:
    """(R,) the observable at the end."""
    _, loop, generations, observable = LONG[name]
    run = simulate(loop, generations=generations, replicas=replicas, observables=[observable], keep=[generations], seed=seed)
    assert not run.failed
    return run.observables[observable].values[-1].astype(float)  # type: ignore[index]


class Distance(NamedTuple):
    """Kolmogorov and Smirnov's statistic and its p-value."""

    statistic: float
    pvalue: float


def distance(name: str, sample: np.ndarray, loop: Loop | None = None) -> Distance:
    """Their test, at the sample's own points from the right: a law may have atoms there, for which p is then too large.

    Equal numbers of different precision count as equal.
    """
    law = ATLAS[LONG[name][0]]
    x, counts = np.unique(sample, return_counts=True)
    claimed = evaluate(law.cdf, loop or LONG[name][1], 1, x + 1e-6 * abs(x))
    statistic = float(np.max(abs(np.cumsum(counts) / len(sample) - claimed)))
    return Distance(statistic, float(stats.kstwobign.sf(statistic * len(sample) ** 0.5)))


@pytest.mark.parametrize("name", WHO)
def test_a_long_loop_ends_in_the_stationary_law_and_a_wrong_one_is_rejected(name: str, seed: int) -> None:
    law, loop, sample = ATLAS[LONG[name][0]], LONG[name][1], ended(name, seed)
    assert distance(name, sample).pvalue > FALSE_ALARM
    assert distance(name, sample, law.wrong(loop)).pvalue < FALSE_ALARM


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bernoulli", "gaussian", "exponential"])
def test_many_replicas_end_in_the_stationary_law(name: str, seed: int) -> None:
    """At 10⁵ replicas, within the deviation of order 1/n_s that the limit leaves."""
    assert distance(name, ended(name, seed, 100_000)).statistic < 1 / 300 + 3 / 100_000**0.5


def test_the_mean_of_the_gaussian_ends_in_a_student_law(seed: int) -> None:
    """μ_∞ is √(S_0/(m+3)) times a t variate of m + 3 degrees of freedom; that of m + 1 is rejected."""
    _, loop, generations, _ = LONG["gaussian"]
    run = simulate(loop, generations=generations, replicas=REPLICAS, observables=["drift"], keep=[generations], seed=seed)
    sample = run.observables["drift"].values[-1].astype(float).ravel()  # type: ignore[index]
    for degrees, right in ((5, True), (3, False)):
        law = stats.t(degrees, scale=degrees**-0.5)
        assert (stats.kstest(sample, law.cdf, method="asymp").pvalue > FALSE_ALARM) == right


@pytest.mark.slow
def test_few_synthetic_points_are_told_from_many(seed: int) -> None:
    """The limit is one of many synthetic points: with ten of them it is rejected."""
    loop = gaussian_loop(Fresh(n_real=1, n_synthetic=10), estimator="mle")
    run = simulate(loop, generations=100, replicas=REPLICAS, observables=["variance"], keep=[100], seed=seed)
    sample = run.observables["variance"].values[-1].astype(float)  # type: ignore[index]
    assert distance("gaussian", sample).pvalue < FALSE_ALARM


def test_the_means_are_those_of_the_distributions() -> None:
    """E S_∞ by integration of 1 − cdf; Pólya's heterozygosity by the moments of its mixture."""
    _, loop, *_ = LONG["gaussian"]
    law = ATLAS["gaussian-conjugate"]
    mean = integrate.quad(lambda x: 1 - float(evaluate(law.cdf, loop, 1, np.asarray(x))), 0, np.inf, epsabs=1e-10)[0]  # type: ignore[arg-type]
    assert evaluate(law.value, loop) == pytest.approx(mean, rel=1e-8)
    urn = symbol_loop(Accumulate(n=1, n_initial=6), (0.3, 0.7))
    polya = ATLAS["polya"]
    square = integrate.quad(lambda x: 2 * x * (1 - float(evaluate(polya.cdf, urn, 1, np.asarray(x)))), 0, 1, epsabs=1e-10)[0]  # type: ignore[arg-type]
    assert evaluate(polya.value, urn) == pytest.approx(2 * (0.3 - square), rel=1e-8)


def test_the_exact_heterozygosity_tends_to_that_of_the_urn() -> None:
    urn = LONG["polya"][1]
    path = evaluate(ATLAS["symbol-heterozygosity"].mean, urn, 400)
    assert path is not None
    assert path[-1] == pytest.approx(float(evaluate(ATLAS["polya"].value, urn)), rel=5e-3)  # type: ignore[arg-type]
    assert abs(path[-1] - path[-2]) < 1e-4

"""A_t in other families: relative entropies and drifts against plain NumPy, at their rate of convergence and whole."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from scipy import stats

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._morris_cases import mean_loop, symbol_loop
from madtheory.laws.first_order_location import influence
from madtheory.laws.first_order_relative_entropy import parameters, text_loop
from madtheory.loop import Loop
from madtheory.models import (
    Bernoulli,
    Exponential,
    Gamma,
    HyperbolicSecant,
    Laplace,
    Logistic,
    Morris,
    NegativeBinomial,
    NormalMean,
    Poisson,
    Student,
)
from madtheory.models._average import Mean
from madtheory.observables import coverage
from madtheory.schedules import Accumulate, Fresh
from madtheory.simulate import simulate
from tests.false_alarms import FALSE_ALARM, z_bound

LAW = ATLAS["first-order-relative-entropy"]
NAMED: list[tuple[Any, float, float, Any]] = [
    (Bernoulli(trials=4), 2.5, 1.2, lambda m: stats.binom(4, m / 4)),
    (Poisson(), 2.0, 3.1, stats.poisson),
    (NegativeBinomial(successes=2.5), 1.5, 2.2, lambda m: stats.nbinom(2.5, 2.5 / (2.5 + m))),
]
DENSE: list[tuple[Any, float, float, Any]] = [
    (Exponential(), 1.5, 0.9, lambda m: stats.expon(scale=m)),
    (Gamma(shape=2.5), 1.5, 1.7, lambda m: stats.gamma(2.5, scale=m / 2.5)),
    (NormalMean(known_variance=2.0), -0.5, 0.25, lambda m: stats.norm(m, 2**0.5)),
]


def fitted(model: Morris, mean: float) -> Any:
    """A model of this mean."""
    return model.world(mean_loop(model, mean, Accumulate(n=5)).truth, np.float64)


def entropy(model: Any, first: float, second: float) -> float:
    """KL of two models with these means."""
    with jax.enable_x64(True):
        return float(model.relative_entropy(fitted(model, first), fitted(model, second)))


@pytest.mark.parametrize(("model", "first", "second", "law"), NAMED)
def test_relative_entropies_of_counts_are_sums(model: Any, first: float, second: float, law: Any) -> None:
    p, q = law(first), law(second)
    x = np.flatnonzero(p.pmf(np.arange(400)))
    expected = np.sum(p.pmf(x) * (p.logpmf(x) - q.logpmf(x)))
    assert entropy(model, first, second) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("model", "first", "second", "law"), DENSE)
def test_relative_entropies_of_densities_are_integrals(model: Any, first: float, second: float, law: Any) -> None:
    p, q = law(first), law(second)
    expected = p.expect(lambda x: p.logpdf(x) - q.logpdf(x))
    assert entropy(model, first, second) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("first", "second"), [(0.7, 1.4), (-3.0, 2.0), (0.5, 0.5)])
def test_the_relative_entropy_of_the_hyperbolic_secant_is_an_integral_over_means(first: float, second: float) -> None:
    """KL = ∫ (η − η_1)/V(η) dη from η_1 to η_2, in every natural exponential family."""
    model = HyperbolicSecant(convolution=2.0)
    eta = np.linspace(first, second, 20_001)
    expected = np.trapezoid((eta - first) / (2 + eta**2 / 2), eta)
    found = entropy(model, first, second)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-12)


def test_lost_counts_are_infinitely_far_in_one_direction() -> None:
    model = Poisson()
    dead, alive = Mean(np.zeros(1)), Mean(np.full(1, 2.0))
    assert float(model.relative_entropy(dead, alive)) == 2.0
    assert float(model.relative_entropy(alive, dead)) == np.inf


def kept(loop: Loop, name: str, generations: int, seed: int, replicas: int = 20_000) -> np.ndarray:
    """(R,) an observable at the end."""
    run = simulate(loop, generations=generations, replicas=replicas, observables=[name], keep=[generations], seed=seed)
    assert not run.failed
    return run.observables[name].values[-1].astype(float)  # type: ignore[index]


MANY = {
    "exponential": mean_loop(Exponential(), 1.5, Fresh(n_real=4000, n_synthetic=6000)),
    "symbols": symbol_loop(Accumulate(n=20_000), (0.4, 0.3, 0.2, 0.1)),
}


@pytest.mark.parametrize("name", MANY)
def test_relative_entropies_are_chi_squares(name: str, seed: int) -> None:
    sample = kept(MANY[name], "kl_reverse", 5, seed)
    assert stats.kstest(sample, lambda x: evaluate(LAW.cdf, MANY[name], 5, x), method="asymp").pvalue > FALSE_ALARM


@pytest.mark.parametrize("name", MANY)
def test_one_parameter_more_is_rejected(name: str, seed: int) -> None:
    sample = kept(MANY[name], "kl_reverse", 5, seed)
    inflation = float(evaluate(LAW.mean, MANY[name], 5)[5]) * 2 / parameters(MANY[name])  # type: ignore[index]
    wrong = stats.chi2(parameters(MANY[name]) + 1, scale=inflation / 2)
    assert stats.kstest(sample, wrong.cdf, method="asymp").pvalue < FALSE_ALARM


def test_a_naive_loop_of_rates_has_the_predicted_entropy(seed: int) -> None:
    """Accumulated Poisson counts in NumPy, n = 400: the correction of order 1/n is far below a standard error."""
    rng, n, generations, replicas = np.random.default_rng(seed), 400, 4, 20_000
    total, rate = np.zeros(replicas), np.full(replicas, 2.0)
    for t in range(1, generations + 1):
        total += rng.poisson(n * rate)
        rate = total / (n * t)
    entropy = rate * np.log(rate / 2) - rate + 2
    expected = evaluate(LAW.mean, mean_loop(Poisson(), 2.0, Accumulate(n=n)), generations)
    assert expected is not None
    error = entropy.std(ddof=1) / replicas**0.5
    assert abs(entropy.mean() - expected[-1]) < z_bound(1) * error + 2 * expected[-1] / n
    assert abs(entropy.mean() - 1.25 * expected[-1]) > z_bound(1) * error  # the control: a fifth too few points


def test_parameters_are_counted_where_the_real_law_has_any() -> None:
    assert parameters(symbol_loop(Accumulate(n=5), (0.5, 0.5, 0.0))) == 1
    assert parameters(text_loop(Accumulate(n=5))) == 6
    assert parameters(mean_loop(Poisson(), 2.0, Accumulate(n=5))) == 1


@pytest.mark.parametrize(
    ("model", "density"),
    [(Logistic(fit_by="quartiles"), stats.logistic.pdf(0)), (Student(degrees=3.0, fit_by="quartiles"), stats.t(3).pdf(0))],
)
def test_medians_vary_as_their_density_says(model: Any, density: float) -> None:
    assert influence(model) == pytest.approx(1 / (4 * density**2), rel=1e-12)
    assert influence(Laplace()) == 1 / (4 * stats.laplace.pdf(0) ** 2)
    assert influence(Student(degrees=12.0)) == pytest.approx(stats.t(12).var())


@pytest.mark.parametrize(("mean", "variance"), [(0.0, 1.0), (0.3, 0.5), (-1.0, 2.0), (0.2, 1e-12)])
def test_precision_and_recall_are_masses(mean: float, variance: float) -> None:
    real, model = stats.norm(), stats.norm(mean, variance**0.5)
    low, high = real.interval(0.9)
    assert float(coverage.precision(mean, variance)) == pytest.approx(model.cdf(high) - model.cdf(low), abs=1e-6)
    low, high = model.interval(0.9)
    assert float(coverage.recall(mean, variance)) == pytest.approx(real.cdf(high) - real.cdf(low), abs=1e-6)


def test_the_entropy_of_a_chain_is_what_its_text_costs_more_than_its_own_code() -> None:
    names = ["kl_reverse", "cross_entropy_rate", "entropy_rate"]
    run = simulate(text_loop(Accumulate(n=30)), generations=3, replicas=256, observables=names, keep=[3], seed=1)
    kl, cross, own = (run.observables[name].values[-1] for name in names)  # type: ignore[index]
    np.testing.assert_allclose(kl, cross - own, atol=1e-5)
    assert np.min(kl) > 0

"""Learners with a conjugate prior: iterated learning ends in the prior, whole distribution and all (Griffiths & Kalish 2007)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._morris_cases import mean_loop
from madtheory.loop import Loop
from madtheory.models import (
    Bernoulli,
    Categorical,
    CategoricalTruth,
    Exponential,
    Gamma,
    Geometric,
    NegativeBinomial,
    NormalMean,
    Poisson,
)
from madtheory.schedules import Replace
from madtheory.simulate import simulate
from tests.false_alarms import FALSE_ALARM

SIZE, N, GENERATIONS, REPLICAS = 3.0, 5, 25, 20_000
PRIOR = {"prior_size": SIZE, "update": "posterior"}
LEARNERS: list[tuple[Any, float, Any]] = [
    (Bernoulli(prior_mean=0.3, **PRIOR), 0.3, stats.beta(SIZE * 0.3, SIZE * 0.7)),
    (Bernoulli(trials=4, prior_mean=2.5, **PRIOR), 2.5, stats.beta(SIZE * 2.5, SIZE * 1.5, scale=4)),
    (Poisson(prior_mean=2.0, **PRIOR), 2.0, stats.gamma(SIZE * 2, scale=1 / SIZE)),
    (Exponential(prior_mean=1.5, **PRIOR), 1.5, stats.invgamma(SIZE + 1, scale=SIZE * 1.5)),
    (Gamma(shape=2.5, prior_mean=1.5, **PRIOR), 1.5, stats.invgamma(2.5 * SIZE + 1, scale=2.5 * SIZE * 1.5)),
    (NormalMean(known_variance=2.0, prior_mean=0.5, **PRIOR), 0.5, stats.norm(0.5, (2 / SIZE) ** 0.5)),
    (Geometric(prior_mean=1.5, **PRIOR), 1.5, stats.betaprime(SIZE * 1.5, SIZE + 1)),
    (NegativeBinomial(successes=2.5, prior_mean=1.5, **PRIOR), 1.5, stats.betaprime(1.5 * SIZE, 2.5 * SIZE + 1, scale=2.5)),
]
FAST = (2, 3, 5)
MARKS = [() if k in FAST else (pytest.mark.slow,) for k in range(len(LEARNERS))]
MARKED = [pytest.param(*one, id=f"{one[0].kind}-{k}", marks=MARKS[k]) for k, one in enumerate(LEARNERS)]


def ended(model: Any, mean: float, seed: int) -> np.ndarray:
    """(R,) η after many generations, which are forgotten by (n/(n+n_0))^t."""
    loop = mean_loop(model, mean, Replace(n=N))
    run = simulate(loop, generations=GENERATIONS, replicas=REPLICAS, observables=["mean"], keep=[GENERATIONS], seed=seed)
    return run.observables["mean"].values[-1].astype(float)  # type: ignore[index]


@pytest.mark.parametrize(("model", "mean", "prior"), MARKED)
def test_iterated_learning_ends_in_the_prior(model: Any, mean: float, prior: Any, seed: int) -> None:
    assert stats.kstest(ended(model, mean, seed), prior.cdf).pvalue > FALSE_ALARM
    law = ATLAS["bayes-stationary-drift"]
    assert evaluate(law.value, mean_loop(model, mean, Replace(n=N))) == pytest.approx(prior.var(), rel=1e-9)  # type: ignore[attr-defined]


def test_a_wrong_prior_is_rejected(seed: int) -> None:
    model, mean, _ = LEARNERS[2]
    assert stats.kstest(ended(model, mean, seed), stats.gamma(1.2 * SIZE * 2, scale=1 / (1.2 * SIZE)).cdf).pvalue < FALSE_ALARM


def test_learners_of_symbols_end_in_a_dirichlet_law(seed: int) -> None:
    symbols, added = 4, 0.75
    loop = Loop(model=Categorical(add=added, update="posterior"), truth=CategoricalTruth.uniform(symbols), schedule=Replace(n=N),
                bias_first_generation=False, estimator="mle")  # fmt: skip
    series = simulate(loop, generations=GENERATIONS, replicas=REPLICAS, observables=["heterozygosity"], seed=seed).observables
    total = symbols * added
    expected = 1 - (added + 1) / (total + 1)
    found = series["heterozygosity"]
    assert abs(found.mean[-1] - expected) < stats.norm.isf(FALSE_ALARM / 2) * found.standard_error[-1]

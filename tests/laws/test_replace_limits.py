"""Horizons, bounds, thresholds and limits of the replace loop."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import chi2

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._horizon import calibrated_horizon, kappa, kappa_prime, kappa_second, precision_horizon, visible_horizon
from madtheory.laws.replace_tail_chernoff import ReplaceTailChernoff
from madtheory.laws.replace_tail_probability import ReplaceTailProbability
from madtheory.laws.replace_tail_suresh import ReplaceTailSuresh
from tests.digits_replace import EXACT, law, make, steps


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(50):
        yield


# horizons

TABLE = {
    5: "5 / 2 / 11 / 40 | 7 / 6 / 17 / 50 | 10 / 11 / 23 / 60 | 12 / 17 / 28 / 70",
    10: "9 / 3 / 23 / 86 | 14 / 12 / 34 / 108 | 18 / 23 / 46 / 129 | 23 / 34 / 57 / 151",
    50: "42 / 17 / 115 / 454 | 64 / 60 / 173 / 568 | 84 / 115 / 230 / 682 | 105 / 173 / 288 / 795",
    100: "84 / 35 / 231 / 915 | 126 / 120 / 345 / 1144 | 167 / 231 / 461 / 1372 | 207 / 345 / 576 / 1601",
    1000: "832 / 347 / 2308 / 9204 | 1252 / 1199 / 3454 / 11505 | 1655 / 2308 / 4605 / 13806 | 2049 / 3454 / 5756 / 16107",
}


@pytest.mark.parametrize("n", TABLE)
def test_horizons(n: int) -> None:
    """t_z is the last whole generation, the others are rounded."""
    for replicas, cell in zip((10**4, 10**5, 10**6, 10**7), TABLE[n].split("|"), strict=True):
        precise = [round(precision_horizon(n, replicas, e)) for e in (0.01, 0.1)]
        found = [int(calibrated_horizon(n, replicas)), *precise, round(visible_horizon(n, replicas))]
        assert found == [int(x) for x in cell.split("/")]


@pytest.mark.parametrize("theta", [0.3, 1.0, 2.5])
def test_kappa_and_its_derivatives(theta: float) -> None:
    def exact(x: mp.mpf) -> mp.mpf:
        return mp.loggamma(4.5 + x) - mp.loggamma(4.5) + x * mp.log(mp.mpf(2) / 9)

    assert kappa(theta, 10) == pytest.approx(float(exact(theta)), abs=1e-13)
    assert kappa_prime(theta, 10) == pytest.approx(float(mp.diff(exact, theta)), rel=EXACT)
    assert kappa_second(theta, 10) == pytest.approx(float(mp.diff(exact, theta, 2)), rel=EXACT)


# bounds, thresholds, limits


@pytest.mark.parametrize("epsilon", [0.03, 0.1, 0.5, 1.5])
def test_bounds_on_the_tail_are_in_order(epsilon: float) -> None:
    loop = make(1, n=10)
    exact, chernoff = (evaluate(kind(epsilon=epsilon).mean, loop, 150) for kind in (ReplaceTailProbability, ReplaceTailChernoff))
    suresh = evaluate(ReplaceTailSuresh(epsilon=epsilon).mean, loop, 150)
    assert np.all(exact <= chernoff + 1e-12)
    assert np.all(chernoff <= suresh + 1e-12)
    for kind in (ReplaceTailChernoff, ReplaceTailSuresh):
        bound = kind(epsilon=epsilon)
        assert evaluate(bound.mean, bound.wrong(loop), 150)[-1] < exact[-1]


@pytest.mark.parametrize("t", [3, 40, 200])
def test_the_chernoff_bound_is_the_smallest_of_its_kind(t: int) -> None:
    loop = make(1, n=[*range(5, 15)] * 20, estimator="mle", sampling_bias=0.9)
    rows, level = steps(loop, t), mp.log(mp.mpf(10) ** -2)

    def log_bound(s: float) -> float:
        grown = (s * mp.log(2 * b / m) + mp.loggamma((n - 1) / 2 + s) - mp.loggamma((n - 1) / 2) for n, b, m in rows)
        return float(mp.fsum(grown) - s * level)

    best = minimize_scalar(log_bound, bounds=(0, 50), method="bounded", options={"xatol": 1e-7}).fun
    assert np.log(law("replace-tail-chernoff", loop, t)[t]) == pytest.approx(best, abs=1e-5)


def log_step_mean(n: int, scale: float, power: float | None = None) -> float:
    """E log r or E r^power for r = scale χ²_{n−1}, by quadrature."""
    y = np.linspace(-45, 6, 20001)
    values = y + np.log(scale) if power is None else (scale * np.exp(y)) ** power
    return float(np.sum(values * chi2.pdf(np.exp(y), n - 1) * np.exp(y)) * (y[1] - y[0]))


@pytest.mark.parametrize("estimator", ["unbiased", "mle"])
def test_the_threshold_stops_the_typical_path(estimator: str) -> None:
    threshold = float(evaluate(ATLAS["replace-bias-threshold"].value, make(1, n=10, estimator=estimator)))
    assert threshold > 1
    assert log_step_mean(10, threshold / (10 - (estimator == "unbiased"))) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("n", "estimator", "bias"),
    [(10, "unbiased", 0.9), (10, "unbiased", 1.0), (10, "mle", 1.0), (25, "unbiased", 1.01), (5, "mle", 0.3)],
)
def test_the_tail_index_balances_its_moment(n: int, estimator: str, bias: float) -> None:
    index = float(evaluate(ATLAS["replace-tail-index"].value, make(1, n=n, estimator=estimator, sampling_bias=bias)))
    assert log_step_mean(n, bias / (n - (estimator == "unbiased")), index / 2) == pytest.approx(1, rel=1e-9)
    assert (index == pytest.approx(2)) == (estimator == "unbiased" and bias == 1)


@pytest.mark.parametrize("options", [{"estimator": "mle"}, {"sampling_bias": 0.8}, {"sampling_bias": 0.5, "first": True}])
@pytest.mark.parametrize("dim", [1, 3])
def test_the_drift_ends_at_its_limit(dim: int, options: dict[str, Any]) -> None:
    loop = make(dim, n=10, **options)
    limit = float(evaluate(ATLAS["replace-limit-variance"].value, loop))
    assert law("replace-mean-square-drift", loop, 400)[400] == pytest.approx(limit, rel=EXACT)


@pytest.mark.parametrize(("options", "b"), [({}, 1), ({"estimator": "mle"}, 2), ({"sampling_bias": 0.97}, 4)])
def test_the_limit_point_agrees_with_the_limit_variance(options: dict[str, Any], b: float) -> None:
    """The Student law t_{2b}/√b has variance 1/(b−1), which the exact variance approaches as n grows with n(1−λ) fixed."""
    scale = float(evaluate(ATLAS["replace-limit-point"].value, make(1, n=100, **options)))
    assert scale == pytest.approx(b**-0.5, rel=1e-12)
    if b > 1:
        errors = []
        for n in (100, 200, 400):
            bias = {"sampling_bias": 1 - (b - 1) / n} if "sampling_bias" in options else {}
            exact = float(evaluate(ATLAS["replace-limit-variance"].value, make(1, n=n, **(options | bias))))
            errors.append(abs(exact * (b - 1) - 1))
        assert errors[2] <= errors[1] / 1.8 + 1e-12 <= errors[0] / 1.8**2 + 1e-11


def test_rates_add_up_to_the_determinant() -> None:
    loop = make(3, n=[9, 5, 7, 12], sampling_bias=0.8)
    eigenvalues, det = law("replace-log-eigenvalues", loop, 4), law("replace-log-variance", loop, 4)
    assert eigenvalues.sum(axis=1) == pytest.approx(3 * det, rel=EXACT)
    assert np.all(np.diff(eigenvalues, axis=1) < 0)


def test_small_samples_lose_rank() -> None:
    eigenvalues = law("replace-log-eigenvalues", make(4, n=[9, 3, 2, 9]), 4)
    assert list(np.isfinite(eigenvalues).sum(axis=1)) == [4, 4, 2, 1, 1]
    assert float(evaluate(ATLAS["replace-rank"].value, make(4, n=3))) == 2

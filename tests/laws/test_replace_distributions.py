"""Distributions and published figures of the replace loop."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.stats import chi2

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth
from tests.digits_replace import EXACT, c4, law, make, product


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(50):
        yield


@pytest.mark.parametrize("nu", [1, 2, 9, 99, 10**4])
def test_one_log_chi_square(nu: int) -> None:
    walk, p = LogChiSquareSum(np.array([nu])), np.array([1e-12, 1e-6, 0.01, 0.3, 0.5, 0.9, 0.999, 1 - 1e-9])
    x = np.log(chi2.ppf(p, nu))
    assert np.max(abs(walk.cdf(x) - chi2.cdf(np.exp(x), nu))) < 1e-12
    assert walk.quantile(p[1:7]) == pytest.approx(x[1:7], abs=1e-8 * np.sqrt(walk.variance) / min(p[1:7]) ** 0.1)
    many = np.linspace(walk.mean - 12 * np.sqrt(walk.variance), walk.mean + 6 * np.sqrt(walk.variance), 20001)
    assert np.max(abs(walk.cdf(many) - chi2.cdf(np.exp(many), nu))) < 1e-10


@pytest.mark.parametrize("nu", [(1, 1, 2), (9, 4, 9), (30, 2, 7)])
def test_three_log_chi_squares_by_convolution(nu: tuple[int, int, int]) -> None:
    y = np.linspace(-70, 9, 1581)  # the trapezoid rule is exact to rounding: all densities are analytic in |Im y| < π/2
    density = [chi2.pdf(np.exp(y), k) * np.exp(y) * (y[1] - y[0]) for k in nu[:2]]
    for x in (-1.0, 2.0, 5.0):
        inner = np.exp(x - y[:, None] - y)
        expected = density[0] @ chi2.cdf(inner, nu[2]) @ density[1]
        assert LogChiSquareSum(np.array(nu)).cdf(x) == pytest.approx(expected, abs=1e-9)


def test_fifty_generations_with_thirty_digits() -> None:
    with mp.workdps(30):
        shift = mp.log(mp.mpf(10) ** -2) + 50 * mp.log(mp.mpf(9) / 2)

        def wave(u: mp.mpf) -> mp.mpf:
            phi = mp.exp(50 * (mp.loggamma(mp.mpc(4.5, u)) - mp.loggamma(mp.mpf(4.5))) - 1j * u * shift)
            return mp.im(phi) / u

        expected = 0.5 + mp.quad(wave, mp.linspace(0, 4, 9)) / mp.pi
    loop = make(1, n=10)
    assert law("replace-tail-probability", loop, 50)[50] == pytest.approx(float(expected), abs=1e-12)


def test_a_million_generations_keep_their_digits() -> None:
    walk = LogChiSquareSum(np.full(10**6, 9))
    skewness = 1e6 * float(mp.psi(2, 4.5)) / walk.variance**1.5
    assert walk.cdf(walk.mean) == pytest.approx(0.5 + skewness / 6 / np.sqrt(2 * np.pi), abs=1e-6)  # Edgeworth


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("name", ["log-variance", "entropy"])
def test_quantiles_invert_distributions(name: str, dim: int) -> None:
    loop, p = make(dim, n=[8, 12, 9], estimator="mle", sampling_bias=0.8), np.array([1e-6, 0.01, 0.5, 0.9])
    x = evaluate(ATLAS[f"replace-{name}"].quantile, loop, 3, p)
    assert evaluate(ATLAS[f"replace-{name}"].cdf, loop, 3, x) == pytest.approx(p, abs=1e-11)


def test_the_laws_start_at_the_truth() -> None:
    loop = make(1)
    for name, value in (("variance", 1.0), ("log-variance", 0.0), ("entropy", float(mp.log(2 * mp.pi * mp.e)) / 2)):
        cdf = evaluate(ATLAS[f"replace-{name}"].cdf, loop, 0, np.array([value - 1e-9, value + 1e-9]))
        assert list(cdf) == [0, 1]


def test_one_step_ratio() -> None:
    loop = make(1, n=[8, 12, 9], estimator="mle", sampling_bias=0.8)
    found = evaluate(ATLAS["replace-variance"].one_step_cdf, loop, 2, np.array([0.3, 0.8]))
    assert found == pytest.approx(chi2.cdf(np.array([0.3, 0.8]) * 12 / 0.8, 11), rel=EXACT)


# published and known figures


@pytest.mark.parametrize(("t", "figure"), [(50, 0.37554), (100, 0.08156), (200, 0.00404)])
def test_published_tail_probabilities(t: int, figure: float) -> None:
    assert law("replace-tail-probability", make(1, n=10), t)[t] == pytest.approx(figure, abs=6e-6)


@pytest.mark.parametrize(("t", "figure"), [(100, 0.770), (200, 0.0593)])
def test_published_bound(t: int, figure: float) -> None:
    assert law("replace-tail-suresh", make(1, n=10), t)[t] == pytest.approx(figure, rel=1e-3)


@pytest.mark.parametrize(("t", "figure"), [(100, 1.446), (1000, 11.84)])
def test_w2_of_a_hundred_points(t: int, figure: float) -> None:
    assert law("replace-w2-squared", make(1, n=100), t)[t] == pytest.approx(figure, rel=5e-4)
    assert law("replace-w2-squared", make(1, n=100, estimator="mle"), 1000)[1000] == pytest.approx(1.999, rel=5e-4)


def test_four_dimensions_twelve_points() -> None:
    loop = Loop(model=Gaussian(dim=4), truth=Truth.standard(4), schedule=Replace(n=12), bias_first_generation=False,
                estimator="unbiased")
    assert 4 * law("replace-log-variance", loop, 6)[6] == pytest.approx(-6.34076, abs=6e-6)
    assert law("replace-effective-rank-annealed", loop, 6)[6] == pytest.approx(1.35, abs=6e-3)


def test_growing_samples_keep_w2_finite() -> None:
    n = [10 * t * t for t in range(1, 2001)]
    w2 = law("replace-w2-squared", make(1, n=n), 2000)
    drifted = law("replace-mean-square-drift", make(1, n=n), 2000)
    left_out = float(mp.zeta(2, 2001)) / 10
    assert drifted[-1] + left_out == pytest.approx(float(mp.zeta(2)) / 10, rel=EXACT)
    assert w2[-1] - drifted[-1] == pytest.approx(float(2 * (1 - product(c4(mp.mpf(k)) for k in n))), rel=1e-9)

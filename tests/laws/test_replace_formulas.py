"""Laws of the replace loop against formulas worked out another way: 50 digits, quadrature, tensors, convolution."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.stats import chi2

from madtheory.laws import evaluate
from madtheory.laws._replace import log_moment
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth
from tests.digits_replace import EXACT, c4, drift, law, log_ratio, make, product, steps

OPTIONS = {
    "unbiased": {"estimator": "unbiased", "sampling_bias": 1.0},
    "mle": {"estimator": "mle", "sampling_bias": 1.0},
    "bias": {"estimator": "unbiased", "sampling_bias": 0.8},
    "lists": {"estimator": "mle", "sampling_bias": [0.9, 1.1, 0.7, 1.0, 0.8], "first": True, "n": [9, 30, 12, 200, 10**6]},
    "large": {"estimator": "unbiased", "sampling_bias": 1.0, "n": 10**7},
}
every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
MATRIX = np.array([[2.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 0.5]])


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(50):
        yield


@every_option
def test_one_dimension_has_the_textbook_means(options: dict[str, Any]) -> None:
    loop = make(1, **options)
    for t in (1, 2, 5):
        rows = steps(loop, t)
        grown = product(b * (n - 1) / m for n, b, m in rows)
        spread = 1 + grown - 2 * product(mp.sqrt(b * (n - 1) / m) * c4(n) for n, b, m in rows)
        rho = [m / (b * (n - 3)) for n, b, m in rows]
        forward = product(rho) - 1 + sum(b / n * product(rho[k:]) for k, (n, b, _) in enumerate(rows)) + log_ratio(rows, 1)
        expected = {
            "variance": grown,
            "mean-square-drift": drift(rows),
            "w2-squared": drift(rows) + spread,
            "frechet": drift(rows) + spread,
            "log-variance": log_ratio(rows, 1),
            "entropy": (log_ratio(rows, 1) + mp.log(2 * mp.pi * mp.e)) / 2,
            "kl-reverse": (grown - 1 + drift(rows) - log_ratio(rows, 1)) / 2,
            "kl-forward": forward / 2,
        }
        for name, value in expected.items():
            assert law(f"replace-{name}", loop, t)[t] == pytest.approx(float(value), rel=EXACT), name
        variance = grown**2 * (product(1 + 2 / (n - 1) for n, _, _ in rows) - 1)
        assert law("replace-variance", loop, t, "variance")[t] == pytest.approx(float(variance), rel=EXACT)
        trigamma = sum(mp.psi(1, (n - 1) / 2) for n, _, _ in rows)
        assert law("replace-log-variance", loop, t, "variance")[t] == pytest.approx(float(trigamma), rel=EXACT)


@every_option
def test_three_dimensions_have_the_textbook_means(options: dict[str, Any]) -> None:
    loop = make(3, **options)
    rows = steps(loop, 5)
    rho = [m / (b * (n - 5)) for n, b, m in rows]
    forward = 3 * product(rho) - 3 + 3 * sum(b / n * product(rho[k:]) for k, (n, b, _) in enumerate(rows)) + log_ratio(rows, 3)
    grown = product(b * (n - 1) / m for n, b, m in rows)
    expected = {
        "variance": 2 * grown,
        "mean-square-drift": 6 * drift(rows),
        "log-variance": (log_ratio(rows, 3) + mp.log(6)) / 3,
        "kl-reverse": (3 * grown - 3 + 3 * drift(rows) - log_ratio(rows, 3)) / 2,
        "kl-forward": forward / 2,
    }
    for name, value in expected.items():
        assert law(f"replace-{name}", loop, 5)[5] == pytest.approx(float(value), rel=EXACT), name


@pytest.mark.parametrize("order", [0.5, 1.0, 1.7, -1.3, 2.0])
@every_option
def test_moments_of_any_order(options: dict[str, Any], order: float) -> None:
    loop = make(1, **options)
    expected = sum(
        order * mp.log(2 * b / m) + mp.loggamma((n - 1) / 2 + order) - mp.loggamma((n - 1) / 2) for n, b, m in steps(loop, 5)
    )
    found = evaluate(_Moment(order).mean, loop, 5)
    assert found is not None
    assert found[5] == pytest.approx(float(expected), rel=EXACT, abs=1e-13)


class _Moment:
    """The helper behind the interface of a law."""

    def __init__(self, order: float) -> None:
        self.order = order

    def require(self, loop: Loop) -> None:
        """No hypotheses."""

    def mean(self, loop: Loop, generations: int) -> Any:
        return log_moment(loop, generations, self.order)


# fourth moments by brute force over tensors


def tensors(loop: Loop, generations: int) -> list[tuple[Any, Any]]:
    """E[m m m m] and E[Σ Σ] at each generation, from the moments of Gaussian and Wishart tensors (Isserlis)."""
    d, sigma = loop.dim, loop.truth.covariance
    m4, m2s, ss = np.zeros((d,) * 4), np.zeros((d,) * 4), np.einsum("ij,kl->ijkl", sigma, sigma)
    out = [(m4, ss)]
    for n, b, m in (map(float, row) for row in steps(loop, generations)):
        a, s, nu = b / n, b / m, n - 1
        m4 = m4 + a * six(m2s) + a**2 * (ss + ss.transpose(0, 2, 1, 3) + ss.transpose(0, 2, 3, 1))
        m2s = s * nu * (m2s + a * ss)
        ss = s**2 * (nu**2 * ss + nu * (ss.transpose(0, 2, 1, 3) + ss.transpose(0, 2, 3, 1)))
        out.append((m4, ss))
    return out


def six(m2s: np.ndarray) -> np.ndarray:
    """Σ over the pairs of E[m m Σ] that four m's and two kicks make."""
    pairs = ((0, 1, 2, 3), (2, 3, 0, 1), (0, 2, 1, 3), (1, 3, 0, 2), (0, 3, 1, 2), (1, 2, 0, 3))
    return sum(m2s.transpose(np.argsort(p)) for p in pairs)


@pytest.mark.parametrize("options", list(OPTIONS.values())[:4], ids=list(OPTIONS)[:4])
def test_second_moments_in_three_dimensions(options: dict[str, Any]) -> None:
    given = {"bias_first_generation": options.get("first", False), "estimator": options["estimator"]}
    loop = Loop(model=Gaussian(dim=3), truth=Truth(mean=np.ones(3), covariance=MATRIX), schedule=Replace(n=options.get("n", 5)),
                sampling_bias=options["sampling_bias"], **given)
    brute = tensors(loop, 5)
    square = np.array([np.einsum("iijj", ss) for _, ss in brute])
    trace = np.array([np.einsum("ijij", ss) for _, ss in brute])
    fourth = np.array([np.einsum("iijj", m4) for m4, _ in brute])
    mean, moved = 3 * law("replace-variance", loop, 5), law("replace-mean-square-drift", loop, 5)
    assert law("replace-variance", loop, 5, "variance") * 9 == pytest.approx(square - mean**2, rel=EXACT, abs=1e-12)
    assert law("replace-mean-square-drift", loop, 5, "variance") == pytest.approx(fourth - moved**2, rel=EXACT, abs=1e-12)
    assert law("replace-effective-rank-annealed", loop, 5) == pytest.approx(square / trace, rel=EXACT)


def test_the_variance_of_the_drift_closes_in_one_dimension_too() -> None:
    loop = make(1, n=7, estimator="mle", sampling_bias=0.9)
    brute = np.array([m4[0, 0, 0, 0] for m4, _ in tensors(loop, 6)])
    expected = brute - law("replace-mean-square-drift", loop, 6) ** 2
    assert law("replace-mean-square-drift", loop, 6, "variance") == pytest.approx(expected, rel=EXACT, abs=1e-14)


# two generations by quadrature: μ_2−μ_0 is normal given S_1, and S_2/S_1 is independent of both


def two_generations(loop: Loop, powers: Any) -> float:
    """E f(m², S) at generation 2, where f is a list of functions of S: the coefficients of 1, m², m⁴."""
    (n1, b1, d1), (n2, b2, d2) = (map(float, row) for row in steps(loop, 2))
    y = np.linspace(-14, 4, 1801)
    s1, w1 = b1 / d1 * (n1 - 1) * np.exp(y), chi2.pdf((n1 - 1) * np.exp(y), n1 - 1) * (n1 - 1) * np.exp(y)
    r, w2 = b2 / d2 * (n2 - 1) * np.exp(y), chi2.pdf((n2 - 1) * np.exp(y), n2 - 1) * (n2 - 1) * np.exp(y)
    v, s = b1 / n1 + b2 / n2 * s1[:, None], s1[:, None] * r
    values = powers[0](s) + v * powers[1](s) + 3 * v**2 * powers[2](s)
    return float(w1 @ values @ w2 * (y[1] - y[0]) ** 2)


DISTANCES = {
    "w2-squared": (lambda s: (np.sqrt(s) - 1) ** 2, lambda s: np.ones_like(s)),
    "kl-reverse": (lambda s: (s - 1 - np.log(s)) / 2, lambda s: np.full_like(s, 0.5)),
    "kl-forward": (lambda s: (1 / s - 1 + np.log(s)) / 2, lambda s: 0.5 / s),
}


@pytest.mark.parametrize("options", [{}, {"estimator": "mle", "sampling_bias": 0.8}, {"first": True, "sampling_bias": 1.2}])
@pytest.mark.parametrize("name", DISTANCES)
def test_distances_of_generation_two_by_quadrature(name: str, options: dict[str, Any]) -> None:
    loop = make(1, n=[14, 11], **options)
    own, slope = DISTANCES[name]
    mean = two_generations(loop, (own, slope, np.zeros_like))
    square = two_generations(loop, (lambda s: own(s) ** 2, lambda s: 2 * own(s) * slope(s), lambda s: slope(s) ** 2))
    assert law(f"replace-{name}", loop, 2)[2] == pytest.approx(mean, rel=EXACT)
    assert law(f"replace-{name}", loop, 2, "variance")[2] == pytest.approx(square - mean**2, rel=1e-9)


def test_the_forward_divergence_has_infinite_variance_at_five_points() -> None:
    loop = make(1, n=[20, 5, 30])
    assert list(np.isinf(law("replace-kl-forward", loop, 3, "variance"))) == [False, False, True, True]

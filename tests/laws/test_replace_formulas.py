"""Laws of the replace loop against formulas worked out another way: 50 digits, quadrature, tensors, convolution."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.stats import chi2

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._cases import gaussian_loop
from madtheory.laws._horizon import calibrated_horizon, kappa, kappa_prime, kappa_second, precision_horizon, visible_horizon
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.laws._replace import log_moment
from madtheory.laws.replace_tail_chernoff import ReplaceTailChernoff
from madtheory.laws.replace_tail_probability import ReplaceTailProbability
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth

EXACT = 1e-10  # relative: float64 after some thousand operations
OPTIONS = {
    "unbiased": {"estimator": "unbiased", "sampling_bias": 1.0},
    "mle": {"estimator": "mle", "sampling_bias": 1.0},
    "bias": {"estimator": "unbiased", "sampling_bias": 0.8},
    "lists": {"estimator": "mle", "sampling_bias": [0.9, 1.1, 0.7, 1.0, 0.8], "first": True, "n": [9, 30, 12, 200, 10**6]},
    "large": {"estimator": "unbiased", "sampling_bias": 1.0, "n": 10**7},
}
every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
MATRIX = np.array([[2.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 0.5]])


def law(name: str, loop: Loop, generations: int, method: str = "mean") -> Any:
    """A law's prediction."""
    return evaluate(getattr(ATLAS[name], method), loop, generations)


def make(dim: int, n: Any = 12, **options: Any) -> Loop:
    return gaussian_loop(Replace(n=n), dim=dim, **options)


def steps(loop: Loop, generations: int) -> list[tuple[mp.mpf, mp.mpf, mp.mpf]]:
    """(n, λ, n−δ) per generation with 50 digits."""
    n, bias = (np.broadcast_to(x, (generations,)) if np.ndim(x) == 0 else x for x in (loop.schedule.n, loop.sampling_bias))
    delta = loop.estimator == "unbiased"
    used = [mp.mpf(1) if k == 0 and not loop.bias_first_generation else mp.mpf(float(b)) for k, b in enumerate(bias)]
    return [(mp.mpf(int(m)), b, mp.mpf(int(m) - delta)) for m, b in zip(n, used, strict=False)][:generations]


def product(values: Any) -> mp.mpf:
    return mp.fprod(values)


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(50):
        yield


def c4(n: mp.mpf) -> mp.mpf:
    return mp.sqrt(2 / (n - 1)) * mp.gamma(n / 2) / mp.gamma((n - 1) / 2) if n < 1000 else mp.exp(
        mp.log(2 / (n - 1)) / 2 + mp.loggamma(n / 2) - mp.loggamma((n - 1) / 2)
    )


def drift(rows: Any) -> mp.mpf:
    """E‖μ_t−μ_0‖²/tr Σ_0."""
    return sum(b / n * product(rows[j][1] * (rows[j][0] - 1) / rows[j][2] for j in range(k)) for k, (n, b, _) in enumerate(rows))


def log_ratio(rows: Any, dim: int) -> mp.mpf:
    """E log|Σ_t|/|Σ_0|."""
    return sum(mp.digamma((n - i) / 2) + mp.log(2 * b / m) for n, b, m in rows for i in range(1, dim + 1))


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
    assert found[5] == pytest.approx(float(expected), rel=EXACT, abs=1e-15)


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
    return sum(m2s.transpose(np.argsort(p)) for p in ((0, 1, 2, 3), (2, 3, 0, 1), (0, 2, 1, 3), (1, 3, 0, 2), (0, 3, 1, 2), (1, 2, 0, 3)))


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


# distributions


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
    y = np.linspace(-60, 9, 6901)
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
    found = ATLAS["replace-variance"].one_step_cdf(loop, 2, np.array([0.3, 0.8]))
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
    loop = Loop(model=Gaussian(dim=4), truth=Truth.standard(4), schedule=Replace(n=12), bias_first_generation=False, estimator="unbiased")
    assert 4 * law("replace-log-variance", loop, 6)[6] == pytest.approx(-6.34076, abs=6e-6)
    assert law("replace-effective-rank-annealed", loop, 6)[6] == pytest.approx(1.35, abs=6e-3)


def test_growing_samples_keep_w2_finite() -> None:
    n = [10 * t * t for t in range(1, 2001)]
    w2 = law("replace-w2-squared", make(1, n=n), 2000)
    drifted = law("replace-mean-square-drift", make(1, n=n), 2000)
    left_out = float(mp.nsum(lambda t: 1 / (10 * t * t), [2001, mp.inf]))
    assert drifted[-1] + left_out == pytest.approx(float(mp.zeta(2)) / 10, rel=EXACT)
    assert w2[-1] - drifted[-1] == pytest.approx(float(2 * (1 - product(c4(mp.mpf(k)) for k in n))), rel=1e-9)


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
    suresh = evaluate(type(ATLAS["replace-tail-suresh"])(epsilon=epsilon).mean, loop, 150)
    assert np.all(exact <= chernoff + 1e-12)
    assert np.all(chernoff <= suresh + 1e-12)
    wrong = ATLAS["replace-tail-chernoff"].wrong(loop)
    assert evaluate(ReplaceTailChernoff(epsilon).mean, wrong, 150)[-1] < exact[-1]


@pytest.mark.parametrize("t", [3, 40, 200])
def test_the_chernoff_bound_is_the_smallest_of_its_kind(t: int) -> None:
    loop = make(1, n=[*range(5, 15)] * 20, estimator="mle", sampling_bias=0.9)
    rows, level = steps(loop, t), mp.log(mp.mpf(10) ** -2)

    def bound(s: mp.mpf) -> mp.mpf:
        grown = (s * mp.log(2 * b / m) + mp.loggamma((n - 1) / 2 + s) - mp.loggamma((n - 1) / 2) for n, b, m in rows)
        return mp.exp(mp.fsum(grown) - s * level)

    found = law("replace-tail-chernoff", loop, t)[t]
    best = min(float(bound(mp.mpf(s))) for s in np.geomspace(1e-3, 200, 400))
    assert best * (1 - 1e-3) <= found <= best * (1 + 1e-12)


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


@pytest.mark.parametrize(("n", "estimator", "bias"), [(10, "unbiased", 0.9), (10, "mle", 1.0), (25, "unbiased", 1.01), (5, "mle", 0.3)])
def test_the_tail_index_balances_its_moment(n: int, estimator: str, bias: float) -> None:
    index = float(evaluate(ATLAS["replace-tail-index"].value, make(1, n=n, estimator=estimator, sampling_bias=bias)))
    assert log_step_mean(n, bias / (n - (estimator == "unbiased")), index / 2) == pytest.approx(1, rel=1e-9)
    assert (index == pytest.approx(2)) == (estimator == "unbiased" and bias == 1)


@pytest.mark.parametrize("options", [{"estimator": "mle"}, {"sampling_bias": 0.8}, {"estimator": "mle", "sampling_bias": 0.5, "first": True}])
@pytest.mark.parametrize("dim", [1, 3])
def test_the_drift_ends_at_its_limit(dim: int, options: dict[str, Any]) -> None:
    loop = make(dim, n=10, **options)
    assert law("replace-mean-square-drift", loop, 400)[400] == pytest.approx(float(evaluate(ATLAS["replace-limit-variance"].value, loop)), rel=EXACT)


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

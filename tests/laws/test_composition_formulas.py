"""Laws of every schedule against the same numbers worked out another way: batch by batch, products, 30 digits."""

from __future__ import annotations

import math
from typing import Any

import equinox as eqx
import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import t as student

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._cases import gaussian_loop
from madtheory.laws._fourth_moments import accumulated, two_batches
from madtheory.laws._law import float64
from madtheory.laws._pool import pool_constant_variance, pool_moments
from madtheory.laws._recursion import constant_variance, moments, scale_covariance
from madtheory.laws._second_moments import path
from madtheory.laws.fresh_accumulate_exponent import fresh_pool
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Accumulate, AccumulateSubsample, Custom, FixedReal, Fresh, Replace, Schedule, Weighted, Window
from madtheory.truth import Truth

EXACT = 1e-11  # relative: float64 after some thousand operations
SIX = 6
ANY = Custom(source=[0, 1, 0, 2, 1, 3], size=[4, 5, 6, 7, 3, 4], bias=[1, 0.9, 1.1, 0.8, 1, 1.2],
             weights=[[1, 0, 0, 0, 0, 0], [0.3, 0.3, 0.4, 0, 0, 0], [0.2, 0, 0.5, 0.1, 0.2, 0], [0, 0.1, 0.1, 0.2, 0.3, 0.3]])
SCHEDULES: dict[str, Schedule] = {
    "replace": Replace(n=[5, 6, 7, 8, 9, 10]),
    "accumulate": Accumulate(n=5, n_initial=9),
    "fixed": FixedReal(n_real=5, n_synthetic=7),
    "redrawn": FixedReal(n_real=5, n_synthetic=7, real="redrawn"),
    "fresh": Fresh(n_real=5, n_synthetic=[9, 8, 7, 6, 5, 4]),
    "golden": Weighted(n_real=5, n_synthetic=8, weight="golden"),
    "real_only": Weighted(n_real=5, n_synthetic=8, weight=1.0),
    "window": Window(n=10, window=3),
    "window_fresh": Window(n=11, window=3, n_real=4),
    "any": ANY,
}
OPTIONS: list[dict[str, Any]] = [
    {"estimator": "mle"},
    {"estimator": "unbiased"},
    {"estimator": "mle", "sampling_bias": [0.9, 1.2, 0.7, 1.0, 0.8, 1.1], "first": True},
    {"estimator": "unbiased", "sampling_bias": 0.8},
]
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=list(SCHEDULES))
every_option = pytest.mark.parametrize("options", OPTIONS, ids=["mle", "unbiased", "bias_list", "bias"])


def law(name: str, loop: Loop, generations: int, method: str = "mean") -> np.ndarray:
    """A law's prediction over generations."""
    out = evaluate(getattr(ATLAS[name], method), loop, generations)
    assert out is not None
    return out


def number(name: str, loop: Loop) -> float:
    """A law's number."""
    return float(evaluate(ATLAS[name].value, loop))  # type: ignore[attr-defined]


def batch_by_batch(loop: Loop, generations: int) -> tuple[np.ndarray, np.ndarray]:
    """Cov(μ_s, μ_t) and E S_t, one batch mean after another."""
    table = loop.composition(generations)
    batches = range(len(table.source))
    weights, count = np.vstack([np.zeros(len(batches)), table.weights]), np.append(0, table.training_sizes())
    b, v, known = np.zeros((len(batches), len(batches))), [1.0], []
    for t in range(1, generations + 1):
        for e in (e for e in batches if table.born[e] == t):
            k = table.source[e]
            for f in known:
                b[e, f] = b[f, e] = weights[k] @ b[:, f]
            b[e, e] = weights[k] @ b @ weights[k] + table.bias[e] * v[k] / table.size[e]
            known.append(e)
        w = weights[t]
        within = sum(w[e] * (table.bias[e] * v[table.source[e]] * (1 - 1 / table.size[e]) + b[e, e]) for e in batches if w[e] > 0)
        v.append((within - w @ b @ w) * (1 if loop.estimator == "mle" else count[t] / (count[t] - 1)))
    return weights @ b @ weights.T, np.array(v)


@every_schedule
@every_option
def test_the_triangular_system_is_the_batch_recursion(schedule: Schedule, options: dict[str, Any]) -> None:
    loop = gaussian_loop(schedule, dim=2, **options)
    last = schedule.horizon() or SIX
    mean, variance = batch_by_batch(loop, last)
    network = float64(moments)(loop, last)
    assert np.asarray(network.mean) == pytest.approx(mean, rel=EXACT, abs=EXACT)
    assert np.asarray(network.variance) == pytest.approx(variance, rel=EXACT)
    assert law("composition-mean-covariance", loop, last) == pytest.approx(3 * mean, rel=EXACT, abs=EXACT)
    assert law("composition-variance", loop, last) == pytest.approx(1.5 * variance, rel=EXACT)
    assert law("composition-mean-square-drift", loop, last) == pytest.approx(3 * np.diagonal(mean), rel=EXACT)
    assert law("composition-drift", loop, last, "variance") == pytest.approx(np.outer(np.diagonal(mean), [1, 2]), rel=EXACT)


POOLS = [AccumulateSubsample(n=5), AccumulateSubsample(n=5, with_replacement=True)]


@pytest.mark.parametrize("schedule", [*list(SCHEDULES.values())[:-1], *POOLS])
def test_the_mle_conserves_the_second_moment(schedule: Schedule) -> None:
    loop = gaussian_loop(schedule, dim=2, estimator="mle")
    kind = "subsample" if schedule.kind == "accumulate_subsample" else "composition"
    total = law(f"{kind}-mean-square-drift", loop, SIX) + 2 * law(f"{kind}-variance", loop, SIX)
    assert total == pytest.approx(law("conservation", loop, SIX), rel=EXACT)
    assert not ATLAS["conservation"].applies(gaussian_loop(schedule, estimator="unbiased"))


def test_subsample_is_the_known_product() -> None:
    n, q, expected = 5, 1 / 5, []
    for t in range(1, SIX + 1):
        second = n * t / (n * t - 1) * (1 - q)
        expected.append([(n - 1) / n * second, q + (1 - 1 / t) * second / n])
        q += second * (2 * n - 1 - n / t) / (n * (t + 1)) ** 2
    loop = gaussian_loop(AccumulateSubsample(n=n), estimator="mle")
    found = [law("subsample-variance", loop, SIX)[1:], law("subsample-mean-square-drift", loop, SIX)[1:]]
    assert pytest.approx(np.array(expected), rel=EXACT) == np.array(found).T


@pytest.mark.parametrize("n", [2, 7, 1000])
def test_accumulate_products(n: int) -> None:
    mle, unbiased = (gaussian_loop(Accumulate(n=n), estimator=estimator) for estimator in ("mle", "unbiased"))
    k = np.arange(1, 31)
    assert law("accumulate-variance", mle, 30)[1:] == pytest.approx(np.cumprod(1 - 1 / (n * k**2)), rel=EXACT)
    assert law("accumulate-mean-square-drift", mle, 30)[1:] == pytest.approx(1 - np.cumprod(1 - 1 / (n * k**2)), rel=1e-9)
    steps = np.where(k > 1, 1 - 1 / (k * (n * k - 1)), 1)
    assert law("accumulate-variance", unbiased, 30)[1:] == pytest.approx(np.cumprod(steps), rel=EXACT)
    far = law("accumulate-variance", mle, 200_000)[-1]
    assert far == pytest.approx(number("accumulate-variance-limit", mle), rel=2 / (200_000 * n))


@pytest.mark.parametrize("bias", [0.4, 1.0, 1.3])
def test_accumulate_in_gamma_functions(bias: float) -> None:
    loop = gaussian_loop(Accumulate(n=6), estimator="mle", sampling_bias=bias)
    assert law("accumulate-gamma-variance", loop, 200) == pytest.approx(law("accumulate-variance", loop, 200), rel=1e-10)
    far = law("accumulate-variance", loop, 40_000)
    assert np.log(far[-1] / far[20_000]) / np.log(2) == pytest.approx(number("accumulate-variance-exponent", loop), abs=1e-4)


@pytest.mark.parametrize(("n", "bias"), [(2, 1.0), (2, 3.0), (7, 0.5), (500, 1.0)])
def test_accumulate_log_variance_by_quadrature_in_many_digits(n: int, bias: float) -> None:
    loop = gaussian_loop(Accumulate(n=n), estimator="mle", sampling_bias=bias)
    found = np.diff(law("accumulate-log-variance", loop, 4))[1:]
    with mp.workdps(30):
        for t in (1, 2, 3):
            scale = [bias / mp.mpf(n * (t + 1)), bias * mp.mpf(t) / (n * (t + 1) ** 2)]

            def laplace(u: mp.mpf, t: int = t, scale: list[mp.mpf] = scale) -> mp.mpf:
                return mp.exp(-u * t / (t + 1)) * (1 + 2 * scale[0] * u) ** (-mp.mpf(n - 1) / 2) / mp.sqrt(1 + 2 * scale[1] * u)

            expected = mp.quad(lambda u, f=laplace: (mp.exp(-u) - f(u)) / u, [0, 0.01, 0.1, 1, 10, 100, 1000, mp.inf])
            assert found[t - 1] == pytest.approx(float(expected), abs=1e-11)


def test_accumulate_log_variance_spread_by_double_quadrature() -> None:
    loop = gaussian_loop(Accumulate(n=2), estimator="mle", sampling_bias=3.0)

    def moment(power: int) -> mp.mpf:
        def inner(y: mp.mpf) -> mp.mpf:
            step = mp.quad(lambda z: mp.log((2 + 3 * y * y + 1.5 * z * z) / 4) ** power * mp.npdf(z), [0, 1, 3, 6, 12])
            return 4 * mp.npdf(y) * step

        return mp.quad(inner, [0, 1, 3, 6, 12])

    found = np.diff(law("accumulate-log-variance", loop, 2, "variance"))[1]
    assert found == pytest.approx(float(moment(2) - moment(1) ** 2), abs=1e-11)


SHORT_CUTS = ["replace", "accumulate", "fixed", "redrawn", "fresh", "golden", "real_only"]


@pytest.mark.parametrize("name", SHORT_CUTS)
@every_option
@float64
def test_short_cuts_agree_with_the_network(name: str, options: dict[str, Any]) -> None:
    loop = gaussian_loop(SCHEDULES[name], **options)
    short, long = path(loop, SIX), moments(loop, SIX)
    assert np.asarray(short.scale) == pytest.approx(np.asarray(long.variance), rel=EXACT)
    assert np.asarray(short.drift) == pytest.approx(np.diagonal(long.mean), rel=EXACT)
    assert np.asarray(short.spread) == pytest.approx(np.diagonal(scale_covariance(loop, SIX, long.variance)), rel=EXACT)
    if name == "accumulate":
        assert np.asarray(pool_moments(loop, SIX).mean) == pytest.approx(np.asarray(long.mean), rel=EXACT)
        table = loop.schedule.composition(SIX)
        assert np.asarray(pool_constant_variance(table)) == pytest.approx(constant_variance(table), rel=EXACT)


@pytest.mark.parametrize("name", ["replace", "fixed", "redrawn", "fresh", "golden", "real_only"])
@every_option
@float64
def test_degree_four_contains_degree_two(name: str, options: dict[str, Any]) -> None:
    loop = gaussian_loop(SCHEDULES[name], **options)
    joint, exact = two_batches(loop, SIX), moments(loop, SIX)
    assert np.asarray(joint.variance) == pytest.approx(np.asarray(exact.variance), rel=EXACT)
    assert np.asarray(joint.mean_square) == pytest.approx(np.diagonal(exact.mean), rel=EXACT)


@every_option
@float64
def test_degree_four_agrees_with_the_products(options: dict[str, Any]) -> None:
    pool, alone = gaussian_loop(Accumulate(n=[4, 6, 8, 5, 3, 7]), **options), gaussian_loop(SCHEDULES["replace"], **options)
    joint = accumulated(pool, SIX)
    found = np.asarray(joint.variance_square - joint.variance**2)
    assert found == pytest.approx(law("accumulate-variance", pool, SIX, "variance"), rel=1e-10, abs=1e-14)
    for observable in ("variance", "mean-square-drift"):
        found, expected = (law(f"{kind}-{observable}", alone, SIX, "variance") for kind in ("composition", "replace"))
        assert found == pytest.approx(expected, rel=1e-10)


SETTLING = [
    gaussian_loop(Fresh(n_real=4, n_synthetic=9), dim=2, sampling_bias=0.8),
    gaussian_loop(FixedReal(n_real=4, n_synthetic=9), estimator="mle", sampling_bias=0.9),
    gaussian_loop(FixedReal(n_real=4, n_synthetic=9), sampling_bias=1.05),
    gaussian_loop(FixedReal(n_real=4, n_synthetic=9, real="redrawn")),
    gaussian_loop(Weighted(n_real=4, n_synthetic=9, weight="golden"), dim=2, estimator="mle", sampling_bias=1.1),
]


@pytest.mark.parametrize("loop", SETTLING)
def test_stationary_numbers_are_where_the_recursion_ends(loop: Loop) -> None:
    pairs = {"stationary-variance": "composition-variance", "stationary-mean-square-drift": "composition-mean-square-drift",
             "stationary-w2-squared": "first-order-w2-squared"}
    for here, there in pairs.items():
        assert number(here, loop) == pytest.approx(law(there, loop, 300)[-1], rel=1e-10)


def test_one_real_point_among_four_hundred() -> None:
    loop = gaussian_loop(Fresh(n_real=1, n_synthetic=400), estimator="mle")
    share = 400 / 401
    assert number("stationary-mean-square-drift", loop) == pytest.approx(1 / (1 + 2 * share), rel=EXACT)
    assert number("stationary-variance", loop) == pytest.approx(1 - 1 / (1 + 2 * share), rel=EXACT)


FACTORS = {
    "fresh": (gaussian_loop(Fresh(n_real=4, n_synthetic=9)), 1 / (1 + 9 / 13), 200, 1e-10),
    "fixed": (gaussian_loop(FixedReal(n_real=4, n_synthetic=9)), (1 + 18 / 13) / (1 + 9 / 13), 200, 1e-10),
    "golden": (gaussian_loop(Weighted(n_real=9, n_synthetic=9, weight="golden")), 2 / (1 + math.sqrt(5)), 200, 1e-10),
    "accumulate": (gaussian_loop(Accumulate(n=8)), math.pi**2 / 6, 1000, 2 / 1000),
    "one_at_a_time": (gaussian_loop(Accumulate(n=1, n_initial=10**7), estimator="mle"), 2.0, 0, 1e-6),
    "subset": (gaussian_loop(AccumulateSubsample(n=8)), math.pi**2 / 2 - 2, 1000, 4 / 1000),
    "resample": (gaussian_loop(AccumulateSubsample(n=8, with_replacement=True)), math.pi**2 / 3 - 1 / 4, 1000, 4 / 1000),
    "window": (gaussian_loop(Window(n=30, window=5, n_real=10)), None, 300, 1e-10),
}


@pytest.mark.parametrize(("loop", "known", "last", "error"), FACTORS.values(), ids=list(FACTORS))
def test_the_table_of_schedule_factors(loop: Loop, known: float | None, last: int, error: float) -> None:
    name = next(name for name, law in ATLAS.items() if law.observable == "schedule_factor_limit" and law.applies(loop))
    assert known is None or number(name, loop) == pytest.approx(known, rel=max(error, EXACT) if last == 0 else EXACT)
    if last:
        assert law("schedule-factor", loop, last)[-1] == pytest.approx(number(name, loop), rel=error)


@pytest.mark.parametrize("window", [1, 2, 3, 4])
def test_a_memory_slows_the_walk(window: int) -> None:
    loop = gaussian_loop(Window(n=12, window=window, n_initial=20))
    assert np.diff(law("schedule-factor", loop, 300))[-1] == pytest.approx(number("window-factor-slope", loop), rel=1e-9)


@pytest.mark.parametrize(("real", "error"), [(2, 0.03), (6, 0.02)])
def test_the_pool_forgets_with_the_stated_exponent(real: int, error: float) -> None:
    loop = gaussian_loop(fresh_pool(real, 8 - real, 400))
    drift = law("schedule-factor", loop, 400)
    assert np.log2(drift[400] / drift[200]) == pytest.approx(number("fresh-accumulate-exponent", loop), abs=error)


def test_kalman_weights_are_the_best_at_every_generation() -> None:
    best = gaussian_loop(Weighted(n_real=20, n_synthetic=20, weight=[1, 0.5, 0.5, 0.5]))
    weight = law("kalman-weight", best, 4)
    assert weight[1:] == pytest.approx([1, 2 / 3, 5 / 8, 13 / 21], rel=EXACT)
    ours = law("schedule-factor", gaussian_loop(Weighted(n_real=20, n_synthetic=20, weight=weight[1:])), 4)
    golden = law("schedule-factor", gaussian_loop(Weighted(n_real=20, n_synthetic=20, weight="golden")), 4)
    assert ours[2:] == pytest.approx(weight[2:], rel=EXACT)
    assert golden[2:] == pytest.approx([0.67376208, 0.62616461, 0.61922023], rel=1e-8)


def test_the_golden_weight_is_the_best_constant_one() -> None:
    def price(weight: float) -> float:
        return number("mixed-factor-limit", gaussian_loop(Weighted(n_real=20, n_synthetic=60, weight=weight)))

    best = minimize_scalar(price, bounds=(0.2, 0.9), method="bounded", options={"xatol": 1e-9}).x
    golden = number("weighted-optimal-weight", gaussian_loop(Fresh(n_real=20, n_synthetic=60)))
    assert golden == pytest.approx(best, abs=1e-6)
    assert price(golden) == pytest.approx(golden, rel=EXACT)  # n_e = n_r/w*


@pytest.mark.parametrize(("bias", "threshold"), [(0.7, 1247 + 1 / 3), (0.85, 4929)])
def test_thresholds_of_the_fresh_data_loop(bias: float, threshold: float) -> None:
    loops = [gaussian_loop(Fresh(n_real=n, n_synthetic=100), sampling_bias=bias) for n in (10**4, 10**9)]
    standard = [at_identity(loop, 100) for loop in loops]
    assert number("synthetic-threshold", standard[0]) == pytest.approx(threshold, rel=1e-9)
    assert number("admissible-synthetic-size", standard[1]) == pytest.approx(threshold, rel=1e-4)
    size = number("admissible-synthetic-size", standard[0])
    assert size < threshold
    settled = at_identity(gaussian_loop(Fresh(n_real=10**4, n_synthetic=round(size)), sampling_bias=bias), 100)
    assert number("effective-sample-size", settled) == pytest.approx(10**4, rel=1e-3)


def at_identity(loop: Loop, dim: int) -> Loop:
    """The same loop on N(0, I)."""
    return eqx.tree_at(lambda lo: (lo.model, lo.truth), loop, (Gaussian(dim=dim), Truth.standard(dim)))


def test_synthetic_data_at_most_double_the_real_ones() -> None:
    loop = at_identity(gaussian_loop(Fresh(n_real=10**6, n_synthetic=3 * 10**6)), 3)
    assert number("effective-sample-size", loop) == pytest.approx(1.75e6, rel=1e-5)


@pytest.mark.parametrize("dim", [1, 3])
def test_improvement_with_independent_increments(dim: int) -> None:
    loop, k = gaussian_loop(Accumulate(n=50), dim=dim), dim * (dim + 3) / 2
    factor = law("schedule-factor", loop, 8)[2:]
    expected = student.cdf(-np.sqrt(k * (factor - 1)) / 2, k)
    assert law("first-order-improvement", loop, 8)[2:] == pytest.approx(expected, rel=1e-9)


def test_second_moments_hold_at_a_billion_points() -> None:
    loop = gaussian_loop(Fresh(n_real=10**9, n_synthetic=10**9), estimator="mle", sampling_bias=0.9)
    assert number("stationary-variance", loop) == pytest.approx(number("stationary-variance-large-n", loop), rel=1e-8)

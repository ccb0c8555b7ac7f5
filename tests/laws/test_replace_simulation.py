"""Laws of the replace loop against a naive simulation with points.

Means and variances are compared in standard errors at |z| ≤ 4.5 (two-sided false-alarm rate 6.8e-6 each), distributions by
√R times the Kolmogorov distance at 2.5 (rate 2 exp(−2·2.5²) = 7.5e-6). Every comparison has a nearby law that must fail it.
Measured once over 80 seeds, some 13,000 correlated comparisons and their twins: no false alarm, no twin missed, largest |z| 4.02.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np
import pytest

from madtheory.laws import ATLAS, evaluate
from madtheory.laws._replace import more_bias
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth
from tests.naive_replace import observe, simulate

Z, KOLMOGOROV = 4.5, 2.5
REPLICAS = 20_000
CORRELATED = np.array([[2.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 0.5]])
ALL = ("variance", "log_variance", "entropy", "mean_square_drift", "kl_reverse", "kl_forward")
FLAT = ("variance", "log_variance", "entropy", "tail_probability")  # what more λ moves more than more points do

SCALED = ("variance", "mean_square_drift", "tail_probability")  # observables whose variance more λ moves


def loop(covariance: Any, n: Any, sampling_bias: Any, estimator: str, first: bool) -> Loop:
    covariance = np.atleast_2d(covariance)
    truth = Truth(mean=np.arange(1.0, len(covariance) + 1), covariance=covariance)
    return Loop(model=Gaussian(dim=len(covariance)), truth=truth, schedule=Replace(n=n), sampling_bias=sampling_bias,
                bias_first_generation=first, estimator=estimator)


SETTINGS = {
    "1d": (loop(2.0, 25, 0.9, "unbiased", False), 4, (*ALL, "w2_squared", "frechet")),
    "1d-lists": (loop(0.5, [30, 25, 40, 28], [0.9, 1.05, 0.8, 0.95], "mle", True), 4, (*ALL, "w2_squared", "frechet")),
    "1d-small": (loop(0.02, 6, 0.8, "unbiased", True), 5, ("log_variance", "tail_probability")),
    "3d": (loop(CORRELATED, 40, 0.9, "mle", False), 3, ALL),
    "2d-lists": (loop(CORRELATED[:2, :2], [30, 35, 40], [0.9, 1.1, 0.8], "unbiased", True), 3, ALL),
    "3d-singular": (loop(CORRELATED, 3, 1.1, "mle", True), 2, ("variance", "mean_square_drift")),
}
CELLS = [pytest.param(*setting, id=name) for name, setting in SETTINGS.items()]
every_setting = pytest.mark.parametrize(("setting", "generations", "names"), CELLS)


def law_of(name: str) -> Any:
    """The exact law of an observable under replace."""
    (law,) = (law for law in ATLAS.values() if law.name.startswith("replace-") and law.observable == name and law.kind == "exact")
    return law


def run(setting: Loop, generations: int, seed: int, replicas: int = REPLICAS) -> tuple[np.ndarray, np.ndarray]:
    """Naive trajectories of a loop."""
    n, bias = (np.broadcast_to(x, (generations,)) if np.ndim(x) == 0 else x for x in (setting.schedule.n, setting.sampling_bias))
    truth, how = setting.truth, (setting.bias_first_generation, setting.estimator, replicas)
    return simulate(np.random.default_rng(seed), n[:generations], truth.mean, truth.covariance, bias[:generations], *how)


def samples(setting: Loop, generations: int, names: tuple[str, ...], seed: int) -> dict[str, np.ndarray]:
    """(T+1, R) values of each observable."""
    means, covariances = run(setting, generations, seed)
    return {name: observe(name, means, covariances, setting.truth.mean, setting.truth.covariance) for name in names}


def nearby(setting: Loop, name: str) -> Loop:
    """A false loop whose law is told apart with these replicas: 10 % more λ, or 20 % fewer points."""
    fewer = eqx.tree_at(lambda lo: lo.schedule.n, setting, np.maximum(setting.schedule.n * 4 // 5, 2))
    return more_bias(setting, 1.1) if name in FLAT else fewer


def z_of_mean(name: str, truth: Loop, values: np.ndarray) -> np.ndarray:
    """(T,) how far the sample mean is from the law's, in standard errors, at generations 1…T."""
    generations = len(values) - 1
    mean, variance = (evaluate(method, truth, generations) for method in (law_of(name).mean, law_of(name).variance))
    known = np.var(values, axis=1) if variance is None else variance
    return (values.mean(axis=1) - mean)[1:] / np.sqrt(known[1:] / values.shape[1])


def z_of_variance(name: str, truth: Loop, values: np.ndarray) -> np.ndarray | None:
    """(T,) the same for the variance, with the standard error from the sample's fourth moment."""
    variance = evaluate(law_of(name).variance, truth, len(values) - 1)
    if variance is None:
        return None
    centred = values[1:] - values[1:].mean(axis=1, keepdims=True)
    spread = np.mean(centred**4, axis=1) - np.mean(centred**2, axis=1) ** 2
    return (np.mean(centred**2, axis=1) - variance[1:]) / np.sqrt(spread / values.shape[1])


def distance(truth: Loop, name: str, values: np.ndarray) -> float | None:
    """√R times the Kolmogorov distance between the last generation and the law."""
    p = evaluate(law_of(name).cdf, truth, len(values) - 1, np.sort(values[-1]))
    return None if p is None else kolmogorov(p)


def kolmogorov(p: np.ndarray) -> float:
    """√R times the distance of sorted probabilities (R,) from uniform."""
    grid = np.arange(len(p) + 1) / len(p)
    return float(np.sqrt(len(p)) * max(np.max(grid[1:] - p), np.max(p - grid[:-1])))


@every_setting
def test_means(setting: Loop, generations: int, names: tuple[str, ...], seed: int) -> None:
    for name, values in samples(setting, generations, names, seed).items():
        assert np.all(abs(z_of_mean(name, setting, values)) <= Z), name


@every_setting
def test_wrong_means_are_rejected(setting: Loop, generations: int, names: tuple[str, ...], seed: int) -> None:
    for name, values in samples(setting, generations, names, seed).items():
        assert abs(z_of_mean(name, nearby(setting, name), values)[-1]) > Z, name


@every_setting
def test_variances(setting: Loop, generations: int, names: tuple[str, ...], seed: int) -> None:
    for name, values in samples(setting, min(generations, 2), names, seed).items():
        z = z_of_variance(name, setting, values)
        assert z is None or np.all(abs(z) <= Z), name


@every_setting
def test_wrong_variances_are_rejected(setting: Loop, generations: int, names: tuple[str, ...], seed: int) -> None:
    for name, values in samples(setting, min(generations, 2), names, seed).items():
        fewer = eqx.tree_at(lambda lo: lo.schedule.n, setting, np.maximum(setting.schedule.n * 2 // 3, 2))
        z = z_of_variance(name, more_bias(setting, 1.3) if name in SCALED else fewer, values)
        assert z is None or abs(z[-1]) > Z, name


@every_setting
def test_distributions(setting: Loop, generations: int, names: tuple[str, ...], seed: int) -> None:
    values = samples(setting, generations, names, seed)
    found = [distance(setting, name, values[name]) for name in names if name != "tail_probability"]
    assert all(d <= KOLMOGOROV for d in found if d is not None)


@every_setting
def test_wrong_distributions_are_rejected(setting: Loop, generations: int, names: tuple[str, ...], seed: int) -> None:
    values = samples(setting, generations, names, seed)
    found = [distance(more_bias(setting, 1.1), name, values[name]) for name in names if name != "tail_probability"]
    assert all(d > KOLMOGOROV for d in found if d is not None)


def test_one_step_ratios_and_a_wrong_one_is_rejected(seed: int) -> None:
    setting, generations, _ = SETTINGS["1d-lists"]
    s = run(setting, generations, seed)[1][..., 0, 0]
    for t in (1, 3):
        ratio, law = np.sort(s[t] / s[t - 1]), law_of("variance")
        right, wrong = (evaluate(law.one_step_cdf, lo, t, ratio) for lo in (setting, more_bias(setting, 1.05)))
        assert kolmogorov(right) <= KOLMOGOROV < kolmogorov(wrong)


def test_annealed_rank_and_a_wrong_one_is_rejected(seed: int) -> None:
    setting = loop(np.eye(4), 12, 0.9, "unbiased", False)
    sigma = run(setting, 4, seed)[1][-1]
    square, trace = np.trace(sigma, axis1=1, axis2=2) ** 2, np.sum(sigma**2, axis=(1, 2))
    for truth, right in ((setting, True), (nearby(setting, "rank"), False)):
        gap = square - evaluate(law_of("effective_rank_annealed").mean, truth, 4)[-1] * trace
        assert (abs(gap.mean()) <= Z * gap.std() / np.sqrt(len(gap))) == right


@pytest.mark.parametrize("setting", [loop(np.eye(2), 60, 1.0, "unbiased", False), loop(CORRELATED, 60, 0.9, "mle", False)])
def test_w2_lies_above_its_bound_and_a_wrong_bound_is_rejected(setting: Loop, seed: int) -> None:
    law = ATLAS["replace-w2-squared-lower"]
    values = samples(setting, 4, ("w2_squared",), seed)["w2_squared"][1:]
    error = values.std(axis=1) / np.sqrt(REPLICAS)
    assert np.all(values.mean(axis=1) + Z * error >= evaluate(law.mean, setting, 4)[1:])
    assert np.all(values.mean(axis=1) + Z * error < evaluate(law.mean, law.wrong(setting), 4)[1:])


def test_the_rank_drops_and_a_wrong_rank_is_rejected(seed: int) -> None:
    setting = loop(np.eye(4), 3, 1.0, "unbiased", False)
    rank = np.linalg.matrix_rank(run(setting, 3, seed, 200)[1])
    law = ATLAS["replace-rank"]
    assert np.all(rank[1:] == evaluate(law.value, setting))
    assert np.all(rank[1:] != evaluate(law.value, law.wrong(setting)))


def log_eigenvalues(rng: np.random.Generator, n: int, bias: float, generations: int, replicas: int) -> np.ndarray:
    """(T+1, R, 2) log eigenvalues in two dimensions, with the scale and the determinant kept apart so that nothing underflows."""
    factor, scale, det = np.tile(np.eye(2), (replicas, 1, 1)), np.zeros(replicas), np.zeros(replicas)
    out = [np.zeros((replicas, 2))]
    for _ in range(generations):
        points = rng.normal(size=(replicas, n, 2))
        points -= points.mean(axis=1, keepdims=True)
        spread = bias * points.transpose(0, 2, 1) @ points / (n - 1)
        det += np.linalg.slogdet(spread)[1]
        factor = factor @ np.linalg.cholesky(spread)
        size = np.linalg.norm(factor, ord=2, axis=(1, 2))
        scale, factor = scale + 2 * np.log(size), factor / size[:, None, None]
        out.append(np.stack([scale, det - scale], axis=1))
    return np.array(out)


def test_lyapunov_rates_and_wrong_ones_are_rejected(seed: int) -> None:
    """From generation 80 to 160 the ordered eigenvalues of n = 4 are e^49 apart, with a standard deviation of e^14."""
    setting = loop(np.eye(2), 4, 0.9, "unbiased", True)
    values = log_eigenvalues(np.random.default_rng(seed), 4, 0.9, 160, 1500)
    moved = values[160] - values[80]
    law = ATLAS["replace-log-eigenvalues"]
    for truth, right in ((setting, True), (law.wrong(setting), False)):
        mean = evaluate(law.mean, truth, 160)
        z = (moved.mean(axis=0) - (mean[160] - mean[80])) / (moved.std(axis=0) / np.sqrt(len(moved)))
        assert np.all((abs(z) <= Z) == right)


def test_the_threshold_holds_the_typical_path_and_a_wrong_one_is_rejected(seed: int) -> None:
    law = ATLAS["replace-bias-threshold"]
    plain = loop(1.0, 10, 1.0, "mle", True)
    for source, right in ((plain, True), (law.wrong(plain), False)):
        setting = eqx.tree_at(lambda lo: lo.sampling_bias, plain, evaluate(law.value, source))
        log_s = np.log(run(setting, 20, seed)[1][-1, :, 0, 0])
        assert (abs(log_s.mean()) <= Z * log_s.std() / np.sqrt(REPLICAS)) == right


@pytest.mark.parametrize("options", [(1.0, "unbiased"), (1.0, "mle"), (0.99, "unbiased")])
def test_the_limit_point_is_student_and_a_wrong_one_is_rejected(options: tuple[float, str], seed: int) -> None:
    """n = 200 and t = 12 n: what is left of the drift and the O(1/n) of the law are below the resolution of 4,000 replicas."""
    bias, estimator = options
    setting, rng, n = loop(2.0, 200, bias, estimator, False), np.random.default_rng(seed), 200
    mean, variance = np.ones(4000), np.full(4000, 2.0)
    for t in range(12 * n):
        factor = bias if t else 1.0
        mean = mean + np.sqrt(factor * variance / n) * rng.normal(size=4000)
        variance = variance * factor * rng.chisquare(n - 1, size=4000) / (n - (estimator == "unbiased"))
    x = np.sort(mean) - 1
    law = ATLAS["replace-limit-point"]
    assert kolmogorov(evaluate(law.cdf, setting, 0, x)) <= KOLMOGOROV
    wrong = eqx.tree_at(lambda lo: lo.sampling_bias, setting, setting.sampling_bias - 2 / n)
    assert kolmogorov(evaluate(law.cdf, wrong, 0, x)) > KOLMOGOROV

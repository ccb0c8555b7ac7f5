"""Many generations at a step: the law of the sums, the runs that may take it, and the same results as step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy import special, stats

from madtheory import laws
from madtheory.cli import main
from madtheory.errors import BadInput
from madtheory.laws import evaluate
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.random import ChiSquareTable, Jump, _sums
from madtheory.random._sums import sum_quantile
from madtheory.random.chi_square import log_quantile
from madtheory.schedules import Accumulate, Replace
from madtheory.simulate import simulate
from madtheory.truth import Truth
from tests.false_alarms import FALSE_ALARM, z_bound

SCORES = np.linspace(-6.3, 6.3, 43)
LAW = laws.ReplaceLogVariance()


def loop(n: Any = 12, dim: int = 1, **options: Any) -> Loop:
    given = {"sampling_bias": 0.9, "bias_first_generation": False, "estimator": "mle", "schedule": Replace(n=n)} | options
    return Loop(model=Gaussian(dim=dim), truth=Truth(mean=np.zeros(dim), covariance=2.5 * np.eye(dim)), **given)


def run(one: Loop, seed: int, **options: Any) -> Any:
    given = {"generations": 60, "jump": 20, "replicas": 20_000, "observables": ["log_variance"], "keep": [60], "devices": 1}
    return simulate(one, seed=seed, **(given | options))


# the law of the sums


@pytest.mark.parametrize("nu", [1.0, 2.0, 9.0, 16.0, 99.0, 1e6, 1e9])
def test_one_term_is_the_chi_square_itself(nu: float) -> None:
    gap = sum_quantile(SCORES, nu, 1) - log_quantile(SCORES, np.asarray(nu))
    assert np.max(abs(gap)) < 1e-10 * np.sqrt(2 / nu)


@pytest.mark.parametrize(("nu", "k"), [(1, 2), (3, 10), (11, 20), (99, 1000)])
def test_sums_have_the_distribution_that_another_inversion_finds(nu: int, k: int) -> None:
    """Gil-Pelaez along the imaginary axis, which the laws use, against the saddle-point line; one term more is another law."""
    x = sum_quantile(SCORES, nu, k) + k * np.log(nu)
    found, wrong = (LogChiSquareSum(np.full(terms, nu)) for terms in (k, k + 1))
    assert np.max(abs(found.cdf(x) - special.ndtr(SCORES))) < 1e-11
    assert np.max(abs(wrong.cdf(x + np.log(nu)) - special.ndtr(SCORES))) > 1e-4


@pytest.mark.parametrize("k", [2, 10, 1000, 10**6])
@pytest.mark.parametrize("nu", [1.0, 3.0, 11.0, 99.0, 1e6])
def test_quantiles_are_found_and_increase(nu: float, k: int) -> None:
    """From one end to the other, for few terms and many; a search that is cut off says so."""
    x = sum_quantile(SCORES, nu, k)
    assert np.all(np.diff(x) > 0)


def test_a_search_that_is_cut_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sums, "NEWTON", 2)
    with pytest.raises(ArithmeticError, match="no quantile"):
        sum_quantile(SCORES, 1.0, 3)


@pytest.mark.parametrize("z", [-6.3, -1.0, 0.0, 2.0, 6.3])
def test_tails_are_right_to_their_own_size(z: float) -> None:
    """χ²_2/2 is a standard exponential E, and P(E₁E₂ ≤ t) = 1 − 2√t K₁(2√t): both tails, in thirty digits, down to 10⁻¹⁰."""
    with mpmath.workdps(30):
        root = 2 * mpmath.exp(mpmath.mpf(sum_quantile(np.array([z]), 2.0, 2)[0]) / 2)
        above = root * mpmath.besselk(1, root)
        tail = 1 - above if z < 0 else above
        assert float(tail / mpmath.ncdf(-abs(z))) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(("nu", "k"), [(1, 3), (3, 10), (11, 20), (99, 1000)])
@pytest.mark.parametrize(("dtype", "most"), [("float32", 5e-6), ("float64", 1e-11)])
def test_tables_hold_the_quantiles(nu: int, k: int, dtype: str, most: float) -> None:
    """Relative to the size of the sum, whose logarithm has no more digits."""
    import jax

    with jax.enable_x64(dtype == "float64"):
        table = ChiSquareTable.build(np.array([nu]), np.dtype(dtype), jump=Jump(k, 0.25))
        found = np.asarray(table.log_ratio(jnp.asarray(SCORES, dtype), jnp.full(len(SCORES), nu, dtype)), float)
    exact = sum_quantile(SCORES.astype(dtype).astype(float), nu, k) + (k - 1) * 0.25
    assert np.max(abs(found - exact) / np.maximum(np.max(abs(exact)), 1)) < most


# runs


VARIANTS = ({}, {"estimator": "unbiased"}, {"bias_first_generation": True, "sampling_bias": 1.3})


def p_of_law(one: Loop, seed: int, generation: int) -> float:
    """p-value of the law of log σ² at a generation, for values at generation 60."""
    ran = run(one, seed)
    assert ran.generations.tolist() == [0, 20, 40, 60]
    values = ran.observables["log_variance"].values[0].astype(float)
    return stats.kstest(np.asarray(evaluate(LAW.cdf, one, generation, values)), "uniform").pvalue


def p_of_naive_loop(seed: int, generations: int) -> float:
    """p-value of the hypothesis that the loop, written down in NumPy generation by generation, has the law of the run."""
    rng, n, bias = np.random.default_rng(seed), 12, 0.9
    spread = np.log(2.5) + np.log(rng.chisquare(n - 1, 20_000) / n)
    for _ in range(2, generations + 1):
        spread = spread + np.log(bias) + np.log(rng.chisquare(n - 1, 20_000) / n)
    return stats.ks_2samp(run(loop(), seed).observables["log_variance"].values[0], spread).pvalue


@pytest.mark.parametrize("options", VARIANTS)
def test_a_run_that_jumps_meets_the_law(options: dict[str, Any], seed: int) -> None:
    assert p_of_law(loop(**options), seed, 60) > FALSE_ALARM


@pytest.mark.parametrize("options", VARIANTS)
def test_a_wrong_generation_is_rejected(options: dict[str, Any], seed: int) -> None:
    assert p_of_law(loop(**options), seed, 50) < FALSE_ALARM


def test_a_run_that_jumps_meets_a_naive_loop(seed: int) -> None:
    assert p_of_naive_loop(seed, 60) > FALSE_ALARM


def test_a_naive_loop_of_a_wrong_length_is_rejected(seed: int) -> None:
    assert p_of_naive_loop(seed, 57) < FALSE_ALARM


def test_a_million_generations(seed: int) -> None:
    """10⁶ generations in a thousand steps: mean and variance of log σ²; variances of sums of so many are those of normals."""
    one, replicas = loop(n=100, sampling_bias=1.0, estimator="unbiased"), 2000
    ran = run(one, seed, generations=10**6, jump=1000, replicas=replicas, keep=[10**6])
    values = ran.observables["log_variance"].values[0].astype(float)
    mean, variance = (float(np.asarray(evaluate(f, one, 10**6))[-1]) for f in (LAW.mean, LAW.variance))
    assert abs(values.mean() - mean) < z_bound(2) * np.sqrt(variance / replicas)
    assert abs(values.var(ddof=1) / variance - 1) < z_bound(2) * np.sqrt(2 / replicas)


def test_a_jump_of_one_changes_nothing() -> None:
    one, other = run(loop(), 3, jump=1, replicas=500), simulate(loop(), seed=3, generations=60, replicas=500, keep=[60],
                                                                observables=["log_variance"], devices=1)  # fmt: skip
    assert np.array_equal(one.observables["log_variance"].values, other.observables["log_variance"].values)
    assert one.provenance == other.provenance


REFUSED = {
    "no divisor": ({}, {"jump": 7}), "no number": ({}, {"jump": True}), "zero": ({}, {"jump": 0}),
    "more dimensions": ({"dim": 2}, {}), "another schedule": ({"schedule": Accumulate(n=12)}, {}),
    "sizes": ({"n": [12] * 60}, {}), "one point": ({"n": 1}, {}), "biases": ({"sampling_bias": [0.9] * 60}, {}),
    "points": ({}, {"draw": "points"}), "tilt": ({}, {"tilt": 0.5}), "claim": ({}, {"claim": loop()}),
    "the mean": ({}, {"observables": ["log_variance", "mean_square_drift"]}),
    "improvement": ({}, {"observables": ["improvement"]}),
    "kept": ({}, {"keep": [30]}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_jump_is_refused(name: str) -> None:
    about, options = REFUSED[name]
    with pytest.raises(BadInput, match="keep" if name == "kept" else "jump"):
        run(loop(**about), 1, **options)


def test_every_observable_of_the_variance_may_be_asked_for() -> None:
    names = ["variance", "log_variance", "entropy", "effective_rank", "tail_probability"]
    ran = run(loop(), 1, observables=names, keep=[])
    assert list(ran.observables) == names


def test_the_command_line_jumps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "loop.toml").write_text(loop().to_toml(), encoding="utf-8")
    assert main(["simulate", "loop.toml", "--generations", "60", "--jump", "20", "--observables", "log_variance"]) == 0
    assert "t=40" in capsys.readouterr().out
    assert main(["simulate", "loop.toml", "--generations", "60", "--jump", "7", "--observables", "log_variance"]) == 2
    assert capsys.readouterr().err.startswith("jump: expected a whole number that divides the 60 generations; got 7")

"""What holds on a GPU: kernel, ordinary loop and closed forms agree there. Left out where JAX finds none.

`JAX_PLATFORMS=cuda,cpu python -m pytest tests/test_accelerator.py` on a machine that has one.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np
import pytest

import madtheory as mad
from madtheory import _kernel
from madtheory.random import ChiSquareTable, normal, philox4x32, seed_words
from madtheory.schedules import Accumulate, AccumulateSubsample, Replace
from tests.engine_cases import OBSERVABLES, PLAIN, Case, fingerprint, spread, values
from tests.false_alarms import FALSE_ALARM, z_bound

pytestmark = pytest.mark.skipif(jax.default_backend() == "cpu", reason="JAX finds no accelerator")

REPLICAS = 3000
CLOSE = 3e-3  # of a standard deviation over replicas: 24 bits through a few generations of factors
TIGHT = 1e-11  # the same in double precision


def run(case: Case, setting: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Any:
    """600 replicas and more, in tiles of the accelerator's own width."""
    monkeypatch.setenv(_kernel.SETTING, setting)
    return case.run(11, bias=0.9, **({"replicas": REPLICAS, "tile": None} | options))


def gap(one: Any, other: Any) -> float:
    """Largest difference of what replicas measure, in standard deviations over them."""
    return float(np.max(abs(values(one) - values(other)) / np.std(values(other), axis=0)))


@pytest.mark.parametrize("name", PLAIN)
def test_a_kernel_does_what_the_loop_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In single precision, and against double precision: products of matrices are not rounded to ten bits."""
    exact = run(PLAIN[name], "off", monkeypatch, dtype="float64")
    assert gap(run(PLAIN[name], "on", monkeypatch), exact) < CLOSE
    assert gap(run(PLAIN[name], "off", monkeypatch), exact) < CLOSE


@pytest.mark.parametrize("name", ["replace-1", "accumulate-1"])
def test_a_kernel_in_double_precision(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (run(PLAIN[name], setting, monkeypatch, dtype="float64") for setting in ("on", "off"))
    assert gap(one, other) < TIGHT


@pytest.mark.parametrize("name", list(spread(0)))
def test_every_schedule_in_single_and_double_precision(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels or not, points or statistics, every schedule of the catalogue."""
    case = spread(0)[name]
    exact = run(case, "off", monkeypatch, replicas=500, dtype="float64")
    assert gap(run(case, "on", monkeypatch, replicas=500), exact) < 10 * CLOSE


@pytest.mark.parametrize("dim", [5, 10])
def test_large_matrices(dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for schedule in (Replace(n=40), Accumulate(n=40)):
        loop = mad.Loop(model=mad.models.Gaussian(dim=dim), truth=mad.Truth(mean=np.zeros(dim), covariance=np.eye(dim)),
                        schedule=schedule, sampling_bias=1.0, bias_first_generation=False, estimator="unbiased")  # fmt: skip
        asked = {"generations": 6, "observables": OBSERVABLES, "keep": [6], "replicas": 200, "seed": 3}
        single, double = (mad.simulate(loop, dtype=dtype, **asked) for dtype in ("float32", "float64"))
        assert gap(single, double) < CLOSE


def test_the_same_bits_again_and_in_any_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica's bits depend on its number and the seed alone: not on how many run with it, nor on what is kept."""
    case = PLAIN["replace-1"]
    many, few = (run(case, "on", monkeypatch, replicas=replicas) for replicas in (REPLICAS, 100))
    assert np.array_equal(values(many)[:100], values(few))
    assert fingerprint(many) == fingerprint(run(case, "on", monkeypatch))
    narrow = run(case, "on", monkeypatch, tile=256, devices="pmap")
    assert np.array_equal(values(narrow), values(many))


def test_segments_give_the_bits_of_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept at generation 40 does not depend on whether the run goes on to 300."""
    case = PLAIN["replace-1"]
    short, long = (run(case, "on", monkeypatch, generations=t, keep=[40]) for t in (40, 300))
    assert np.array_equal(values(short), values(long))


every_schedule = pytest.mark.parametrize("schedule", [Replace(n=30), Accumulate(n=30), AccumulateSubsample(n=30)])


def failures(schedule: Any, seed: int, *, wrong: bool) -> int:
    """Verdicts that fail at a false-alarm rate of 10⁻⁶, against the loop's own laws or those of the other estimator."""
    options = {"sampling_bias": 1.0, "bias_first_generation": False}
    loops = [mad.Loop(model=mad.models.Gaussian(dim=1), truth=mad.Truth(mean=[0.0], covariance=[[1.0]]), schedule=schedule,
                      estimator=estimator, **options) for estimator in ("unbiased", "mle")]  # fmt: skip
    asked = {"generations": 12, "replicas": 20_000, "seed": seed, "level": FALSE_ALARM}
    found = mad.verify(loops[0], against=loops[1] if wrong else None, **asked)
    return sum(verdict.status == "failed" for verdict in found)


@every_schedule
def test_closed_forms_are_met(schedule: Any, seed: int) -> None:
    assert failures(schedule, seed, wrong=False) == 0


@every_schedule
def test_a_wrong_estimator_is_rejected(schedule: Any, seed: int) -> None:
    assert failures(schedule, seed, wrong=True) > 0


def test_draws_have_their_law(seed: int) -> None:
    """10⁸ normals and log chi-squares, in float32 on the device: means and variances."""
    count, nu = 10**8, 9.0
    table = ChiSquareTable.build(np.array([nu]), np.float32)

    @jax.jit
    def moments(k0: Any, k1: Any) -> Any:
        with jax.enable_x64(True):
            lane = jax.numpy.arange(count, dtype=np.uint32)
            zero = np.uint32(0)
            words = philox4x32((zero, lane, zero, zero), (k0, k1))
            z, y = normal(words[0], np.float32), table.log_ratio(normal(words[1], np.float32), np.float32(nu))
            return [(x.astype(np.float64).mean(), (x.astype(np.float64) ** 2).mean()) for x in (z, y)]

    from scipy.special import digamma, polygamma

    (z1, z2), (y1, y2) = ((float(a), float(b)) for a, b in moments(*seed_words(seed)))
    mean, variance = digamma(nu / 2) - math.log(nu / 2), polygamma(1, nu / 2)
    assert abs(z1) * math.sqrt(count) < z_bound(4)
    assert abs(z2 - 1) * math.sqrt(count / 2) < z_bound(4)
    assert abs(y1 - mean) * math.sqrt(count / variance) < z_bound(4)
    fourth = polygamma(3, nu / 2) + 3 * variance**2
    assert abs(y2 - y1**2 - variance) * math.sqrt(count / (fourth - variance**2)) < z_bound(4)

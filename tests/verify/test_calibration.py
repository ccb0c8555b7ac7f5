"""Promise 6: a true law is called false as often as the level says, no more and no less.

The full measurement, thousands of runs for every schedule, is `python -m benchmarks.calibration`; its results are in
benchmarks/results/calibration.md.
"""

from __future__ import annotations

import pytest

from madtheory.verify._finding import sidak
from tests.verify.cases import CASES, Case, alarm, band, by_check, eleven_for_ten, seeds, uniform

FAST = ("replace", "fresh", "accumulate", "accumulate_subsample")
RUNS = 75
FALSE_ALARM = 0.001  # of each test here: the 99.9 % band of the binomial


def test_true_laws_fail_at_the_level(seed: int) -> None:
    runs = {name: [CASES[name].verify(s) for s in seeds(seed + i, RUNS)] for i, name in enumerate(FAST)}
    for level in (0.05, 0.01):
        alarms = {name: sum(alarm(verdicts, level) for verdicts in own) for name, own in runs.items()}
        lower, upper = band(level, RUNS * len(FAST), 1 - FALSE_ALARM)
        assert lower <= sum(alarms.values()) <= upper, alarms
    checks = {(name, check): p for name, own in runs.items() for check, p in by_check(own).items()}
    poor = {key: value for key, p in checks.items() if (value := uniform(p)) < sidak(FALSE_ALARM, len(checks))}
    assert not poor


def test_the_band_notices_a_wrong_level(seed: int) -> None:
    """Power: were each check judged at the level of the whole family, the same runs would leave the band."""
    runs = [CASES["replace"].verify(s) for s in seeds(seed, RUNS)]
    checks = by_check(runs)
    unshared = sum(bool(min(p[i] for p in checks.values() if i < len(p)) <= 0.05) for i in range(RUNS))
    assert unshared > band(0.05, RUNS, 1 - FALSE_ALARM)[1]


def test_wrong_p_values_are_rejected(seed: int) -> None:
    """Power: p-values of a false law are not uniform."""
    case = CASES["fresh"]
    runs = [case.verify(s, against=eleven_for_ten(case)) for s in seeds(seed, RUNS)]
    assert min(uniform(p) for p in by_check(runs).values()) < FALSE_ALARM


@pytest.mark.parametrize("level", [0.05, 0.01])
def test_verdicts_are_judged_at_a_level_that_all_share(level: float, seed: int) -> None:
    verdicts = CASES["fresh"].verify(seed, level)
    carrying = [v for v in verdicts if v.p_value is not None and v.status != "untestable"]
    assert {v.level for v in carrying} == {sidak(level, len(carrying))}
    assert all((v.status == "failed") == (v.p_value <= v.level) for v in carrying if v.p_value is not None)
    assert any(v.status == "failed" for v in verdicts) == alarm(verdicts, level)


def test_the_same_run_gives_the_same_verdicts(seed: int) -> None:
    case: Case = CASES["accumulate"]
    assert case.verify(seed) == case.verify(seed)

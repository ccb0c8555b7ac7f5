"""Promise 5: no verdict outside its validity, and the raw mean is carried on by a tilted run."""

from __future__ import annotations

import equinox as eqx
import pytest

from madtheory import Loop
from madtheory.laws._cases import gaussian_loop
from madtheory.laws._horizon import calibrated_horizon, mean_horizon, precision_horizon, visible_horizon
from madtheory.schedules import Replace
from madtheory.verify import Verdict, verify
from madtheory.verify._end_of_run import raw_horizon

LOOP = gaussian_loop(Replace(n=10))
MANY = 100_000

# t_z, rounded down; t_ε for 1 % and 10 %, and t*, rounded.
TABLE = {
    (5, 10**4): (5, 2, 11, 40), (5, 10**5): (7, 6, 17, 50), (5, 10**6): (10, 11, 23, 60), (5, 10**7): (12, 17, 28, 70),
    (10, 10**4): (9, 3, 23, 86), (10, 10**5): (14, 12, 34, 108), (10, 10**6): (18, 23, 46, 129), (10, 10**7): (23, 34, 57, 151),
    (50, 10**4): (42, 17, 115, 454), (50, 10**5): (64, 60, 173, 568), (50, 10**6): (84, 115, 230, 682),
    (50, 10**7): (105, 173, 288, 795), (100, 10**4): (84, 35, 231, 915), (100, 10**5): (126, 120, 345, 1144),
    (100, 10**6): (167, 231, 461, 1372), (100, 10**7): (207, 345, 576, 1601), (1000, 10**4): (832, 347, 2308, 9204),
    (1000, 10**5): (1252, 1199, 3454, 11505), (1000, 10**6): (1655, 2308, 4605, 13806), (1000, 10**7): (2049, 3454, 5756, 16107),
}  # fmt: skip


def horizons(n: int, replicas: int) -> tuple[int, ...]:
    """t_z, t_ε at 1 % and 10 %, t*, as in the table."""
    precise = (precision_horizon(n, replicas, precision) for precision in (0.01, 0.1))
    return int(calibrated_horizon(n, replicas)), *map(round, precise), round(visible_horizon(n, replicas))


@pytest.mark.parametrize(("case", "expected"), TABLE.items())
def test_horizons_are_those_of_the_table(case: tuple[int, int], expected: tuple[int, ...]) -> None:
    assert horizons(*case) == expected


def raw(verdicts: list[Verdict], t: int) -> list[Verdict]:
    """Verdicts on raw means at generation t."""
    raw_means = ("variance", "mean_square_drift")
    return [v for v in verdicts if v.observable in raw_means and v.check == "end_of_run" and v.generation == t]


@pytest.mark.parametrize("t", [15, 16, 30, 108, 1000])
def test_a_raw_mean_beyond_its_horizon_is_untestable(t: int) -> None:
    """With 10⁵ replicas by the horizon, with 1,000 by the verdicts themselves."""
    assert t > mean_horizon(10, MANY) == raw_horizon(LOOP, MANY)
    verdicts = verify(LOOP, generations=t, observables=["variance", "mean_square_drift"], replicas=1000, seed=t, devices=1)
    assert [v.status for v in raw(verdicts, t)] == ["untestable", "untestable"]
    assert all(v.p_value is None and v.level is None and not v.passed for v in raw(verdicts, t))


def test_a_raw_mean_within_its_horizon_is_tested_there(seed: int) -> None:
    verdicts = verify(LOOP, generations=15, observables=["variance"], replicas=MANY, seed=seed, level=1e-4, devices=1)
    (late,), (early,) = raw(verdicts, 15), raw(verdicts, int(mean_horizon(10, MANY)))
    assert (late.status, early.status) == ("untestable", "passed")


def far(seed: int, claim: Loop) -> list[Verdict]:
    """Verdicts on a claim at generation 200."""
    size = {"generations": 200, "replicas": 10_000, "devices": 1}
    return verify(LOOP, **size, observables=["variance"], seed=seed, level=1e-4, against=claim)


def tilted(verdicts: list[Verdict]) -> Verdict:
    """The verdict on the tilted run."""
    return next(v for v in verdicts if v.check == "tilted")


def test_the_tilted_mean_is_right_at_generation_200(seed: int) -> None:
    """E σ² = 1 there, while the sample mean of as many replicas is near 0."""
    assert tilted(far(seed, LOOP)).passed


def test_the_tilted_mean_rejects_a_wrong_law(seed: int) -> None:
    """λ off by 10⁻³ makes E σ² wrong by 22 % at generation 200."""
    claim = eqx.tree_at(lambda lo: lo.sampling_bias, LOOP, LOOP.sampling_bias * 1.001)
    assert tilted(far(seed, claim)).status == "failed"

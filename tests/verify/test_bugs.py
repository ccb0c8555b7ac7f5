"""Promise 11: planted bugs are caught. The whole catalogue runs in `python -m benchmarks.calibration`."""

from __future__ import annotations

import pytest

from madtheory.verify._finding import sidak
from tests.verify.bugs import BUGS
from tests.verify.cases import seeds
from tests.verify.planting import failed, planted, run

FAST = (
    "variance_1_percent", "mean_and_variance_share_words", "same_words_every_generation", "replicas_share_streams",
    "tiles_repeat", "padding_leaks", "one_generation_5_percent", "real_and_synthetic_share_words",
)  # fmt: skip
RUNS = 2
LEVEL = 1e-4  # of a run without a bug, so that these tests do not fail by chance


@pytest.mark.slow
@pytest.mark.parametrize("name", FAST)
def test_a_planted_bug_is_caught(name: str, seed: int) -> None:
    bug = BUGS[name]
    with planted(bug):
        found = [failed(run(bug, s, LEVEL)) for s in seeds(seed, RUNS)]
    assert all(any(check.startswith(bug.by) for check in checks) for checks in found), found


@pytest.mark.parametrize("name", ["variance_1_percent"])
def test_nothing_is_found_once_the_bug_is_out(name: str, seed: int) -> None:
    bug = BUGS[name]
    with planted(bug):
        pass
    assert failed(run(bug, seed, sidak(LEVEL, len(FAST)))) == []


def test_the_catalogue_is_complete() -> None:
    assert len(BUGS) >= 25
    assert set(FAST) <= set(BUGS)
    assert all(bug.says and bool(bug.by) != bool(bug.lost) for bug in BUGS.values())

"""Laws that are not exact: bounds hold on one side, and first-order laws get better as samples grow."""

from __future__ import annotations

import pytest

from madtheory.laws import ATLAS
from madtheory.laws._cases import gaussian_loop
from madtheory.schedules import Replace
from madtheory.simulate import Simulation, simulate
from madtheory.verify._bound import bound
from madtheory.verify._shrinking import shrinking
from tests.verify.resolution import off_by

LOOP = gaussian_loop(Replace(n=60), dim=2)
LOWER, FIRST_ORDER = ATLAS["replace-w2-squared-lower"], ATLAS["first-order-w2-squared"]
LEVEL = 1e-4


@pytest.fixture
def run(seed: int) -> Simulation:
    return simulate(LOOP, generations=5, observables=["w2_squared"], replicas=4000, seed=seed, devices=1)


def test_a_bound_holds(run: Simulation) -> None:
    (finding,) = bound(LOWER, LOOP, run)
    assert finding.judge(LEVEL).passed


def test_a_wrong_bound_is_rejected(run: Simulation) -> None:
    (finding,) = bound(LOWER, LOWER.wrong(LOOP), run)
    assert finding.judge(LEVEL).status == "failed"


def test_a_first_order_law_improves(run: Simulation, seed: int) -> None:
    (finding,) = shrinking(FIRST_ORDER, LOOP, run, seed)
    assert finding.judge(LEVEL).passed


def test_a_wrong_first_order_law_is_rejected(run: Simulation, seed: int) -> None:
    (finding,) = shrinking(off_by(FIRST_ORDER, 0.5), LOOP, run, seed)
    assert finding.judge(LEVEL).status == "failed"


def test_what_does_not_change_is_untestable(seed: int) -> None:
    """In one dimension the effective rank is 1 for ever: no deviation can be measured against no change."""
    loop, law = gaussian_loop(Replace(n=60)), ATLAS["first-order-effective-rank"]
    own = simulate(loop, generations=3, observables=["effective_rank"], replicas=1024, seed=seed, devices=1)
    (finding,) = shrinking(law, loop, own, seed)
    assert finding.judge(LEVEL).status == "untestable"

"""Laws of the families beside the Gaussian: each holds on its cases, and its wrong neighbour is rejected there."""

from __future__ import annotations

from typing import Any

import pytest

from madtheory.laws import ATLAS, Law, Quantity
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.verify import verify
from tests.false_alarms import FALSE_ALARM

REPLICAS = 20_000
SURE = 0.99


def cases() -> list[Any]:
    """Every law with its loops; beyond the first of a law they are slow tests."""
    laws = [law for law in ATLAS.values() if not isinstance(law, Quantity) and not isinstance(Gaussian(dim=1), law.family)]
    slow = (pytest.mark.slow,)
    numbered = [(law, i, case) for law in laws for i, case in enumerate(law.cases())]
    return [pytest.param(law, *case, id=f"{law.name}-{i}", marks=slow if i else ()) for law, i, case in numbered]


@pytest.mark.parametrize(("law", "loop", "generations"), cases())
def test_the_law_holds_and_its_wrong_neighbour_is_rejected(law: Law, loop: Loop, generations: int) -> None:
    options = {"generations": generations, "observables": [law.observable], "replicas": REPLICAS, "level": FALSE_ALARM}
    own = verify(loop, seed=5, **options)
    assert [verdict for verdict in own if verdict.status == "failed"] == []
    assert any(verdict.status == "passed" and verdict.law == law.name for verdict in own)
    wrong = verify(loop, seed=6, against=law.wrong(loop), **options)
    ours = [verdict for verdict in own if law.kind == "exact" or verdict.law == law.name]
    powers = [verdict.power for verdict in ours if verdict.power is not None]
    assert max(powers, default=1.0) >= SURE  # bounds, and deviations that must shrink, declare no power
    assert any(verdict.status == "failed" for verdict in wrong)
    assert powers or law.kind != "exact"

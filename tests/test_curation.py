"""What curations keep, against naive choices and closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from madtheory import curation
from madtheory.curation import Acceptance, BestOf, Preference, Tilt, TopShare
from madtheory.laws._selection import kept
from tests.false_alarms import worst_z, z_bound
from tests.naive_steering import naive_choice

CURATIONS = [case for kind in curation.KINDS.values() for case in kind.cases()]
named = pytest.mark.parametrize

SELECTIONS: list[Any] = [
    *(case for case in CURATIONS if not isinstance(case, Tilt)),
    BestOf(candidates=3, novelty=1.0),
    TopShare(share=0.25, centre=[0.9], strength=1.0),
    TopShare(share=0.25, centre=[0.9], strength=-1.0),
    Preference(candidates=5, centre=[0.9], strength=-0.3),
    Acceptance(least=-1.0, direction=[-2.0]),
    Acceptance(least=0.4, novelty=0.5),
]


@named("case", SELECTIONS, ids=lambda case: case.kind)
def test_what_is_kept_is_what_a_naive_choice_keeps(case: Any, seed: int) -> None:
    rng, mean, variance, groups = np.random.default_rng(seed), 0.4, 1.7, 600
    points = mean + np.sqrt(variance) * rng.normal(size=(groups, 6000))
    chosen = naive_choice(case, points, np.full((groups, 1), mean), rng)
    first, second = kept(case, mean, variance)
    means = np.stack([chosen.mean(axis=1), ((chosen - first) ** 2).mean(axis=1)], axis=1)
    assert worst_z(means, np.array([first, second])) < z_bound(2 * len(SELECTIONS))


def test_a_choice_among_one_more_is_rejected(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(600, 6000))
    chosen = naive_choice(BestOf(candidates=3, direction=[1.0]), points, np.zeros((600, 1)), rng)
    first, _ = kept(BestOf(candidates=4, direction=[1.0]), 0.0, 1.0)
    assert worst_z(chosen.mean(axis=1)[:, None], np.array([first])) > z_bound(1)


@named("b", [0.2, 2.0])
def test_two_candidates_have_a_closed_form(b: float) -> None:
    def integrand(u: float) -> float:
        return float(u * np.tanh(b * u / np.sqrt(2)) * stats.norm.pdf(u) / np.sqrt(2))

    shift = integrate.quad(integrand, -12, 12)[0]
    assert kept(Preference(candidates=2, direction=[b]), 0.0, 1.0) == pytest.approx((shift, 1 - shift**2), rel=1e-9)
    if b == 2.0:
        assert shift == pytest.approx(0.48, abs=5e-5)


def test_known_selections() -> None:
    for share, total in ((0.5, 2.0088), (0.1, 2.9809)):
        response, left = kept(TopShare(share=share, direction=[1.0]), 0.0, 1.0)
        assert response / (1 - np.sqrt(left)) == pytest.approx(total, abs=5e-5)
    assert kept(BestOf(candidates=2, direction=[-3.0]), 0.0, 1.0) == pytest.approx((-1 / np.sqrt(np.pi), 1 - 1 / np.pi), rel=1e-9)
    assert kept(TopShare(share=1.0, novelty=1.0), 0.3, 2.0) == pytest.approx((0.3, 2.0), rel=1e-9)
    assert kept(Tilt(centre=[1.0], strength=0.5), 0.0, 2.0) == pytest.approx((0.5, 1.0), rel=1e-12)
    assert kept(Tilt(direction=[0.3]), 1.0, 2.0) == pytest.approx((1.6, 2.0), rel=1e-12)
    assert np.isnan(kept(Tilt(novelty=0.6), 0.0, 2.0)).all()
    strong = kept(Preference(candidates=3, direction=[60.0]), 0.0, 1.0)
    assert strong == pytest.approx(kept(BestOf(candidates=3, direction=[1.0]), 0.0, 1.0), abs=2e-3)

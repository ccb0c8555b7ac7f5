"""Multivariate Student loops: the covariance of a draw, the laws that hold for every family, and one that does not."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from madtheory.errors import BadInput
from madtheory.laws import ATLAS
from madtheory.loop import Loop
from madtheory.models import MultivariateStudent
from madtheory.random import SYNTHETIC, Stream, seed_words
from madtheory.schedules import Fresh, Replace, Schedule
from madtheory.simulate import simulate
from madtheory.truth import Truth
from madtheory.verify import verify
from tests.false_alarms import FALSE_ALARM, worst_z, z_bound

MODEL, TRUTH = MultivariateStudent.cases()[0]


def loop(schedule: Schedule, estimator: str = "unbiased") -> Loop:
    """A loop in two dimensions."""
    return Loop(model=MODEL, truth=TRUTH, schedule=schedule, bias_first_generation=False, estimator=estimator)


def test_points_have_the_covariance_of_the_model_and_heavier_tails(seed: int) -> None:
    words = Stream(seed_words(seed), jnp.uint32(0), jnp.uint32(1)).words(SYNTHETIC)
    points = jax.jit(lambda: MODEL.draw_points(words, MODEL.truth(None, np.float32), 40_000, 1.0))()
    points = np.asarray(points, np.float64)
    assert worst_z(points[:, :, None] * points[:, None, :], np.eye(2)) < z_bound(4)
    assert (points[:, 0] ** 4).mean() > 3.3  # 3 for Gaussian points, 4.5 here


@pytest.mark.parametrize("schedule", [Replace(n=12), Fresh(n_real=8, n_synthetic=12)], ids=["replace", "fresh"])
def test_expected_moments_are_those_of_every_family(schedule: Schedule, seed: int) -> None:
    options = {"generations": 3, "observables": ["variance", "mean_square_drift"], "replicas": 10_000, "level": FALSE_ALARM}
    found = verify(loop(schedule), seed=seed, **options)
    assert [verdict for verdict in found if verdict.status == "failed"] == []
    assert {"composition-variance", "composition-mean-square-drift"} <= {verdict.law for verdict in found}


def test_the_wrong_estimator_is_rejected(seed: int) -> None:
    own, claim = loop(Fresh(n_real=8, n_synthetic=12)), loop(Fresh(n_real=8, n_synthetic=12), "mle")
    wrong = verify(own, generations=3, observables=["variance"], replicas=10_000, level=FALSE_ALARM, seed=seed, against=claim)
    assert any(verdict.status == "failed" for verdict in wrong)


def test_a_law_of_the_gaussian_alone_is_refused() -> None:
    assert not ATLAS["replace-log-variance"].applies(loop(Replace(n=12)))
    with pytest.raises(BadInput, match="above 2"):
        MultivariateStudent(dim=2, degrees=2.0)


def test_tiny_scales_are_kept() -> None:
    run: Any = simulate(loop(Replace(n=4), "mle"), generations=200, replicas=64, observables=["log_variance"])
    assert run.failed == ()
    assert run.observables["log_variance"].mean[-1] < -100
    assert isinstance(TRUTH, Truth)

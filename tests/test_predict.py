"""`predict`: which law is chosen, what is said of the others, and the document it becomes."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from madtheory.errors import BadInput, LawDoesNotApply
from madtheory.laws import ATLAS, Law, evaluate
from madtheory.laws._cases import gaussian_loop
from madtheory.models import Gaussian
from madtheory.observables import catalogue, reported
from madtheory.predict import PREDICTIVE, candidates, json_numbers, predict
from madtheory.schedules import Accumulate, AccumulateSubsample, FixedReal, Fresh, Replace, Schedule, Weighted, Window

SCHEDULES: dict[str, Schedule] = {
    "replace": Replace(n=10),
    "accumulate": Accumulate(n=10),
    "accumulate_subsample": AccumulateSubsample(n=10),
    "fixed_real": FixedReal(n_real=10, n_synthetic=20),
    "fresh": Fresh(n_real=10, n_synthetic=20),
    "weighted": Weighted(n_real=10, n_synthetic=20, weight="golden"),
    "window": Window(n=12, window=3),
}
EXPECTED = {
    ("replace", "variance"): "replace-variance",
    ("replace", "w2_squared"): "replace-w2-squared",
    ("accumulate", "variance"): "accumulate-variance",
    ("accumulate", "log_variance"): "accumulate-log-variance",
    ("accumulate", "kl_forward"): "first-order-kl-forward",
    ("accumulate_subsample", "mean_square_drift"): "subsample-mean-square-drift",
    ("fixed_real", "variance"): "composition-variance",
    ("fresh", "frechet"): "first-order-frechet",
    ("weighted", "improvement"): "first-order-improvement",
    ("window", "drift"): "composition-drift",
}
every_schedule = pytest.mark.parametrize("kind", SCHEDULES)


@pytest.mark.parametrize(("kind", "observable", "law"), [(*key, law) for key, law in EXPECTED.items()])
def test_the_strongest_law_is_chosen(kind: str, observable: str, law: str) -> None:
    loop = gaussian_loop(SCHEDULES[kind])
    said = predict(loop, 5, [observable]).observables[observable]
    assert (said.law, said.kind, said.reference) == (law, ATLAS[law].kind, ATLAS[law].source)
    assert said.mean == pytest.approx(evaluate(ATLAS[law].mean, loop, 5))
    assert set(said.passed_over) == {other.name for other in candidates(observable, Gaussian(dim=1))} - {law}


@every_schedule
@pytest.mark.parametrize("dim", [1, 3])
def test_every_observable_is_answered_and_starts_at_the_truth(kind: str, dim: int) -> None:
    prediction = predict(gaussian_loop(SCHEDULES[kind], dim=dim), 4)
    assert list(prediction.observables) == list(reported(Gaussian(dim=1)))
    assert prediction.generations.tolist() == [0, 1, 2, 3, 4]
    for name, said in prediction.observables.items():
        assert (said.law is None) == (said.mean is None)
        assert said.mean is None or len(said.mean) == 5
        assert said.sd is None or (said.sd.shape == said.mean.shape and np.all(said.sd[0] == 0))
        if name in ("drift", "mean_square_drift", "w2_squared", "frechet", "kl_forward", "kl_reverse"):
            assert said.mean is not None
            assert said.mean[0] == pytest.approx(0, abs=1e-12)


@every_schedule
def test_reasons_are_given_for_the_laws_passed_over(kind: str) -> None:
    prediction = predict(gaussian_loop(SCHEDULES[kind]), 3)
    for said in prediction.observables.values():
        assert all(reason.startswith("needs ") or reason == f"{said.law} comes first" for reason in said.passed_over.values())


def test_a_weaker_law_never_wins() -> None:
    for name in catalogue(Gaussian(dim=1)):
        ranks = [(PREDICTIVE.index(law.kind), law.recursive) for law in candidates(name, Gaussian(dim=1))]
        assert ranks == sorted(ranks)


def test_bounds_are_used_only_by_name() -> None:
    loop = gaussian_loop(Replace(n=10))
    bound = next(law for law in ATLAS.values() if law.kind == "lower" and law.applies(loop))
    assert bound.name not in predict(loop, 3, [bound.observable]).observables[bound.observable].passed_over
    assert predict(loop, 3, [bound.name]).observables[bound.name].kind == "lower"


def test_a_law_named_outside_its_hypotheses_says_so() -> None:
    with pytest.raises(LawDoesNotApply, match="the accumulate schedule"):
        predict(gaussian_loop(Replace(n=10)), 3, ["accumulate-variance"])


@pytest.mark.parametrize("name", ["varianse", "", 3, "effective-sample-size", None])
def test_unknown_names_are_refused(name: object) -> None:
    with pytest.raises(BadInput, match="observables"):
        predict(gaussian_loop(Replace(n=10)), 3, [name])  # type: ignore[list-item]


def test_the_document_is_plain_json() -> None:
    document = predict(gaussian_loop(Fresh(n_real=10, n_synthetic=20), dim=2), 3).to_dict()
    again = json.loads(json.dumps(document, allow_nan=False))
    assert again == document
    assert again["generations"] == [0, 1, 2, 3]
    assert set(again["observables"]["variance"]) == {"law", "kind", "reference", "mean", "sd"}
    assert again["observables"]["variance"]["sd"] is None  # two dimensions: the fourth moments are not known


def test_infinity_is_a_word_and_null_is_the_unknown() -> None:
    assert json_numbers(np.array([[1.0, np.inf], [-np.inf, np.nan]])) == [[1.0, "inf"], ["-inf", None]]
    assert json_numbers(None) is None
    assert float("inf") == float(str(json_numbers(np.inf)))


@pytest.mark.parametrize("kind", ["replace", "accumulate", "accumulate_subsample", "fixed_real", "fresh", "weighted"])
def test_thousands_of_generations_are_quick(kind: str) -> None:
    start = time.process_time()
    said = predict(gaussian_loop(SCHEDULES[kind]), 3000, ["variance", "mean_square_drift"]).observables
    assert time.process_time() - start < 60
    assert all(np.all(np.isfinite(x.mean)) for x in said.values())


def test_a_law_must_state_its_mean() -> None:
    with pytest.raises(NotImplementedError):
        Law().mean(gaussian_loop(Replace(n=10)), 1)

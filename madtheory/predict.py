"""What theory says of a loop: for each observable, the strongest law that applies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from madtheory.errors import BadInput, LawDoesNotApply, did_you_mean
from madtheory.laws import ATLAS, STRENGTH, Law, Quantity, evaluate
from madtheory.loop import Loop
from madtheory.models import Family
from madtheory.observables import catalogue, reported

PREDICTIVE = ("exact", "deterministic_equivalent", "first_order")
"""Kinds that predict a number at a finite generation; limits, rates and bounds are used only when asked for by name."""


@dataclass(frozen=True)
class Predicted:
    """One observable over generations.

    Attributes:
        law: name of the law used, or `None` where no law applies.
        kind: how strong that law is.
        reference: its BibTeX key.
        mean: (T+1,) or (T+1, k) expectation over replicas.
        sd: standard deviation over replicas in the shape of `mean`; `None` where it is not known.
        passed_over: for every other law of this observable, why it was not used.
    """

    law: str | None = None
    kind: str | None = None
    reference: str | None = None
    mean: np.ndarray | None = None
    sd: np.ndarray | None = None
    passed_over: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The prediction as JSON-safe values."""
        words = {"law": self.law, "kind": self.kind, "reference": self.reference}
        return words | {"mean": json_numbers(self.mean), "sd": json_numbers(self.sd)}


@dataclass(frozen=True)
class Prediction:
    """What theory says of `loop` at `generations` 0…T, by the observable's name."""

    loop: Loop
    generations: np.ndarray
    observables: dict[str, Predicted]

    def to_dict(self) -> dict[str, Any]:
        """The prediction as JSON-safe values."""
        from madtheory._spec import to_dict

        said = {name: predicted.to_dict() for name, predicted in self.observables.items()}
        return {"loop": to_dict(self.loop), "generations": self.generations.tolist(), "observables": said}


def predict(loop: Loop, generations: int, observables: Sequence[str] | None = None) -> Prediction:
    """The strongest prediction of each observable at generations 0…`generations`.

    `observables` are names of observables, or of laws whose use is then forced; those that are reported by default.
    Raises `BadInput` for an unknown name, `LawDoesNotApply` for a law that was named and does not.
    """
    generations = loop.check_generations(generations)
    names = list(reported(loop.model)) if observables is None else list(observables)
    for name in names:
        check_name(name, loop.model)
    said = {name: _forced(ATLAS[name], loop, generations) if name in ATLAS else _best(name, loop, generations) for name in names}
    return Prediction(loop, np.arange(generations + 1), said)


def expectation(observable: str, loop: Loop, generations: int, law: Law | None = None) -> Predicted:
    """The mean alone, by `law` or by the strongest law that applies, of one observable at generations 0…`generations`.

    Raises `LawDoesNotApply` for a law that was named and does not.
    """
    chosen = law or next((law for law in candidates(observable, loop.model) if law.applies(loop)), None)
    if chosen is None:
        return Predicted()
    return Predicted(chosen.name, chosen.kind, chosen.source, evaluate(chosen.mean, loop, generations))


def check_name(name: object, model: Family) -> None:
    """Raise `BadInput` unless `name` is an observable or a law with values over generations."""
    law = ATLAS.get(name) if isinstance(name, str) else None
    known = catalogue(model)
    if name not in known and (law is None or isinstance(law, Quantity)):
        raise BadInput("observables", did_you_mean(name, known), name)


def candidates(observable: str, model: Family) -> list[Law]:
    """Laws that can predict a model's observable, the strongest first; then closed forms, then those that know the variance."""
    known = [law for law in ATLAS.values() if law.observable == observable and isinstance(model, law.family)]
    laws = [law for law in known if law.kind in PREDICTIVE]
    values = [law for law in laws if not isinstance(law, Quantity)]
    return sorted(values, key=lambda law: (STRENGTH.index(law.kind), law.recursive, type(law).variance is Law.variance))


def _best(observable: str, loop: Loop, generations: int) -> Predicted:
    ranked = candidates(observable, loop.model)
    reasons = {law.name: _reason(law, loop) for law in ranked}
    chosen = next((law for law in ranked if not reasons[law.name]), None)
    if chosen is None:
        return Predicted(passed_over=reasons)
    others = {name: reason or f"{chosen.name} comes first" for name, reason in reasons.items() if name != chosen.name}
    return _apply(chosen, loop, generations, others)


def _reason(law: Law, loop: Loop) -> str:
    """Why `law` does not apply; empty where it does."""
    try:
        law.require(loop)
    except LawDoesNotApply as refusal:
        return f"needs {refusal.hypothesis}"
    return ""


def _forced(law: Law, loop: Loop, generations: int) -> Predicted:
    law.require(loop)
    return _apply(law, loop, generations, {})


def _apply(law: Law, loop: Loop, generations: int, others: dict[str, str]) -> Predicted:
    variance = evaluate(law.variance, loop, generations)
    sd = None if variance is None else np.sqrt(np.maximum(variance, 0.0))
    return Predicted(law.name, law.kind, law.source, evaluate(law.mean, loop, generations), sd, others)


def json_numbers(values: Any) -> Any:
    """Nested lists of numbers that every JSON reader accepts.

    An infinite expectation is known, so it is written as the string "inf" or "-inf"; `null` stands for what is not known.
    """
    if values is None or isinstance(values, float):
        return _json_number(values)
    return [json_numbers(value) for value in np.asarray(values).tolist()] if np.ndim(values) else json_numbers(float(values))


def _json_number(value: float | None) -> float | str | None:
    if value is None or math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)

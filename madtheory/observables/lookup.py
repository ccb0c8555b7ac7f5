"""How many questions a table still answers."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import LookupView
from madtheory.observables._observable import Observable


class Accuracy(Observable):
    """Σ p over the questions that are answered right: the probability that the next one is (dimensionless)."""

    name: ClassVar[str] = "accuracy"
    view: ClassVar[type] = LookupView

    def value(self, seen: LookupView, world: Any) -> Any:
        return jnp.sum(world.probabilities * seen.known)


class KnownQuestions(Observable):
    """How many questions are answered right (counts)."""

    name: ClassVar[str] = "known_questions"
    view: ClassVar[type] = LookupView

    def value(self, seen: LookupView, world: Any) -> Any:
        return jnp.sum(seen.known)

"""A table of answers: questions come from the real law for ever, and the last model labels them."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory.models._average import Average
from madtheory.models._family import Family, Fitted, View
from madtheory.models._frequencies import CategoricalTruth
from madtheory.random import sparse_multinomial, uniforms
from madtheory.truth import RealLaw


class Questions(Fitted):
    """The real law as a run needs it.

    Attributes:
        probabilities: (K,) how often each question is asked.
    """

    probabilities: Any


class Known(Fitted):
    """A fitted table.

    Attributes:
        known: (K,) 1 for a question that is answered right, else 0.
    """

    known: Any


class LookupView(View):
    """A fitted table as observables read it."""

    @property
    def known(self) -> Any:
        """(K,) 1 or 0."""
        return self.model.known


class Lookup(Family):
    """The learner of Dohmatob et al. (2024, A Tale of Tails): it remembers every right answer that it has been shown.

    A point is a question, drawn from the real law in every generation, and its answer by the model that labels it. A table that
    lacks a question answers it wrong. Where a training set holds right and wrong answers to a question, the right one is learnt.
    """

    kind: ClassVar[str] = "lookup"
    truth_type: ClassVar[type[RealLaw]] = CategoricalTruth
    view: ClassVar[type] = LookupView
    loops: ClassVar[bool] = True
    carriers: ClassVar[tuple[str, ...]] = ("accuracy",)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Lookup(), CategoricalTruth.zipf(30, 1.5))]

    @property
    def dim(self) -> int:
        """2: the number of a question, and whether its answer is right."""
        return 2

    def bound(self, truth: CategoricalTruth, room: int) -> Family:
        return BoundLookup(asked=truth.probabilities)

    def world(self, truth: CategoricalTruth, dtype: Any) -> Questions:
        return Questions(truth.probabilities.astype(dtype))

    def truth(self, world: Questions, dtype: Any) -> Known:
        return Known(jnp.ones_like(jnp.asarray(world.probabilities, dtype)))

    def fit(self, summary: Average, estimator: str, reach: Any, words: Any = None) -> Known:
        return Known((summary.mean > 0).astype(summary.mean.dtype))


class BoundLookup(Lookup):
    """The learner of a run, which knows what is asked.

    Attributes:
        asked: (K,) probabilities of the questions.
    """

    asked: Any = eqx.field(kw_only=True)

    def draw(self, words: Any, model: Known, n: Any, bias: Any, tables: Any) -> Average:
        dtype = model.known.dtype
        counts = sparse_multinomial(words, jnp.asarray(n, jnp.int32), jnp.asarray(self.asked, dtype))
        n = jnp.asarray(n, dtype)
        return Average(n, n, jnp.where(model.known > 0, counts.astype(dtype), 0) / n)

    def draw_points(self, words: Any, model: Known, rows: int, bias: Any) -> Any:
        """Questions by inversion of their cumulative probabilities in float64, and whether the model knows them."""
        dtype = model.known.dtype
        with jax.enable_x64(True):
            up_to, u = jnp.cumsum(jnp.asarray(self.asked, np.float64)), uniforms(words, rows)
            question = jnp.minimum(jnp.searchsorted(up_to, u * up_to[-1], side="right"), len(up_to) - 1)
        return jnp.stack([question.astype(dtype), model.known[question]], axis=1)

    def summarise(self, points: Any, n: Any) -> Average:
        count = jnp.asarray(n, points.dtype)
        learnt = (jnp.arange(len(points)) < n) & (points[:, 1] > 0)
        question = jnp.where(learnt, points[:, 0].astype(jnp.int32), len(self.asked))
        right = jnp.zeros(len(self.asked), points.dtype).at[question].add(1, mode="drop")
        return Average(count, count, right / count)

"""Text loops: an n-gram model is counted in a text, writes the next text, and is counted again."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory.models._average import Average
from madtheory.models._family import Family, Fitted, View
from madtheory.models._text import TextTruth
from madtheory.random import uniforms
from madtheory.truth import RealLaw


class Chain(Fitted):
    """A fitted n-gram model.

    Attributes:
        pairs: (K^k, K) share of each (context, next symbol) in the training texts.
    """

    pairs: Any


class ChainView(View):
    """A fitted n-gram model as observables read it."""

    @property
    def pairs(self) -> Any:
        """(K^k, K) shares of (context, next symbol)."""
        return self.model.pairs

    @property
    def symbols(self) -> Any:
        """(K,) share of each symbol."""
        return jnp.sum(self.model.pairs, axis=0)


class Markov(Family):
    """An n-gram model: a Markov chain of the order of the real law, fitted by relative frequencies.

    A batch of n points is a text of n symbols, whose first context is one of those that the model has seen. A context that
    was never followed by anything (the end of a text) is followed by a symbol at large.
    """

    kind: ClassVar[str] = "markov"
    truth_type: ClassVar[type[RealLaw]] = TextTruth
    view: ClassVar[type] = ChainView
    needs_points: ClassVar[bool] = True

    @property
    def dim(self) -> int:
        """1: a point is a context and the symbol that follows it, as one number."""
        return 1

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Markov(), TextTruth(pairs=np.array([[0.30, 0.15, 0.05], [0.10, 0.05, 0.10], [0.10, 0.05, 0.10]])))]

    def bound(self, truth: TextTruth, room: int) -> Family:
        return SizedMarkov(truth.pairs.shape[0], truth.pairs.shape[1])

    def world(self, truth: TextTruth, dtype: Any) -> Chain:
        return Chain(truth.pairs.astype(dtype))


class SizedMarkov(Markov):
    """An n-gram family that knows how many contexts and symbols there are."""

    contexts: int = eqx.field(static=True)
    symbols: int = eqx.field(static=True)

    def draw_points(self, words: Any, model: Chain, rows: int, bias: Any) -> Any:
        """A text, each symbol with its context as one number: context · K + symbol."""
        pairs, dtype = model.pairs, model.pairs.dtype
        with jax.enable_x64(True):
            pairs = pairs.astype(np.float64)
            at_large, up_to = jnp.cumsum(jnp.sum(pairs, axis=0)), jnp.cumsum(pairs, axis=1)
            random = uniforms(words, rows + 1)

            def write(context: Any, u: Any) -> tuple[Any, Any]:
                row = up_to[context]
                symbol = chosen(jnp.where(row[-1] > 0, row, at_large), u)
                return (context * self.symbols + symbol) % self.contexts, context * self.symbols + symbol

            text = jax.lax.scan(write, chosen(jnp.cumsum(up_to[:, -1]), random[0]), random[1:])[1]
            return text.astype(dtype)[:, None]

    def fit(self, summary: Average, estimator: str, reach: Any, words: Any = None) -> Chain:
        return Chain(summary.mean.reshape(self.contexts, self.symbols))

    def summarise(self, points: Any, n: Any) -> Average:
        count, size = jnp.asarray(n, points.dtype), self.contexts * self.symbols
        pair = jnp.where(jnp.arange(len(points)) < n, points[:, 0].astype(jnp.int32), size)
        seen = jnp.zeros(size, points.dtype).at[pair].add(1, mode="drop")
        return Average(count, count, seen / count)


def chosen(up_to: Any, u: Any) -> Any:
    """() the number of the interval of cumulative weights (K,) that a uniform falls into; never one of weight 0."""
    last = jnp.sum(up_to < up_to[-1])
    return jnp.minimum(jnp.sum(up_to <= u * up_to[-1]), last).astype(jnp.int32)

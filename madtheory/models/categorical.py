"""The categorical family: symbols that are lost never come back, unless real data bring them."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import array, choice, count, field, plain
from madtheory.errors import BadInput
from madtheory.models._average import Average
from madtheory.models._family import Family
from madtheory.models._forecast import Expected
from madtheory.models._frequencies import CategoricalTruth, Frequencies, FrequencyView
from madtheory.random import log_gamma, sparse_multinomial, uniforms
from madtheory.truth import RealLaw


def _check_share(name: str, value: Any) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 0 and 0 < value <= 1):
        raise BadInput(name, "a number above 0 and at most 1", plain(value))


def _check_added(name: str, value: Any) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 0 and np.isfinite(value) and value >= 0):
        raise BadInput(name, "a finite number of at least 0", plain(value))


class Categorical(Family):
    """Relative frequencies of K symbols (multi-allele Wright–Fisher, in the replace loop).

    Synthetic draws may be biased: the sampling bias λ is a temperature, p^{1/λ}/Z; then `top_k` and `top_p` cut off the tail.

    Attributes:
        top_k: how many of the most probable symbols are drawn at all (counts).
        top_p: the most probable symbols are drawn until their probabilities reach this sum (dimensionless).
        add: pseudo-count α of every symbol that each fit adds (smoothing, or a Dirichlet prior; counts).
        update: "map" fits the smoothed frequencies, "posterior" draws them from their Dirichlet posterior (iterated learning).
    """

    kind: ClassVar[str] = "categorical"
    truth_type: ClassVar[type[RealLaw]] = CategoricalTruth
    view: ClassVar[type] = FrequencyView
    biased: ClassVar[bool] = True
    loops: ClassVar[bool] = True
    channels: ClassVar[tuple[str, ...]] = ("mean",)
    carriers: ClassVar[tuple[str, ...]] = ("heterozygosity", "mean_square_drift", "distinct_symbols", "collapsed")
    top_k: int | None = count(default=None)
    top_p: Any = field(array, _check_share, default=None)
    add: Any = field(array, _check_added, default=None)
    update: str = choice("map", "posterior", default="map")

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        few = CategoricalTruth(probabilities=[0.4, 0.3, 0.15, 0.1, 0.05])
        return [(Categorical(), few), (Categorical(top_k=4, top_p=0.95, add=0.1), CategoricalTruth.zipf(40))]

    @property
    def dim(self) -> int:
        """1: a point is the number of a symbol."""
        return 1

    def check(self) -> None:
        if self.update == "posterior" and not (self.add is not None and self.add > 0):
            raise BadInput("update", "'map', or an `add` above 0, which is the prior", self.update)

    @property
    def forecasts(self) -> bool:
        return self.update == "map"

    @property
    def plain(self) -> bool:
        """Whether nothing but the temperature stands between a fit and its draws."""
        return self.top_k is None and self.top_p is None and self.add is None

    def bound(self, truth: CategoricalTruth, room: int) -> Family:
        return Sized(self.top_k, self.top_p, self.add, self.update, symbols=len(truth.probabilities))

    def world(self, truth: CategoricalTruth, dtype: Any) -> Frequencies:
        return Frequencies(truth.probabilities.astype(dtype), np.ones((), bool))

    def weights(self, model: Frequencies, bias: Any) -> Any:
        """(K,) what a draw is proportional to."""
        p, one = model.probabilities, jnp.asarray(bias, model.probabilities.dtype)
        tempered = jnp.where(p > 0, jnp.exp(jnp.log(jnp.where(p > 0, p, 1) / jnp.max(p)) / one), 0)
        weights = jnp.where(one == 1, p, tempered)
        return weights if self.top_k is None and self.top_p is None else jnp.where(model.real, weights, self._cut(weights))

    def _cut(self, weights: Any) -> Any:
        """(K,) weights without those of the tail; of equal symbols the first stay."""
        order = jnp.argsort(-weights, stable=True)
        ranked = weights[order]
        kept = jnp.ones(len(weights), bool) if self.top_k is None else jnp.arange(len(weights)) < self.top_k
        if self.top_p is not None:
            before = jnp.cumsum(ranked) - ranked
            kept = kept & (before < jnp.asarray(self.top_p, weights.dtype) * jnp.sum(ranked))
        return jnp.where(jnp.zeros(len(weights), bool).at[order].set(kept), weights, 0)

    def draw(self, words: Any, model: Frequencies, n: Any, bias: Any, tables: Any) -> Average:
        counts = sparse_multinomial(words, jnp.asarray(n, jnp.int32), self.weights(model, bias))
        n = jnp.asarray(n, model.probabilities.dtype)
        return Average(n, n, counts.astype(n.dtype) / n)

    def draw_points(self, words: Any, model: Frequencies, rows: int, bias: Any) -> Any:
        """Symbol numbers, by inversion of the cumulative weights in float64."""
        weights = self.weights(model, bias)
        with jax.enable_x64(True):
            up_to, u = jnp.cumsum(weights.astype(np.float64)), uniforms(words, rows)
            alive = jnp.max(jnp.where(weights > 0, jnp.arange(len(weights)), 0))
            symbols = jnp.minimum(jnp.searchsorted(up_to, u * up_to[-1], side="right"), alive)
            return symbols.astype(weights.dtype)[:, None]

    def fit(self, summary: Average, estimator: str, reach: Any, words: Any = None) -> Frequencies:
        p = summary.mean
        if self.add is not None:
            added = jnp.asarray(self.add, p.dtype)
            total = summary.count + len(p) * added
            p = (summary.count * p + added) / total
            p = p if self.update == "map" else _dirichlet(words, total * p)
        return Frequencies(p, jnp.zeros((), bool))

    def expected(self, model: Frequencies, n: Any, bias: Any) -> Expected:
        weights = self.weights(model, bias)
        n = jnp.asarray(n, weights.dtype)[None]
        direction = directions(len(weights), weights.dtype)
        p = weights / jnp.sum(weights)
        centre = direction @ p
        second, third, fourth = ((direction - centre) ** k @ p for k in (2, 3, 4))
        cumulants = jnp.stack([second, third, fourth - 3 * second**2])
        return Expected(n, n, centre[None, None], cumulants[None, :, None], direction[None])

    def innovations(self, expected: Expected, model: Frequencies, estimator: str) -> Any:
        fitted, direction = model.probabilities, expected.direction[0]
        if self.add is not None:
            count, added = jnp.sum(expected.count), jnp.asarray(self.add, fitted.dtype)
            fitted = (fitted * (count + len(fitted) * added) - added) / count
        return expected.innovations((direction @ fitted)[None])


class Sized(Categorical):
    """A categorical family that knows how many symbols there are."""

    symbols: int = eqx.field(static=True, default=1)

    def summarise(self, points: Any, n: Any) -> Average:
        count = jnp.asarray(n, points.dtype)
        symbol = jnp.where(jnp.arange(len(points)) < n, points[:, 0].astype(jnp.int32), self.symbols)
        seen = jnp.zeros(self.symbols, points.dtype).at[symbol].add(1, mode="drop")
        return Average(count, count, seen / count)


def _dirichlet(words: Any, counts: Any) -> Any:
    """(K,) one draw from the Dirichlet law of these pseudo-counts: gamma variates divided by their sum."""
    pairs = words.many(2 * len(counts))
    logs = log_gamma((pairs[: len(counts)], pairs[len(counts) :]), counts, counts.dtype)
    parts = jnp.exp(logs - jnp.max(logs))
    return parts / jnp.sum(parts)


def directions(symbols: int, dtype: Any) -> Any:
    """(K,) numbers between −1 and 1, all different, that a forecast adds up the frequencies with."""
    golden = (np.sqrt(5) - 1) / 2
    return jnp.asarray(2 * np.modf(np.arange(1, symbols + 1) * golden)[0] - 1, dtype)

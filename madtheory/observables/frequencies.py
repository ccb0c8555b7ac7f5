"""What is left of an alphabet."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import FrequencyView
from madtheory.observables._observable import Observable

TOKENS = 100


class OfFrequencies(Observable):
    """Base of what is read off the probabilities of symbols."""

    view: ClassVar[type] = FrequencyView


class Heterozygosity(OfFrequencies):
    """1 − Σ p², the probability that two draws differ (dimensionless)."""

    name: ClassVar[str] = "heterozygosity"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return 1 - jnp.sum(seen.probabilities**2)


class Repetition(OfFrequencies):
    """Σ p², the probability that two draws coincide (dimensionless)."""

    name: ClassVar[str] = "repetition"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return jnp.sum(seen.probabilities**2)


class FrequencyDrift(OfFrequencies):
    """‖p_t − p_0‖² (dimensionless)."""

    name: ClassVar[str] = "mean_square_drift"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return jnp.sum((seen.probabilities - world.probabilities) ** 2)


class FirstFrequency(OfFrequencies):
    """Probability of the symbol that the real law lists first (dimensionless)."""

    name: ClassVar[str] = "first_frequency"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return seen.probabilities[0]


class DistinctSymbols(OfFrequencies):
    """How many symbols the model can still produce (counts)."""

    name: ClassVar[str] = "distinct_symbols"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return jnp.sum(seen.probabilities > 0).astype(seen.probabilities.dtype)


class DistinctShare(OfFrequencies):
    """distinct-1: expected share of different symbols among 100 draws (dimensionless)."""

    name: ClassVar[str] = "distinct_share"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return jnp.sum(-jnp.expm1(TOKENS * jnp.log1p(-jnp.minimum(seen.probabilities, 1)))) / TOKENS


class Collapsed(OfFrequencies):
    """P(one symbol is left)."""

    name: ClassVar[str] = "collapsed"
    scale: ClassVar[str] = "indicator"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return (jnp.sum(seen.probabilities > 0) == 1).astype(seen.probabilities.dtype)


class SymbolLost(OfFrequencies):
    """P(at least one symbol of the real law is lost)."""

    name: ClassVar[str] = "symbol_lost"
    scale: ClassVar[str] = "indicator"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return jnp.any((world.probabilities > 0) & ~(seen.probabilities > 0)).astype(seen.probabilities.dtype)


class SymbolEntropy(OfFrequencies):
    """−Σ p log p, in nats."""

    name: ClassVar[str] = "entropy"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        p = seen.probabilities
        return -jnp.sum(jnp.where(p > 0, p * jnp.log(jnp.where(p > 0, p, 1)), 0))


class SymbolKLForward(OfFrequencies):
    """KL(truth ‖ model) in nats; +inf once a symbol of the truth is lost."""

    name: ClassVar[str] = "kl_forward"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return _kl(world.probabilities, seen.probabilities)


class SymbolKLReverse(OfFrequencies):
    """KL(model ‖ truth) in nats."""

    name: ClassVar[str] = "kl_reverse"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return _kl(seen.probabilities, world.probabilities)


class Precision(OfFrequencies):
    """Probability that a draw of the model is a symbol of the real law (dimensionless)."""

    name: ClassVar[str] = "precision"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return jnp.sum(jnp.where(world.probabilities > 0, seen.probabilities, 0))


class Recall(OfFrequencies):
    """Probability that a draw of the real law is a symbol the model can still produce (dimensionless)."""

    name: ClassVar[str] = "recall"

    def value(self, seen: FrequencyView, world: Any) -> Any:
        return jnp.sum(jnp.where(seen.probabilities > 0, world.probabilities, 0))


def _kl(p: Any, q: Any) -> Any:
    """Σ p log(p/q)."""
    inside = (p > 0) & (q > 0)
    terms = jnp.where(inside, p * (jnp.log(jnp.where(inside, p, 1)) - jnp.log(jnp.where(inside, q, 1))), 0)
    return jnp.where(jnp.any((p > 0) & ~(q > 0)), jnp.inf, jnp.sum(terms))

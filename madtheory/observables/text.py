"""What is left of a language: symbols, pairs of them, and how predictable the text has become."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.models import ChainView, divergence
from madtheory.observables._observable import Observable


class OfChain(Observable):
    """Base of what is read off an n-gram model."""

    view: ClassVar[type] = ChainView


class TextSymbols(OfChain):
    """How many symbols occur in the training texts (counts)."""

    name: ClassVar[str] = "distinct_symbols"

    def value(self, seen: ChainView, world: Any) -> Any:
        return jnp.sum(seen.symbols > 0).astype(seen.pairs.dtype)


class TextGrams(OfChain):
    """How many n-grams (contexts with the symbol that follows) occur in the training texts (counts)."""

    name: ClassVar[str] = "distinct_grams"

    def value(self, seen: ChainView, world: Any) -> Any:
        return jnp.sum(seen.pairs > 0).astype(seen.pairs.dtype)


class TextHeterozygosity(OfChain):
    """1 − Σ p² over symbols: the probability that two of them, drawn at large, differ (dimensionless)."""

    name: ClassVar[str] = "heterozygosity"

    def value(self, seen: ChainView, world: Any) -> Any:
        return 1 - jnp.sum(seen.symbols**2)


class EntropyRate(OfChain):
    """Conditional entropy of the next symbol given its context, in nats."""

    name: ClassVar[str] = "entropy_rate"

    def value(self, seen: ChainView, world: Any) -> Any:
        share = jnp.where(seen.pairs > 0, _given_context(seen.pairs), 1)
        return -jnp.sum(seen.pairs * jnp.log(share))


class CrossEntropyRate(OfChain):
    """Entropy of the model's next symbol under the real chain, in nats; +inf where the real chain never writes it."""

    name: ClassVar[str] = "cross_entropy_rate"

    def value(self, seen: ChainView, world: Any) -> Any:
        real = world.pairs / jnp.maximum(jnp.sum(world.pairs, axis=1, keepdims=True), jnp.finfo(seen.pairs.dtype).tiny)
        inside, known = seen.pairs > 0, real > 0
        total = -jnp.sum(jnp.where(inside & known, seen.pairs * jnp.log(jnp.where(known, real, 1)), 0))
        return jnp.where(jnp.any(inside & ~known), jnp.inf, total)


class KLRate(OfChain):
    """KL(model ‖ truth) of the next symbol given its context, in nats per symbol; +inf where the real chain never writes it."""

    name: ClassVar[str] = "kl_reverse"

    def value(self, seen: ChainView, world: Any) -> Any:
        own, real = (_given_context(pairs) for pairs in (seen.pairs, world.pairs))
        return jnp.sum(jnp.sum(seen.pairs, axis=1) * jnp.sum(divergence(own, real), axis=1))


class GramRecall(OfChain):
    """Share of the real text's n-grams that the model has seen (dimensionless)."""

    name: ClassVar[str] = "recall"

    def value(self, seen: ChainView, world: Any) -> Any:
        return jnp.sum(jnp.where(seen.pairs > 0, world.pairs, 0))


def _given_context(pairs: Any) -> Any:
    """(K^k, K) probabilities of the next symbol; 0 for contexts that do not occur."""
    context = jnp.sum(pairs, axis=1, keepdims=True)
    return pairs / jnp.where(context > 0, context, 1)

"""Multinomial counts whose cost follows the symbols that are alive, for many replicas side by side.

A replica goes from one living symbol to the next, and each takes its binomial share of what is left, the last one all of it:
counts sum to n exactly, and a symbol of weight 0 gets none. All replicas of a batch take their k-th living symbol together, so
the loop is as long as the largest number of living symbols. Under `vmap` a loop whose length differs between lanes would
select whole arrays at every step; hence the batches are written out here.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap

from madtheory.random._counts import MEAN_OF_SUMS, NEGLIGIBLE, Law, Quantile, by_root, quantile
from madtheory.random._stream import Words
from madtheory.random.binomial import law


def sparse_multinomial(words: Words, n: Any, weights: Any) -> Any:
    """Counts (K,), int32, of n draws from K symbols; the words of a symbol depend on its number and on nothing else.

    Args:
        words: where the random words are read.
        n: () number of draws (counts), int32.
        weights: (K,) ≥ 0, not all 0; they need not sum to 1.
    """
    batch = jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], (words, jnp.asarray(n, jnp.int32), weights))
    return _batch(*batch)[0]


@custom_vmap
def _batch(words: Words, n: Any, weights: Any) -> Any:
    """Counts (B, K) for B replicas."""
    replicas, symbols = weights.shape
    with jax.enable_x64(True):
        after = _next_living(weights)
        places, below, alive = _up(weights, after)

        def take(k: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
            left, counts = state
            slot = jnp.max(alive) - 1 - k
            place = places[slot]
            at = jnp.minimum(place, symbols - 1)
            share = weights[jnp.arange(replicas), at].astype(np.float64) / below[slot]
            here = place < symbols
            pair = jax.vmap(lambda w, i: (w.at(2 * i), w.at(2 * i + 1)))(words, at.astype(jnp.uint32))
            count = _binomial(quantile(pair), jnp.where(here, left, 0), jnp.where(here, jnp.minimum(share, 1), 0))
            counts = counts.at[jnp.arange(replicas), place].set(count, mode="drop", unique_indices=True)
            return left - count, counts

        start = n.astype(np.int32), jnp.zeros((replicas, symbols), np.int32)
        return jax.lax.fori_loop(0, jnp.max(alive), take, start)[1]


@_batch.def_vmap
def _more(size: int, batched: Any, *arguments: Any) -> tuple[Any, bool]:
    """Batches of batches are one batch."""
    leaves, structure = jax.tree.flatten(arguments)
    flags = jax.tree.leaves(batched)
    whole = [leaf if flag else jnp.broadcast_to(leaf, (size, *leaf.shape)) for leaf, flag in zip(leaves, flags, strict=True)]
    flat = jax.tree.unflatten(structure, [leaf.reshape(-1, *leaf.shape[2:]) for leaf in whole])
    counts = _batch(*flat)
    return counts.reshape(size, -1, counts.shape[-1]), True


def _next_living(weights: Any) -> Any:
    """(B, K) number of the first living symbol from each one on; K where there is none."""
    symbols = weights.shape[1]
    own = jnp.where(weights > 0, jnp.arange(symbols, dtype=np.int32), np.int32(symbols))
    return jax.lax.cummin(own, axis=1, reverse=True)


def _up(weights: Any, after: Any) -> tuple[Any, Any, Any]:
    """(K, B) numbers of the k-th living symbols, K beyond them; (K, B) their weights summed up; (B,) how many there are."""
    replicas, symbols = weights.shape
    lane = jnp.arange(replicas)

    def look(state: Any) -> Any:
        k, place, total, places, below, alive = state
        here = place < symbols
        at = jnp.minimum(place, symbols - 1)
        total = total + jnp.where(here, weights[lane, at], 0).astype(np.float64)
        further = jnp.where(here & (place + 1 < symbols), after[lane, jnp.minimum(place + 1, symbols - 1)], symbols)
        return k + 1, further, total, places.at[k].set(place), below.at[k].set(total), alive + here

    zero = jnp.zeros(replicas, np.int32)
    state = (np.int32(0), after[:, 0], jnp.zeros(replicas, np.float64), jnp.full((symbols, replicas), symbols, np.int32),
             jnp.ones((symbols, replicas), np.float64), zero)  # fmt: skip
    done = jax.lax.while_loop(lambda s: (s[0] < symbols) & jnp.any(s[1] < symbols), look, state)
    return done[3], done[4], done[5]


def _binomial(at: Quantile, n: Any, p: Any) -> Any:
    """Binomial counts (B,), as `binomial`; sums stop with the longest, and roots are found only where there are any."""
    many = p > 0.5
    rarer, trials = jnp.where(many, 1 - p, p), n.astype(np.float64)
    at = Quantile(at.tail, at.upper ^ many)
    few = trials * rarer <= MEAN_OF_SUMS
    small = _sums(at, law(jnp.where(few, trials, 1), jnp.where(few, rarer, 0)))
    own = law(jnp.where(few, 1000, trials), jnp.where(few, 0.5, rarer))
    large = jax.lax.cond(jnp.all(few), lambda: jnp.zeros_like(small), lambda: by_root(at, own))
    count = jnp.where(few, small, large)
    return jnp.where(many, n - count, count)


def _sums(at: Quantile, own: Law) -> Any:
    """The count by adding up probabilities from 0 on, until no replica needs more."""
    u = jnp.where(at.upper, 1 - at.tail, at.tail)

    def goes_on(state: tuple[Any, ...]) -> Any:
        _, p, below, _ = state
        return jnp.any((u > below + p) & (p > NEGLIGIBLE))

    def step(state: tuple[Any, ...]) -> tuple[Any, ...]:
        k, p, below, count = state
        below = below + p
        more = (u > below) & (p > NEGLIGIBLE)
        return k + 1, p * own.ratio(k), below, count + more.astype(np.int32)

    p = jnp.broadcast_to(own.first, u.shape)
    return jax.lax.while_loop(goes_on, step, (np.float64(0), p, jnp.zeros_like(p), jnp.zeros(u.shape, np.int32)))[3]

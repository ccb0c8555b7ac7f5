"""Symbols under schedules that never drop real data: what was seen once stays, and nothing else is ever drawn."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import NO_BIAS
from madtheory.laws._law import Hypothesis, Law
from madtheory.laws._morris_cases import symbol_loop
from madtheory.laws._zipf import zipf_loop
from madtheory.laws.lookup_accuracy import lookup_loop
from madtheory.loop import Loop
from madtheory.models import Categorical, Lookup
from madtheory.schedules import Accumulate, Custom, FixedReal

KEPT = Hypothesis("real data that stay in every later training set", lambda loop: _keeps_real(loop))
UNSMOOTHED = Hypothesis("no smoothing", lambda loop: loop.model.add is None)  # type: ignore[attr-defined]
AS_REAL = Hypothesis("no sampling bias on real data", lambda loop: NO_BIAS.holds(loop) or not _biases_real(loop))


def _keeps_real(loop: Loop) -> bool:
    table = loop.composition(min(loop.horizon() or 3, 64))
    used, generation = table.weights > 0, np.arange(1, table.generations + 1)
    due = (table.source == 0) & (table.born <= generation[:, None])
    return table.pool is None and bool(np.all(used[due]))


def _biases_real(loop: Loop) -> bool:
    return loop.bias_first_generation or getattr(loop.schedule, "bias", None) is not None


def unseen(loop: Loop, generations: int) -> Any:
    """(T+1, K) P(a symbol is not among the real points so far) = (1−p)^{R_t}; 0 at the truth for symbols that occur."""
    table = loop.composition(generations)
    generation = np.arange(1, generations + 1)
    points = ((table.source == 0) & (table.born <= generation[:, None])) @ table.size
    p = jnp.asarray(loop.truth.probabilities, dtype=jnp.float64)  # type: ignore[attr-defined]
    later = (1 - p) ** points[:, None]
    return jnp.concatenate([jnp.where(p > 0, 0.0, 1.0)[None], later])


class KeptRecall(Law):
    r"""E Σ p_i 1(p_{t,i} > 0) = 1 − Σ p_i(1−p_i)^{R_t}, R_t real points so far: the tail of a Zipf law is lost but once.

    Synthetic draws repeat symbols that the model has, whatever their number, their temperature or the truncation of their tail.
    """

    name = "kept-recall"
    observable = "recall"
    kind = "exact"
    family = Categorical
    statement = (
        r"\mathbb{E}\sum_ip_{0,i}\mathbf{1}_{p_{t,i}>0}=1-\sum_ip_{0,i}(1-p_{0,i})^{R_t},"
        r"\qquad R_t\ \text{real points so far}"
    )
    source = "dohmatob2024tails, madtheory"
    hypotheses = (KEPT, UNSMOOTHED, AS_REAL)

    def mean(self, loop: Loop, generations: int) -> Any:
        p = jnp.asarray(loop.truth.probabilities, dtype=jnp.float64)  # type: ignore[attr-defined]
        return 1 - unseen(loop, generations) @ p

    def cases(self) -> list[tuple[Loop, int]]:
        return cases()


class KeptSymbols(Law):
    r"""E(number of symbols left) = Σ [1 − (1−p_i)^{R_t}] under the same schedules."""

    name = "kept-symbols"
    observable = "distinct_symbols"
    kind = "exact"
    family = Categorical
    statement = r"\mathbb{E}\,\#\{i:p_{t,i}>0\}=\sum_i\bigl[1-(1-p_{0,i})^{R_t}\bigr],\qquad R_t\ \text{real points so far}"
    source = "dohmatob2024tails, madtheory"
    hypotheses = (KEPT, UNSMOOTHED, AS_REAL)

    def mean(self, loop: Loop, generations: int) -> Any:
        return jnp.sum(1 - unseen(loop, generations), axis=1)

    def cases(self) -> list[tuple[Loop, int]]:
        return cases()


class KeptAccuracy(Law):
    r"""E accuracy_t = 1 − Σ p_i(1−p_i)^{R_t} for a table of answers: it learns what real answers teach, and nothing else."""

    name = "kept-accuracy"
    observable = "accuracy"
    kind = "exact"
    family = Lookup
    statement = (
        r"\mathbb{E}\sum_ip_i\mathbf{1}_{i\ \text{known}}=1-\sum_ip_i(1-p_i)^{R_t},"
        r"\qquad R_t\ \text{real points so far}"
    )
    source = "dohmatob2024tails, madtheory"
    hypotheses = (KEPT,)

    def mean(self, loop: Loop, generations: int) -> Any:
        p = jnp.asarray(loop.truth.probabilities, dtype=jnp.float64)  # type: ignore[attr-defined]
        return 1 - unseen(loop, generations) @ p

    def cases(self) -> list[tuple[Loop, int]]:
        return [(lookup_loop(Accumulate(n=20)), 5), (lookup_loop(FixedReal(n_real=15, n_synthetic=30)), 4)]


def cases() -> list[tuple[Loop, int]]:
    """A pool that grows, one that takes in real points too, and one real batch under a low temperature."""
    weights = [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.4, 0.2, 0.2, 0.2]]
    mixed = Custom(source=[0, 1, 0, 2], size=[12, 8, 6, 9], weights=weights)
    return [
        (zipf_loop(Accumulate(n=20)), 6),
        (symbol_loop(mixed), 3),
        (zipf_loop(FixedReal(n_real=15, n_synthetic=30), sampling_bias=0.7), 4),
    ]

"""What a table of answers still knows after generations of answering itself: a logarithmic loss on a Zipf law."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from madtheory.laws._hypotheses import REPLACE
from madtheory.laws._law import Hypothesis, Law
from madtheory.laws._replace import sizes
from madtheory.loop import Loop
from madtheory.models import CategoricalTruth, Lookup
from madtheory.schedules import Fresh, Replace, Schedule, per_generation
from madtheory.schedules._schedule import initial_size

FRESH = Hypothesis("the fresh schedule", lambda loop: loop.schedule.kind == "fresh")


def asked(loop: Loop) -> Any:
    """(K,) p."""
    return jnp.asarray(loop.truth.probabilities, dtype=jnp.float64)  # type: ignore[attr-defined]


def seen(loop: Loop, n: Any) -> Any:
    """(T, K) P(a question is among n_t): 1 − (1−p)^n_t."""
    return 1 - (1 - asked(loop)) ** jnp.asarray(n, dtype=jnp.float64)[:, None]


class ReplaceAccuracy(Law):
    r"""E accuracy_t = Σ p_i ∏_{k≤t} [1 − (1−p_i)^{n_k}]: a question is known as long as every generation has asked it.

    For a Zipf law of exponent β the error E_t grows from E_1 ~ n^−c only like (log t)^c, c = 1 − 1/β.
    """

    name = "replace-accuracy"
    observable = "accuracy"
    kind = "exact"
    family = Lookup
    statement = (
        r"\mathbb{E}\sum_ip_i\mathbf{1}_{i\ \text{known}}=\sum_ip_i\prod_{k\le t}\bigl[1-(1-p_i)^{n_k}\bigr],\qquad"
        r"1-\mathbb{E}\,\mathrm{accuracy}_t\sim\frac{C^{1/\beta}}{\beta}n^{-c}\int_0^\infty u^{-1/\beta}"
        r"\bigl[1-(1-e^{-u})^t\bigr]du,\quad p_i=Ci^{-\beta},\ c=1-\tfrac1\beta"
    )
    source = "dohmatob2024tails, madtheory"
    hypotheses = (REPLACE,)

    def mean(self, loop: Loop, generations: int) -> Any:
        known = jnp.cumprod(seen(loop, sizes(loop, generations)), axis=0)
        return jnp.concatenate([jnp.ones(1), known @ asked(loop)])

    def cases(self) -> list[tuple[Loop, int]]:
        return [(lookup_loop(Replace(n=20)), 6), (lookup_loop(Replace(n=[20, 30, 15, 25])), 4)]


class FreshAccuracy(Law):
    r"""E accuracy_t = Σ p_i a_t(p_i), a' = 1 − (1−p)^{n_r} [1 − a(1 − (1−p)^{n_s})]: real answers and a table's own."""

    name = "fresh-accuracy"
    observable = "accuracy"
    kind = "exact"
    family = Lookup
    recursive = True
    statement = (
        r"\mathbb{E}\sum_ip_i\mathbf{1}_{i\ \text{known}}=\sum_ip_ia_t(p_i),\qquad"
        r"a_{t+1}=1-(1-p)^{n_r}\bigl[1-a_t\bigl(1-(1-p)^{n_s}\bigr)\bigr],\quad a_1=1-(1-p)^{n_0}"
    )
    source = "dohmatob2024tails, madtheory"
    hypotheses = (FRESH,)

    def mean(self, loop: Loop, generations: int) -> Any:
        schedule: Any = loop.schedule
        first = seen(loop, jnp.atleast_1d(initial_size(schedule.n_initial, schedule.n_real)))[0]
        real, synthetic = (seen(loop, per_generation(n, generations)[1:]) for n in (schedule.n_real, schedule.n_synthetic))

        def fit(known: Any, step: tuple[Any, Any]) -> tuple[Any, Any]:
            after = 1 - (1 - step[0]) * (1 - known * step[1])
            return after, after

        later = jax.lax.scan(fit, first, (real, synthetic))[1]
        return jnp.concatenate([jnp.ones(1), jnp.concatenate([first[None], later]) @ asked(loop)])

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (lookup_loop(Fresh(n_real=10, n_synthetic=20)), 5),
            (lookup_loop(Fresh(n_real=[20, 5, 6, 8], n_synthetic=12, n_initial=15)), 4),
        ]


def lookup_loop(schedule: Schedule, symbols: int = 40, exponent: float = 1.5) -> Loop:
    """A table of answers to the questions of a Zipf law."""
    return Loop(model=Lookup(), truth=CategoricalTruth.zipf(symbols, exponent), schedule=schedule, bias_first_generation=False,
                estimator="mle")  # fmt: skip

"""The tail of a Zipf law under replace: how fast it is lost, and how little of it a truncated sampler leaves."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln

from madtheory.laws._hypotheses import REPLACE
from madtheory.laws._law import Hypothesis, Law, Quantity
from madtheory.laws._symbols import CHAIN
from madtheory.laws._zipf import ZIPF, exponent, zipf_loop
from madtheory.loop import Loop
from madtheory.models import Categorical
from madtheory.schedules import Replace

CUT = Hypothesis("a top_k and no smoothing", lambda loop: loop.model.top_k is not None and loop.model.add is None)  # type: ignore[attr-defined]
STATEMENT = (
    r"1-\mathbb{E}\,\mathrm{recall}_t\sim A(nf_t)^{-c},\qquad A=\frac{C^{1/\beta}}{\beta}\Gamma(c),\ c=1-\frac1\beta,\quad"
    r"f_1=1,\ f_{t+1}=1-e^{-f_t}\sim\frac2t"
)


class ZipfLossExponent(Quantity):
    r"""c = 1 − 1/β: the lost mass falls as n^−c in the draws, and grows as t^c in the generations, not as t."""

    name = "zipf-loss-exponent"
    observable = "recall_loss_exponent"
    kind = "rate"
    family = Categorical
    differentiable = False
    statement = STATEMENT
    source = "dohmatob2024tails, madtheory"
    hypotheses = (*CHAIN, ZIPF)

    def value(self, loop: Loop) -> Any:
        return np.float64(1 - 1 / exponent(loop))

    def wrong(self, loop: Loop) -> Loop:
        return steeper(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(zipf_loop(Replace(n=50)), 1)]


class ZipfLossConstant(Quantity):
    r"""A of the lost mass A(n f_t)^−c as n → ∞, with so many symbols that K^β/n → ∞ too; C is the first symbol's probability."""

    name = "zipf-loss-constant"
    observable = "recall_loss_constant"
    kind = "limit"
    family = Categorical
    differentiable = False
    statement = STATEMENT
    source = "dohmatob2024tails, madtheory"
    hypotheses = (*CHAIN, ZIPF)

    def value(self, loop: Loop) -> Any:
        beta, first = exponent(loop), jnp.asarray(loop.truth.probabilities)[0]  # type: ignore[attr-defined]
        return first ** (1 / beta) / beta * jnp.exp(gammaln(1 - 1 / beta))

    def wrong(self, loop: Loop) -> Loop:
        return steeper(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(zipf_loop(Replace(n=50)), 1)]


class TopKRecall(Law):
    r"""recall_t ≤ the mass of the k most probable symbols from t = 2 on: of a Zipf law a tail of C k^{−(β−1)}/(β−1) is gone."""

    name = "top-k-recall"
    observable = "recall"
    kind = "upper"
    family = Categorical
    statement = (
        r"\sum_ip_{0,i}\mathbf{1}_{p_{t,i}>0}\le\sum_{i\le k}p_{0,(i)}\ (t\ge2),\qquad"
        r"1-\sum_{i\le k}p_{0,(i)}\approx\frac{C\,k^{-(\beta-1)}}{\beta-1}\ \text{for a Zipf law}"
    )
    source = "dohmatob2024tails"
    hypotheses = (REPLACE, CUT)

    def mean(self, loop: Loop, generations: int) -> Any:
        p = jnp.sort(jnp.asarray(loop.truth.probabilities, dtype=jnp.float64))  # type: ignore[attr-defined]
        kept = jnp.sum(p[-loop.model.top_k :])  # type: ignore[attr-defined]
        return jnp.where(jnp.arange(generations + 1) < 2, 1.0, kept)

    def wrong(self, loop: Loop) -> Loop:
        fewer = max(loop.model.top_k - 2, 1)  # type: ignore[attr-defined]
        return dataclasses.replace(loop, model=Categorical(top_k=fewer))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(zipf_loop(Replace(n=200), 30, top_k=8), 2)]


def steeper(loop: Loop) -> Loop:
    """The loop of a Zipf law that falls off a little faster."""
    return zipf_loop(loop.schedule, len(loop.truth.probabilities), exponent(loop) + 0.1)  # type: ignore[attr-defined]

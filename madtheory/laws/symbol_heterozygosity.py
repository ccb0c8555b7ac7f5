"""Diversity under any schedule: what the frequencies' drift takes."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._hypotheses import NO_BIAS, REPLACE
from madtheory.laws._law import Law, running
from madtheory.laws._morris_cases import symbol_loop
from madtheory.laws._replace import sizes
from madtheory.laws._symbols import NEUTRAL, PLAIN, heterozygosity, lost
from madtheory.loop import Loop
from madtheory.models import Categorical
from madtheory.schedules import Accumulate, FixedReal, Fresh, Replace, Window


class SymbolHeterozygosity(Law):
    r"""E H_t = H_0(1 − P_tt): every frequency is the mean of a Bernoulli loop, with v_2 = −1."""

    name = "symbol-heterozygosity"
    observable = "heterozygosity"
    kind = "exact"
    family = Categorical
    recursive = True
    statement = (
        r"\mathbb{E}H_t=H_0(1-P_{tt}),\qquad P_{tt}=\sum_eh_{te}^2\,\frac{1-P_{k(e)k(e)}}{n_e},\qquad"
        r"\mathbb{E}H_t=H_0\prod_k\Bigl(1-\frac1{nk^2}\Bigr)\ (\text{accumulate})"
    )
    source = "seddik2024"
    hypotheses = NEUTRAL

    def mean(self, loop: Loop, generations: int) -> Any:
        return heterozygosity(loop) * (1 - lost(loop, generations))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (symbol_loop(FixedReal(n_real=10, n_synthetic=30)), 8),
            (symbol_loop(Accumulate(n=6)), 8),
            (symbol_loop(Fresh(n_real=5, n_synthetic=20)), 8),
            (symbol_loop(Window(n=9, window=3)), 8),
        ]


class SymbolHeterozygosityReplace(Law):
    r"""E H_t = H_0 ∏(1 − 1/n_k)."""

    name = "symbol-heterozygosity-replace"
    observable = "heterozygosity"
    kind = "exact"
    family = Categorical
    statement = r"\mathbb{E}H_t=H_0\prod_{k\le t}\Bigl(1-\frac1{n_k}\Bigr)"
    source = "seddik2024"
    hypotheses = (REPLACE, NO_BIAS, PLAIN)

    def mean(self, loop: Loop, generations: int) -> Any:
        return heterozygosity(loop) * jnp.exp(running(jnp.log1p(-1 / sizes(loop, generations))))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=20)), 12), (symbol_loop(Replace(n=[10, 12, 8, 9])), 4)]


class SymbolRepetition(Law):
    r"""P(two draws coincide) = 1 − H_t."""

    name = "symbol-repetition"
    observable = "repetition"
    kind = "exact"
    family = Categorical
    recursive = True
    statement = r"\mathbb{E}\sum_ip_{t,i}^2=1-H_0(1-P_{tt})"
    source = "seddik2024"
    hypotheses = NEUTRAL

    def mean(self, loop: Loop, generations: int) -> Any:
        return 1 - heterozygosity(loop) * (1 - lost(loop, generations))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(FixedReal(n_real=10, n_synthetic=30)), 8), (symbol_loop(Replace(n=20)), 12)]


class SymbolDrift(Law):
    r"""E‖p_t − p_0‖² = H_0 P_tt."""

    name = "symbol-drift"
    observable = "mean_square_drift"
    kind = "exact"
    family = Categorical
    recursive = True
    statement = r"\mathbb{E}\lVert p_t-p_0\rVert^2=H_0P_{tt}"
    source = "seddik2024"
    hypotheses = NEUTRAL

    def mean(self, loop: Loop, generations: int) -> Any:
        return heterozygosity(loop) * lost(loop, generations)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=20)), 12), (symbol_loop(Fresh(n_real=5, n_synthetic=20)), 8)]

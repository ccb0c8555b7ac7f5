"""Which symbols are left under replace: exact, from two-allele chains."""

from __future__ import annotations

from typing import Any

import numpy as np

from madtheory.laws._law import Hypothesis, Law
from madtheory.laws._morris_cases import symbol_loop
from madtheory.laws._symbols import CHAIN, frequencies, size
from madtheory.laws._wright_fisher import all_alive, collapsed, distinct, extinct, two_alleles
from madtheory.loop import Loop
from madtheory.models import Categorical
from madtheory.schedules import Replace

MOST_SYMBOLS = 14
FEW = Hypothesis(f"at most {MOST_SYMBOLS} symbols", lambda loop: int(np.sum(frequencies(loop) > 0)) <= MOST_SYMBOLS)


class SymbolCollapse(Law):
    r"""P(one symbol is left at t): that symbol i has taken over are disjoint events, each of a chain with two alleles."""

    name = "symbol-collapse"
    observable = "collapsed"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"P(T\le t)=\sum_iP(p_{t,i}=1)=\sum_ig_t(p_{0,i}),\qquad g_{t+1}(p)=\mathbb{E}\,g_t(X/n),\ X\sim\mathrm{Bin}(n,p)"
    source = "ewens2004"
    hypotheses = CHAIN

    def mean(self, loop: Loop, generations: int) -> Any:
        return collapsed(frequencies(loop), size(loop), generations)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=20)), 30), (symbol_loop(Replace(n=6), (0.7, 0.3)), 10)]


class SymbolExtinction(Law):
    r"""P(some symbol is lost by t), by inclusion and exclusion over sets of symbols lumped into one."""

    name = "symbol-extinction"
    observable = "symbol_lost"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"P(T_1>t)=\sum_S(-1)^{|S|}P\bigl(p_{t,S}=0\bigr)=\sum_S(-1)^{|S|}g_t(1-p_{0,S})"
    source = "ewens2004"
    hypotheses = (*CHAIN, FEW)

    def mean(self, loop: Loop, generations: int) -> Any:
        return 1 - all_alive(frequencies(loop), size(loop), generations)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=40)), 5)]


class SymbolsLeft(Law):
    r"""E(number of symbols left) = Σ_i [1 − P(p_{t,i} = 0)]."""

    name = "symbols-left"
    observable = "distinct_symbols"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}\,\#\{i:p_{t,i}>0\}=\sum_i\bigl[1-g_t(1-p_{0,i})\bigr]"
    source = "suresh2024"
    hypotheses = CHAIN

    def mean(self, loop: Loop, generations: int) -> Any:
        values, times = distinct(frequencies(loop))
        return (1 - two_alleles(size(loop)).taken_over(1 - values, generations)) @ times

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=20)), 12)]


class SymbolRecall(Law):
    r"""E Σ p_{0,i} 1(p_{t,i} > 0): how much of the real law the model can still produce; the tail of a Zipf law goes first."""

    name = "symbol-recall"
    observable = "recall"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}\sum_ip_{0,i}\mathbf{1}_{p_{t,i}>0}=\sum_ip_{0,i}\bigl[1-g_t(1-p_{0,i})\bigr]"
    source = "suresh2024"
    hypotheses = CHAIN

    def mean(self, loop: Loop, generations: int) -> Any:
        p = frequencies(loop)
        return (1 - extinct(p, size(loop), generations)) @ p

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=20)), 12)]

"""Which symbols are left under replace: exact, from two-allele chains."""

from __future__ import annotations

from typing import Any

import numpy as np

from madtheory.laws import _wright_fisher as constant
from madtheory.laws import _wright_fisher_sizes as changing
from madtheory.laws._law import Hypothesis, Law, one_point_more
from madtheory.laws._morris_cases import symbol_loop
from madtheory.laws._replace import sizes
from madtheory.laws._symbols import DRIFT, frequencies, size
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
    hypotheses = DRIFT

    def mean(self, loop: Loop, generations: int) -> Any:
        if changes(loop):
            return changing.collapsed(frequencies(loop), draws(loop, generations))
        return constant.collapsed(frequencies(loop), size(loop), generations)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=20)), 30), (symbol_loop(Replace(n=[6, 9, 5, 7]), (0.7, 0.3)), 4)]


class SymbolExtinction(Law):
    r"""P(some symbol is lost by t), by inclusion and exclusion over sets of symbols lumped into one."""

    name = "symbol-extinction"
    observable = "symbol_lost"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"P(T_1>t)=\sum_S(-1)^{|S|}P\bigl(p_{t,S}=0\bigr)=\sum_S(-1)^{|S|}g_t(1-p_{0,S})"
    source = "ewens2004"
    hypotheses = (*DRIFT, FEW)

    def mean(self, loop: Loop, generations: int) -> Any:
        if changes(loop):
            return 1 - changing.all_alive(frequencies(loop), draws(loop, generations))
        return 1 - constant.all_alive(frequencies(loop), size(loop), generations)

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.1)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=40)), 5), (symbol_loop(Replace(n=[30, 20, 40, 25])), 4)]


class SymbolsLeft(Law):
    r"""E(number of symbols left) = Σ_i [1 − P(p_{t,i} = 0)]."""

    name = "symbols-left"
    observable = "distinct_symbols"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}\,\#\{i:p_{t,i}>0\}=\sum_i\bigl[1-g_t(1-p_{0,i})\bigr]"
    source = "suresh2024"
    hypotheses = DRIFT

    def mean(self, loop: Loop, generations: int) -> Any:
        values, times = constant.distinct(frequencies(loop))
        return still_there(loop, values, times, generations)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=20)), 12), (symbol_loop(Replace(n=[12, 9, 15, 10])), 4)]


class SymbolRecall(Law):
    r"""E Σ p_{0,i} 1(p_{t,i} > 0): how much of the real law the model can still produce; the tail of a Zipf law goes first."""

    name = "symbol-recall"
    observable = "recall"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}\sum_ip_{0,i}\mathbf{1}_{p_{t,i}>0}=\sum_ip_{0,i}\bigl[1-g_t(1-p_{0,i})\bigr]"
    source = "suresh2024"
    hypotheses = DRIFT

    def mean(self, loop: Loop, generations: int) -> Any:
        values, times = constant.distinct(frequencies(loop))
        return still_there(loop, values, times * values, generations)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=20)), 12), (symbol_loop(Replace(n=[12, 9, 15, 10])), 4)]


def changes(loop: Loop) -> bool:
    """Whether the number of draws is a list."""
    return np.ndim(loop.schedule.n) > 0  # type: ignore[attr-defined]


def draws(loop: Loop, generations: int) -> list[int]:
    """n_t of every generation (counts)."""
    return [int(n) for n in sizes(loop, generations)]


def still_there(loop: Loop, values: np.ndarray, weights: np.ndarray, generations: int) -> np.ndarray:
    """(T+1,) Σ_i weights_i P(a symbol of frequency values_i is not lost)."""
    if changes(loop):
        return (1 - changing.absorbed(values, draws(loop, generations))[0]) @ weights
    return weights.sum() - constant.two_alleles(size(loop)).combined(1 - values, weights, generations)

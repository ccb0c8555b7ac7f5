"""How long an alphabet lasts under replace."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import xlogy

from madtheory.laws._law import Quantity
from madtheory.laws._morris_cases import symbol_loop
from madtheory.laws._symbols import CHAIN, frequencies, size
from madtheory.laws._wright_fisher import collapse_tail, mean_collapse_time, mean_extinction_time, subsets
from madtheory.laws._wright_fisher_poisson import mean_extinction_time_poissonised
from madtheory.laws.symbol_survival import FEW
from madtheory.loop import Loop
from madtheory.models import Categorical
from madtheory.schedules import Replace


class SymbolCollapseTime(Quantity):
    r"""E T, T the first generation with one symbol, summed over the exact law; below 2n for every alphabet."""

    name = "symbol-collapse-time"
    observable = "collapse_time"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}T=\sum_{t\ge0}\Bigl[1-\sum_ig_t(p_{0,i})\Bigr]"
    source = "ewens2004"
    hypotheses = CHAIN

    def value(self, loop: Loop) -> Any:
        return np.float64(mean_collapse_time(frequencies(loop), size(loop)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=40)), 1)]


class SymbolCollapseTimeDiffusion(Quantity):
    r"""E T as n → ∞, in generations: −2n Σ (1−p) log(1−p) (Kimura & Ohta's formula for two alleles)."""

    name = "symbol-collapse-time-diffusion"
    observable = "collapse_time"
    kind = "limit"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}T\sim-2n\sum_i(1-p_{0,i})\log(1-p_{0,i})"
    source = "kimura1969"
    hypotheses = CHAIN

    def value(self, loop: Loop) -> Any:
        p = frequencies(loop)
        inside = (p > 0) & (p < 1)
        return np.float64(-2 * size(loop) * np.sum((1 - p[inside]) * np.log1p(-p[inside])))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=40)), 1)]


class SymbolCollapseTail(Quantity):
    r"""P(T > t) ~ a(1−1/n)^t, with a near 3(1 − Σp²)."""

    name = "symbol-collapse-tail"
    observable = "collapse_tail"
    kind = "rate"
    family = Categorical
    differentiable = False
    statement = r"P(T>t)\sim a\,\Bigl(1-\frac1n\Bigr)^t,\qquad a\to3\Bigl(1-\sum_ip_{0,i}^2\Bigr)"
    source = "ewens2004"
    hypotheses = CHAIN

    def value(self, loop: Loop) -> Any:
        return np.float64(collapse_tail(frequencies(loop), size(loop)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=40)), 1)]


class SymbolExtinctionTime(Quantity):
    r"""E T_1, T_1 the first generation that lacks a symbol of the real law."""

    name = "symbol-extinction-time"
    observable = "extinction_time"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}T_1=\sum_{t\ge0}\sum_S(-1)^{|S|}g_t(1-p_{0,S})"
    source = "ewens2004"
    hypotheses = (*CHAIN, FEW)

    def value(self, loop: Loop) -> Any:
        return np.float64(mean_extinction_time(frequencies(loop), size(loop)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=40)), 1)]


class SymbolExtinctionTimeDiffusion(Quantity):
    r"""E T_1 as n → ∞: 2n Σ_S (−1)^{|S|} p_S log p_S; too large where n p is a few points."""

    name = "symbol-extinction-time-diffusion"
    observable = "extinction_time"
    kind = "limit"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}T_1\sim2n\sum_S(-1)^{|S|}p_{0,S}\log p_{0,S}"
    source = "ewens2004"
    hypotheses = (*CHAIN, FEW)

    def value(self, loop: Loop) -> Any:
        sums, signs = subsets(frequencies(loop))
        return np.float64(2 * size(loop) * signs @ xlogy(sums, sums))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=40)), 1)]


class SymbolExtinctionTimePoisson(Quantity):
    r"""E T_1 with draws taken as Poisson: Σ_t Π_i (1 − exp(−n p_i g_t)); close even where n p is a few points."""

    name = "symbol-extinction-time-poisson"
    observable = "extinction_time"
    kind = "limit"
    family = Categorical
    differentiable = False
    statement = r"\mathbb{E}T_1\approx\sum_{t\ge0}\prod_i\bigl(1-e^{-np_{0,i}g_t}\bigr),\qquad g_1=1,\ g_{k+1}=1-e^{-g_k}"
    source = "suresh2024"
    hypotheses = CHAIN

    def value(self, loop: Loop) -> Any:
        return np.float64(mean_extinction_time_poissonised(frequencies(loop), size(loop)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Replace(n=40)), 1)]

"""How much real data holds an even alphabet that is sampled below temperature 1, in the limit of many points."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np
from scipy.optimize import minimize_scalar

from madtheory.laws._law import Hypothesis, Quantity
from madtheory.laws._morris_cases import symbol_loop
from madtheory.laws._replace import CONSTANT_BIAS
from madtheory.laws._symbols import PLAIN, frequencies
from madtheory.laws.mean_parameter_limits import CONSTANT_SIZES, FRESH
from madtheory.loop import Loop
from madtheory.models import Categorical
from madtheory.schedules import Fresh

EVEN = Hypothesis("symbols of equal probability", lambda loop: bool(np.ptp(frequencies(loop)) < 1e-12))
COLD = Hypothesis("a sampling_bias (temperature) below 1", lambda loop: bool(np.all(np.asarray(loop.sampling_bias) < 1)))


def cold_loop(symbols: int, temperature: float) -> Loop:
    """A fresh loop over symbols of equal probability."""
    loop = symbol_loop(Fresh(n_real=10, n_synthetic=30), tuple([1 / symbols] * symbols))
    return eqx.tree_at(lambda lo: lo.sampling_bias, loop, np.asarray(temperature))


class TemperatureThreshold(Quantity):
    r"""The share r of real data below which even probabilities are unstable under p' = r p* + (1−r) p^{1/T}/Z: r = 1 − T."""

    name = "temperature-threshold"
    observable = "real_share_threshold"
    kind = "limit"
    family = Categorical
    differentiable = False
    statement = r"p'=rp^*+(1-r)\frac{p^{1/T}}{\sum p^{1/T}}:\qquad r_c=1-T"
    source = "marchi2024"
    hypotheses = (FRESH, CONSTANT_SIZES, CONSTANT_BIAS, PLAIN, EVEN, COLD)

    def value(self, loop: Loop) -> Any:
        return np.float64(1 - float(loop.sampling_bias))

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.sampling_bias, loop, loop.sampling_bias * 0.95)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(cold_loop(5, 0.8), 1)]


class TemperatureSpinodal(Quantity):
    r"""The share of real data above which no concentrated state survives either; between the two, the past decides (hysteresis).

    In a state where one symbol has x and the others share the rest, r(x) = (x − q)/(1/s − q) with q the sharpened x.
    """

    name = "temperature-spinodal"
    observable = "real_share_spinodal"
    kind = "limit"
    family = Categorical
    differentiable = False
    statement = r"r_+=\max_x\frac{q(x)-x}{q(x)-1/s},\qquad q(x)=\frac{x^{1/T}}{x^{1/T}+(s-1)\bigl(\frac{1-x}{s-1}\bigr)^{1/T}}"
    source = "marchi2024"
    hypotheses = (FRESH, CONSTANT_SIZES, CONSTANT_BIAS, PLAIN, EVEN, COLD)

    def value(self, loop: Loop) -> Any:
        symbols, temperature = len(frequencies(loop)), float(loop.sampling_bias)
        grid = np.linspace(1 / symbols, 1, 4097)[1:-1]
        best = int(np.argmax([held(x, symbols, temperature) for x in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
        found = minimize_scalar(lambda x: -held(x, symbols, temperature), bounds=(low, high), method="bounded")
        return np.float64(max(1 - temperature, -float(found.fun)))

    def wrong(self, loop: Loop) -> Loop:
        return TemperatureThreshold().wrong(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(cold_loop(5, 0.8), 1), (cold_loop(2, 0.8), 1)]


def sharpened(x: float, symbols: int, temperature: float) -> float:
    """Probability x of one symbol, the others alike, after p^{1/T}/Z."""
    odds = np.exp((np.log1p(-x) - np.log(symbols - 1) - np.log(x)) / temperature)
    return float(1 / (1 + (symbols - 1) * odds))


def held(x: float, symbols: int, temperature: float) -> float:
    """The share of real data at which a state with x stays as it is."""
    q = sharpened(x, symbols, temperature)
    return (q - x) / (q - 1 / symbols)

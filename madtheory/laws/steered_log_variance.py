"""log v_t of a loop whose draws are Gaussian with a variance that depends on the variance of the fit alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.interpolate import CubicSpline
from scipy.special import gammaln

from madtheory.curation import Tilt
from madtheory.laws._hypotheses import CONSTANT_BIAS, CONSTANT_SIZE, PARAMETRIC, REPLACE, UNIVARIATE
from madtheory.laws._law import Hypothesis, Law
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.laws._replace import delta
from madtheory.laws._steered import STEERED, sampled, steered_loop
from madtheory.laws.steered_limit import nearby
from madtheory.loop import Loop
from madtheory.samplers import Ancestral, FlowMatching, ProbabilityFlow
from madtheory.schedules import Replace

NODES, WEIGHTS = leggauss(160)
GRID = 6000
SPARE = 2.0  # added to either end of the grid
STRETCH, DEEP = 16.0, 6.0  # the most by which noise may be stretched, so many standard deviations below the middle

NO_SELECTION = Hypothesis("no curation but a tilt that never widens", lambda loop: loop.curation is None or _narrows(loop))


class SteeredLogVariance(Law):
    r"""u' = g(u) + log χ²_{n−1}/(n−δ) for u = log v, with v ↦ e^{g} what sampler, sampling bias and tilt make of a variance.

    A Markov chain on the line, whose moments are integrated backwards: h_{t−1}(u) = E h_t(g(u) + ξ), to about 1e-8. What is
    narrower than the last level of a sampler shrinks doubly exponentially; from where the chain gets there, they are NaN.
    """

    name = "steered-log-variance"
    observable = "log_variance"
    kind = "exact"
    steered = True
    differentiable = False
    statement = r"u_{t+1}=g(u_t)+\log\frac{\chi^2_{n-1}}{n-\delta},\qquad e^{g(\log v)}=\lambda\,\mathcal{S}(v)"
    source = "pierret2025, madtheory"
    hypotheses = (REPLACE, UNIVARIATE, STEERED, NO_SELECTION, CONSTANT_SIZE, CONSTANT_BIAS, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        return self._moments(loop, generations)[:, 0]

    def variance(self, loop: Loop, generations: int) -> Any:
        mean, second = self._moments(loop, generations).T
        centre = np.log(float(loop.truth.covariance[0, 0]))
        return second - (mean - centre) ** 2

    def _moments(self, loop: Loop, generations: int) -> np.ndarray:
        """(T+1, 2) E u_t and E (u_t − u_0)²."""
        start, (step, weight) = float(np.log(loop.truth.covariance[0, 0])), _noise(loop)
        known = _resolved(loop, generations)
        grid = _grid(loop, known)
        forward = _inside(grid, mapped(loop, grid)[:, None] + step)
        ahead = np.stack([grid, (grid - start) ** 2], axis=1)
        path = [np.array([start, 0.0])]
        bias = np.log(float(loop.sampling_bias)) if loop.bias_first_generation else 0.0
        for _ in range(known):
            spline = CubicSpline(grid, ahead)
            path.append(weight @ spline(_inside(grid, start + bias + step)))
            ahead = np.einsum("k,gkm->gm", weight, spline(forward))
        return np.vstack([path, np.full((generations - known, 2), np.nan)])

    def wrong(self, loop: Loop) -> Loop:
        return nearby(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (steered_loop(Replace(n=20), sampler=ProbabilityFlow(12, 20.0, 0.05)), 8),
            (steered_loop(Replace(n=30), sampler=FlowMatching(6, base=2.0), curation=Tilt(centre=[1.0], strength=0.2)), 5),
            (steered_loop(Replace(n=30), sampler=Ancestral(20, 20.0, 0.05, variance="forward"), sampling_bias=0.9), 5),
        ]


def mapped(loop: Loop, log_variance: np.ndarray) -> np.ndarray:
    """(…) g(u): log-variance of the draws of a fit with log-variance u."""
    _, std = sampled(loop, np.exp(log_variance / 2))
    precision = np.exp(-2 * np.log(std) - np.log(float(loop.sampling_bias)))
    return -np.log(precision + _added(loop))


def _added(loop: Loop) -> float:
    """What the tilt adds to a precision."""
    if loop.curation is None or loop.curation.direction is not None:
        return 0.0
    return float(loop.curation.strength if loop.curation.centre is not None else -loop.curation.novelty)


def _narrows(loop: Loop) -> bool:
    return isinstance(loop.curation, Tilt) and _added(loop) >= 0


def _noise(loop: Loop) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of log χ²_{n−1}/(n−δ)."""
    n = int(loop.schedule.n)  # type: ignore[attr-defined]
    one = LogChiSquareSum(np.array([n - 1]))
    low, high = one.support
    x = one.mean + (low + high) / 2 + (high - low) / 2 * NODES
    density = np.exp((n - 1) / 2 * (x - np.log(2)) - np.exp(x) / 2 - gammaln((n - 1) / 2))
    return x - np.log(n - delta(loop)), (high - low) / 2 * WEIGHTS * density


def _middle(loop: Loop, generations: int) -> np.ndarray:
    """(T+1,) the chain with its noise replaced by the mean of it."""
    n = int(loop.schedule.n)  # type: ignore[attr-defined]
    drift = LogChiSquareSum(np.array([n - 1])).mean - np.log(n - delta(loop))
    path = [float(np.log(loop.truth.covariance[0, 0]))]
    for _ in range(generations):
        path.append(float(mapped(loop, np.array([path[-1]]))[0]) + drift)
    return np.array(path)


def _resolved(loop: Loop, generations: int) -> int:
    """Generations over which noise is stretched by less than `STRETCH` in all."""
    one = LogChiSquareSum(np.array([int(loop.schedule.n) - 1]))  # type: ignore[attr-defined]
    middle = _middle(loop, generations)[:-1]
    low = middle - DEEP * np.sqrt(one.variance * np.arange(1, generations + 1))
    slope = (mapped(loop, middle) - mapped(loop, low)) / (middle - low)
    return int(np.sum(np.cumprod(np.maximum(slope, 1.0)) < STRETCH))


def _grid(loop: Loop, generations: int) -> np.ndarray:
    """Log-variances between which the chain stays, but for a share of about 1e-15."""
    total = LogChiSquareSum(np.full(generations, int(loop.schedule.n) - 1))  # type: ignore[attr-defined]
    low, high = STRETCH * np.array(total.support)
    middle = _middle(loop, generations)
    return np.linspace(middle.min() + low - SPARE, middle.max() + high + SPARE, GRID)


def _inside(grid: np.ndarray, u: np.ndarray) -> np.ndarray:
    return np.clip(u, grid[0], grid[-1])

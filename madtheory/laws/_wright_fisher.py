"""The two-allele Wright–Fisher chain: the exact law of when one symbol, or one set of symbols, has taken over.

Let g_t(p) be the probability that a set of symbols of real frequency p makes up all of generation t. Then g_0 is the
indicator of p = 1 and g_{t+1}(p) = E g_t(X/n) with X ~ Binomial(n, p): one application of the Bernstein operator. It maps
polynomials to polynomials of the same degree, and shrinks what is of degree k by ∏_{i<k}(1−i/n) (Feller 1951). After a few
generations on all n+1 counts, what is left above `DEGREE` is below rounding, and a small triangular matrix does the rest.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.polynomial.legendre import leggauss, legvander
from scipy.special import gammaln, xlog1py, xlogy

DEGREE = 127
BEYOND = 80.0  # n times this over DEGREE² generations take e^-40 off what is above DEGREE
REACH, SPARE = 9.0, 40  # standard deviations, and counts besides, within which a binomial law is added up


def binomial_rows(n: int, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers, counts and probabilities of Binomial(n, p_i), without what is below 10⁻¹⁸ of a row."""
    spread = REACH * np.sqrt(n * p * (1 - p)) + SPARE
    low, high = np.maximum(np.floor(n * p - spread), 0).astype(int), np.minimum(np.ceil(n * p + spread), n).astype(int)
    width = high - low + 1
    row = np.repeat(np.arange(len(p)), width)
    count = np.arange(width.sum()) - np.repeat(np.cumsum(width) - width, width) + low[row]
    ways = gammaln(n + 1) - gammaln(count + 1) - gammaln(n - count + 1)
    return row, count, np.exp(ways + xlogy(count, p[row]) + xlog1py(n - count, -p[row]))


def average(rows: tuple[np.ndarray, np.ndarray, np.ndarray], values: np.ndarray) -> np.ndarray:
    """(I,) expectations of values (n+1,) of the count."""
    row, count, probability = rows
    return np.bincount(row, probability * values[count], minlength=row[-1] + 1)


class TwoAlleles:
    """The chain with n draws per generation."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.first = max(int(np.ceil(BEYOND * n / DEGREE**2)), 1)  # generations on all counts
        self.degree = min(DEGREE, n)
        counts = np.arange(n + 1) / n
        nodes, weights = leggauss(self.degree + 1)
        basis, at_nodes = legvander(2 * counts - 1, self.degree), legvander(nodes, self.degree)
        self.project = (at_nodes * weights[:, None]).T * (np.arange(self.degree + 1) + 0.5)[:, None]
        row, count, probability = binomial_rows(n, (1 + nodes) / 2)
        moved = np.zeros((len(nodes), self.degree + 1))
        np.add.at(moved, row, probability[:, None] * basis[count])
        self.step = np.triu(self.project @ moved)
        self.nodes = (1 + nodes) / 2

    @functools.cached_property
    def early(self) -> list[np.ndarray]:
        """(n+1,) g_t on the counts for t = 0 … first."""
        rows = binomial_rows(self.n, np.arange(self.n + 1) / self.n)
        values = [np.append(np.zeros(self.n), 1.0)]
        for _ in range(self.first):
            values.append(average(rows, values[-1]))
        return values

    @functools.cached_property
    def late(self) -> np.ndarray:
        """(degree+1,) Legendre coefficients of g_t at t = first + 1."""
        return self.project @ average(binomial_rows(self.n, self.nodes), self.early[-1])

    def taken_over(self, p: np.ndarray, generations: int) -> np.ndarray:
        """(T+1, I) g_t(p_i), to 10⁻¹⁰ of absolute probability."""
        p = np.asarray(p, dtype=float)
        out = np.empty((generations + 1, len(p)))
        out[0] = p == 1
        rows = binomial_rows(self.n, p)
        for t in range(1, min(generations, self.first) + 1):
            out[t] = average(rows, self.early[t - 1])
        if generations > self.first:
            out[self.first + 1 :] = self._series(generations - self.first) @ legvander(2 * p - 1, self.degree).T
        return np.clip(out, 0.0, 1.0)

    def _series(self, count: int) -> np.ndarray:
        """(count, degree+1) coefficients of g_t from t = first + 1 on."""
        series = np.empty((count, self.degree + 1))
        series[0] = self.late
        for k in range(1, count):
            series[k] = self.step @ series[k - 1]
        return series

    def time_lost(self, p: np.ndarray) -> np.ndarray:
        """(I,) Σ_{t≥0} (p_i − g_t(p_i)): what a symbol adds to the mean time until one has taken over."""
        p = np.asarray(p, dtype=float)
        early = (p - self.taken_over(p, self.first)).sum(axis=0)
        apart = -self.late
        apart[:2] += 0.5  # the polynomial p itself
        total, power = np.eye(len(apart)), self.step.copy()
        for _ in range(int(np.ceil(np.log2(60 * self.n))) + 1):
            total, power = total + power @ total, power @ power
        return early + legvander(2 * p - 1, self.degree) @ (total @ apart)


@functools.lru_cache(maxsize=16)
def two_alleles(n: int) -> TwoAlleles:
    """The chain of n draws, made once."""
    return TwoAlleles(n)


def distinct(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies above 0 that occur, and how often."""
    values, times = np.unique(np.asarray(p, dtype=float)[np.asarray(p) > 0], return_counts=True)
    return values, times


def collapsed(p: np.ndarray, n: int, generations: int) -> np.ndarray:
    """(T+1,) P(one symbol is left) = Σ_i g_t(p_i): the events are disjoint."""
    values, times = distinct(p)
    return two_alleles(n).taken_over(values, generations) @ times


def extinct(p: np.ndarray, n: int, generations: int) -> np.ndarray:
    """(T+1, K) P(symbol i is lost) = g_t(1 − p_i)."""
    values, place = np.unique(np.asarray(p, dtype=float), return_inverse=True)
    return two_alleles(n).taken_over(1 - values, generations)[:, place]


def all_alive(p: np.ndarray, n: int, generations: int) -> np.ndarray:
    """(T+1,) P(no symbol is lost), by inclusion and exclusion over sets of symbols: Σ_S (−1)^|S| g_t(1 − p_S)."""
    sums, signs = subsets(p)
    values, place = np.unique(1 - sums, return_inverse=True)
    return two_alleles(n).taken_over(values, generations) @ np.bincount(place, signs)


def subsets(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(2^K,) frequencies of all sets of symbols and (−1)^|S|."""
    sums, signs = np.zeros(1), np.ones(1)
    for own in np.asarray(p, dtype=float)[np.asarray(p) > 0]:
        sums, signs = np.concatenate([sums, sums + own]), np.concatenate([signs, -signs])
    sums[-1] = 1.0
    return np.clip(sums, 0, 1), signs


def mean_collapse_time(p: np.ndarray, n: int) -> float:
    """E T exactly, T the first generation with one symbol."""
    values, times = distinct(p)
    return float(two_alleles(n).time_lost(values) @ times)


def mean_extinction_time(p: np.ndarray, n: int) -> float:
    """E T exactly, T the first generation without some symbol: Σ_t P(T > t), with Σ_S (−1)^|S| (1 − p_S) = 0."""
    sums, signs = subsets(p)
    values, place = np.unique(1 - sums, return_inverse=True)
    return float(-two_alleles(n).time_lost(values) @ np.bincount(place, signs))


def survival_slopes(generations: int) -> np.ndarray:
    """(T+1,) g_k of a branching process with Poisson offspring: g_1 = 1, g_{k+1} = 1 − e^{−g_k}; k g_k → 2. Entry 0 is ∞."""
    out = np.full(generations + 1, np.inf)
    for k in range(1, generations + 1):
        out[k] = -np.expm1(-out[k - 1])
    return out

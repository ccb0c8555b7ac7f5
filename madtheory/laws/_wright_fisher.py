"""The two-allele Wright–Fisher chain: the exact law of when one symbol, or one set of symbols, has taken over.

Let g_t(p) be the probability that a set of symbols of real frequency p makes up all of generation t. Then g_0 is the
indicator of p = 1 and g_{t+1}(p) = E g_t(X/n) with X ~ Binomial(n, p): one application of the Bernstein operator. It maps
polynomials to polynomials of the same degree, and shrinks what is of degree k by ∏_{i<k}(1−i/n) (Feller 1951). After a few
generations on the counts, what is left above `DEGREE` is below rounding, and a small triangular matrix does the rest.

What does not decay is known: g_t(0) = 0 and g_t(1) = 1 for ever, so g_t → p. The rest is written in the eigenfunctions of the
diffusion, P_k − P_{k+2} with P_k Legendre's, where the matrix is nearly diagonal; with Feller's numbers on its diagonal, rounding
does not add up over generations. Nor are all counts needed at first: g_t(p) ≤ exp(−n(1−p)s_t), with s_t from `survival_slopes`,
is below rounding unless nearly all draws belong to the set.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss, legvander
from scipy.linalg import solve_triangular
from scipy.sparse import csr_array, vstack
from scipy.special import gammaln, xlog1py, xlogy

DEGREE = 127
BEYOND = 80.0  # n times this over DEGREE² generations take e^-40 off what is above DEGREE
BELOW = 45.0  # e^-BELOW is nothing
REACH, SPARE = 9.0, 40  # standard deviations, and counts besides, within which a binomial law is added up
BLOCK = 2048  # binomial laws made at once


def binomial_rows(n: int, p: np.ndarray, lowest: int = 0) -> csr_array:
    """(I, n−lowest+1) probabilities of the counts lowest … n under Binomial(n, p_i), without what is below 10⁻¹⁸ of a row."""
    return csr_array(vstack([_rows(n, p[i : i + BLOCK], lowest) for i in range(0, len(p), BLOCK)]))


def _rows(n: int, p: np.ndarray, lowest: int) -> csr_array:
    spread = REACH * np.sqrt(n * p * (1 - p)) + SPARE
    low, high = np.maximum(np.floor(n * p - spread), 0).astype(int), np.minimum(np.ceil(n * p + spread), n).astype(int)
    width = high - low + 1
    row = np.repeat(np.arange(len(p)), width)
    count = np.arange(width.sum()) - np.repeat(np.cumsum(width) - width, width) + low[row]
    ways = gammaln(n + 1) - gammaln(count + 1) - gammaln(n - count + 1)
    weight = np.exp(ways + xlogy(count, p[row]) + xlog1py(n - count, -p[row]))
    weight /= np.bincount(row, weight)[row]  # log n! is known to 10⁻¹⁶ of itself only
    kept = count >= lowest
    return csr_array((weight[kept], (row[kept], count[kept] - lowest)), shape=(len(p), n - lowest + 1))


class TwoAlleles:
    """The chain with n draws per generation."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.first = max(int(np.ceil(BEYOND * n / DEGREE**2)), 1)  # generations on counts
        self.lowest = max(n - int(BELOW / survival_slopes(self.first)[-1]) - 1, 0)  # no g_t is above 0 below this count
        self.degree = min(DEGREE, n)
        x, weights = leggauss(self.degree + 1)
        self.nodes = (1 + x) / 2
        k = np.arange(self.degree - 1)
        norms = 2 * (2 * k + 3) / ((k + 1) * (k + 2))  # of the waves, under the weight 1/(1 − x²)
        self.project = (self.waves(self.nodes) * (weights / (1 - x**2))[:, None] / norms).T
        self.step = np.triu(self.project @ (binomial_rows(n, self.nodes) @ self.waves(np.arange(n + 1) / n)))
        np.fill_diagonal(self.step, np.cumprod(1 - np.arange(1, self.degree) / n))

    @functools.cached_property
    def early(self) -> np.ndarray:
        """(first+1, n−lowest+1) g_t on the counts for t = 0 … first."""
        rows = binomial_rows(self.n, np.arange(self.lowest, self.n + 1) / self.n, self.lowest)
        values = [np.append(np.zeros(self.n - self.lowest), 1.0)]
        for _ in range(self.first):
            values.append(rows @ values[-1])
        return np.array(values)

    @functools.cached_property
    def late(self) -> np.ndarray:
        """(degree−1,) c_k in g_t(p) = p + Σ_k c_k waves_k(p), at t = first + 1."""
        return self.project @ (binomial_rows(self.n, self.nodes, self.lowest) @ self.early[-1] - self.nodes)

    def waves(self, p: np.ndarray) -> np.ndarray:
        """(I, degree−1) P_k − P_{k+2} at 2p − 1: zero at both ends, shrunk by about exp(−(k+1)(k+2)/(2n)) a generation."""
        values = legvander(2 * np.asarray(p, dtype=float) - 1, self.degree)
        return values[:, :-2] - values[:, 2:]

    def taken_over(self, p: np.ndarray, generations: int) -> np.ndarray:
        """(T+1, I) g_t(p_i), to 10⁻¹¹ of absolute probability up to 10⁴ draws."""
        p = np.asarray(p, dtype=float)
        return np.clip(self._law(p == 1, binomial_rows(self.n, p, self.lowest), p, self.waves(p), generations), 0.0, 1.0)

    def combined(self, p: np.ndarray, weights: np.ndarray, generations: int) -> np.ndarray:
        """(T+1,) Σ_i weights_i g_t(p_i), in memory that does not grow with T·I."""
        p = np.asarray(p, dtype=float)
        counts, waves = weights @ binomial_rows(self.n, p, self.lowest), weights @ self.waves(p)
        return self._law(weights @ (p == 1), counts, weights @ p, waves, generations)

    def _law(self, now: Any, counts: Any, limit: Any, waves: np.ndarray, generations: int) -> np.ndarray:
        """(T+1, …) from g_0 and g_∞ (…), and the factors (…, ·) of the values on the counts and of the late coefficients."""
        early = (counts @ self.early[: self.first].T).T
        late = limit + self._series(generations - self.first) @ waves.T
        return np.concatenate([np.asarray(now, dtype=float)[None], early, late])[: generations + 1]

    def _series(self, count: int) -> np.ndarray:
        """(count, degree−1) coefficients c_k of g_t from t = first + 1 on."""
        series = np.empty((max(count, 0), len(self.late)))
        series[:1] = self.late
        for k in range(1, count):
            series[k] = self.step @ series[k - 1]
        return series

    def time_lost(self, p: np.ndarray) -> np.ndarray:
        """(I,) Σ_{t≥0} (p_i − g_t(p_i)): what a symbol adds to the mean time until one has taken over."""
        p = np.asarray(p, dtype=float)
        early = (p - self.taken_over(p, self.first)).sum(axis=0)
        return early - self.waves(p) @ solve_triangular(np.eye(len(self.late)) - self.step, self.late)

    def tail(self) -> float:
        """The a with p − g_t(p) ~ a p(1−p)(1−1/n)^t as t → ∞, n ≥ 2; 3 as n → ∞. The leading left eigenvector finds it."""
        slowest = self.step[0, 0]
        rest = solve_triangular((self.step[1:, 1:] - slowest * np.eye(len(self.late) - 1)).T, -self.step[0, 1:], lower=True)
        return float(-6 * (self.late[0] + rest @ self.late[1:]) / slowest ** (self.first + 1))


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
    return np.clip(two_alleles(n).combined(*distinct(p), generations), 0.0, 1.0)


def collapse_tail(p: np.ndarray, n: int) -> float:
    """The a with P(more than one symbol is left) ~ a (1 − 1/n)^t; about 3(1 − Σp²)."""
    return two_alleles(n).tail() * (1 - float(np.sum(np.square(p))))


def extinct(p: np.ndarray, n: int, generations: int) -> np.ndarray:
    """(T+1, K) P(symbol i is lost) = g_t(1 − p_i)."""
    values, place = np.unique(np.asarray(p, dtype=float), return_inverse=True)
    return two_alleles(n).taken_over(1 - values, generations)[:, place]


def all_alive(p: np.ndarray, n: int, generations: int) -> np.ndarray:
    """(T+1,) P(no symbol is lost), by inclusion and exclusion over sets of symbols: Σ_S (−1)^|S| g_t(1 − p_S)."""
    values, signs = lumped(p)
    return np.clip(two_alleles(n).combined(1 - values, signs, generations), 0.0, 1.0)


def subsets(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(2^K,) frequencies of all sets of symbols and (−1)^|S|."""
    sums, signs = np.zeros(1), np.ones(1)
    for own in np.asarray(p, dtype=float)[np.asarray(p) > 0]:
        sums, signs = np.concatenate([sums, sums + own]), np.concatenate([signs, -signs])
    sums[-1] = 1.0
    return np.clip(sums, 0, 1), signs


def lumped(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies of sets of symbols that occur, and the sum of their signs."""
    sums, signs = subsets(p)
    values, place = np.unique(sums, return_inverse=True)
    return values, np.bincount(place, signs)


def mean_collapse_time(p: np.ndarray, n: int) -> float:
    """E T exactly, T the first generation with one symbol."""
    values, times = distinct(p)
    return float(two_alleles(n).time_lost(values) @ times)


def mean_extinction_time(p: np.ndarray, n: int) -> float:
    """E T exactly, T the first generation without some symbol: Σ_t P(T > t), with Σ_S (−1)^|S| (1 − p_S) = 0."""
    values, signs = lumped(p)
    return float(-two_alleles(n).time_lost(1 - values) @ signs)


def survival_slopes(generations: int) -> np.ndarray:
    """(T+1,) g_k of a branching process with Poisson offspring: g_1 = 1, g_{k+1} = 1 − e^{−g_k}; k g_k → 2. Entry 0 is ∞."""
    out = np.full(generations + 1, np.inf)
    for k in range(1, generations + 1):
        out[k] = -np.expm1(-out[k - 1])
    return out

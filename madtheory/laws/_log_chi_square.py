"""Distribution of sums of log chi-squares, by inversion of the characteristic function.

Everything is centred at the mean and written without cancellation, so that 10⁹ points or 10⁶ generations lose no digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import elementwise
from scipy.special import digamma, polygamma

SHIFT = 10  # Stirling's series is used at arguments of at least this; the first term left out is 3e-17
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)  # B_{2k}/(2k(2k−1))
TAIL = np.log(1e15)  # probability cut off at either end: e^-TAIL
NEGLIGIBLE = 40.0  # the characteristic function is cut where it falls below e^-NEGLIGIBLE
DIRECT = 1 << 14  # from this many points on, a table is interpolated
TABLE_ERROR = 1e-11


class LogChiSquareSum:
    """X = Σ_j count_j log χ²_{ν_j} − E X, all chi-squares independent; `mean` and `variance` are those of the sum.

    `count_j` is the number of independent chi-squares with ν_j > 0 degrees of freedom.
    """

    def __init__(self, nu: np.ndarray) -> None:
        values, self.count = np.unique(np.ravel(nu), return_counts=True)
        self.a = values / 2
        self.mean = float(self.count @ (digamma(self.a) + np.log(2)))
        self.variance = float(self.count @ polygamma(1, self.a))

    def log_transform(self, w: np.ndarray) -> np.ndarray:
        """log E e^{wX} for complex `w` with real part above −min ν/2 (Cochran: log-gamma functions)."""
        terms = (m * _log_gamma_centred(a, np.asarray(w)) for a, m in zip(self.a, self.count, strict=True))
        return sum(terms, np.zeros(np.shape(w), dtype=complex))

    @cached_property
    def support(self) -> tuple[float, float]:
        """(lower, upper) outside of which lies less than 1e-15 of the probability on either side (Chernoff)."""
        theta = np.geomspace(0.05, 40, 80) / np.sqrt(self.variance)
        below = theta / (1 + theta / self.a.min())
        upper = np.min((self.log_transform(theta).real + TAIL) / theta)
        return -float(np.min((self.log_transform(-below).real + TAIL) / below)), float(upper)

    @cached_property
    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Frequencies and characteristic function on the midpoint grid whose aliases lie outside the support."""
        lower, upper = self.support
        step = 2 * np.pi / (upper - lower)
        u = np.geomspace(4, 200, 80) / np.sqrt(self.variance)
        last = u[np.argmax(self.log_transform(1j * u).real < -NEGLIGIBLE)]
        grid = step * (np.arange(int(np.ceil(last / step))) + 0.5)
        return grid, np.exp(self.log_transform(1j * grid))

    def invert(self, x: np.ndarray) -> np.ndarray:
        """P(X ≤ x) for centred `x` (…,), by Gil-Pelaez with the midpoint rule."""
        grid, phi = self.nodes
        angle = np.clip(x, *self.support)[..., None] * grid
        waves = phi.imag * np.cos(angle) - phi.real * np.sin(angle)
        return np.clip(0.5 - (waves / (np.arange(len(grid)) + 0.5)).sum(-1) / np.pi, 0.0, 1.0)

    def density(self, x: np.ndarray) -> np.ndarray:
        """Density of X at centred `x` (…,) within the support."""
        grid, phi = self.nodes
        angle = x[..., None] * grid
        return 2 * grid[0] / np.pi * (phi.real * np.cos(angle) + phi.imag * np.sin(angle)).sum(-1)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """P(Σ log χ² ≤ x), vectorised, to 1e-10."""
        centred = np.asarray(x, dtype=float) - self.mean
        if centred.size > DIRECT:
            return np.clip(self._table(np.clip(centred, *self.support)), 0, 1)
        parts = [self.invert(part) for part in _blocks(centred.ravel(), 4096)]
        return np.concatenate(parts).reshape(centred.shape) if parts else centred

    @cached_property
    def _table(self) -> CubicHermiteSpline:
        """Cubic Hermite interpolant of the distribution function; its error is h⁴/384 times the fourth derivative."""
        grid, phi = self.nodes
        fourth = 2 * grid[0] / np.pi * np.sum(grid**3 * abs(phi))
        lower, upper = self.support
        x = np.linspace(lower, upper, int((upper - lower) / (384 * TABLE_ERROR / fourth) ** 0.25) + 2)
        blocks = list(_blocks(x, 4096))
        values, slopes = (np.concatenate([f(part) for part in blocks]) for f in (self.invert, self.density))
        return CubicHermiteSpline(x, values, slopes)

    def quantile(self, p: np.ndarray) -> np.ndarray:
        """The x with P(Σ log χ² ≤ x) = p, for p in (0, 1)."""
        p = np.asarray(p, dtype=float)
        lower, upper = self.support
        bracket = (np.full(p.shape, lower), np.full(p.shape, upper))
        return self.mean + elementwise.find_root(lambda x, level: self.invert(x) - level, bracket, args=(p,)).x


def _log_gamma_centred(a: float, w: np.ndarray) -> np.ndarray:
    """log Γ(a+w) − log Γ(a) − w ψ(a), with errors of the size of ε|w|."""
    lift = max(0, int(np.ceil(SHIFT - a)))
    top = a + lift
    small = sum((_log1p(w / (a + j)) for j in range(lift)), np.zeros(np.shape(w), dtype=complex))
    correction = sum(b * ((top + w) ** (1.0 - 2 * k) - top ** (1.0 - 2 * k)) for k, b in enumerate(STIRLING, start=1))
    main = (top + w - 0.5) * _log1p(w / top) - w
    return main + w * (np.log(top) - digamma(a)) + correction - small


def _log1p(z: np.ndarray) -> np.ndarray:
    """log(1+z) for complex z; NumPy's own loses the real part of small imaginary z."""
    x, y = np.real(z), np.imag(z)
    return 0.5 * np.log1p(x * (2 + x) + y * y) + 1j * np.arctan2(y, 1 + x)


def _blocks(x: np.ndarray, width: int) -> Iterator[np.ndarray]:
    """`x` (N,) in pieces of at most `width`, so that memory stays small."""
    return (x[i : i + width] for i in range(0, len(x), width))

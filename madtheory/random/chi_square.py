"""log χ²_ν by inversion: its quantile as a polynomial in the normal score.

log(χ²_ν/ν) at the quantile of a normal score z is smooth in z, but the faster it bends the smaller ν is. One row per ν
holds a polynomial for each side of z = 0, centred so that its powers cancel nothing, and a short one for both sides,
which is as good from ν ≈ 9 on. The coefficients are made in float64 on the host and are array inputs of the compiled
program.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from madtheory.random._polynomial import polynomial

REACH = 6.4  # no word has a larger score
DEGREE = {4: 18, 8: 36}  # by the bytes of a number
SHORT_DEGREE = 16
SPARE = 12  # nodes beyond the degree
SERIES_FROM = 1e5  # above this ν the quantile comes from its Cornish–Fisher series, exact to float64 there


class Jump(NamedTuple):
    """Generations taken at a step.

    Attributes:
        generations: k.
        gain: what log σ² gains in each of the others beside a log(χ²_ν/ν), which the step itself does not add.
    """

    generations: int = 1
    gain: float = 0.0


ONE = Jump()


class ChiSquareTable(eqx.Module):
    """Polynomials for the degrees of freedom that a run needs.

    Error of log χ², absolute, over all scores: float32 6e-7 from ν = 9 on, 1e-6 from ν = 4, below that 2e-6 to 5e-6
    where the logarithm itself, down to −46, has no more digits; float64 1e-12 (measured in the tests).

    Attributes:
        limits: (K,) largest ν that reads each row, halfway to the next row's: a ν rounded to float32 finds its row.
        coefficients: (K, P, D+1) of log(χ²_ν/ν), as powers of z − centre, for P = 2 sides or P = 1 for both.
        rest: (K, P) what rounding the coefficients has taken from the mean, which many generations would add up.
        shortened: (K, 1, SHORT_DEGREE+1) and (K, 1), the same as one short polynomial.
        short: () bool, whether that is good enough for all rows.
    """

    limits: Any
    coefficients: Any
    rest: Any
    shortened: tuple[Any, Any]
    short: Any

    @staticmethod
    def build(nu: np.ndarray, dtype: Any, tilt: float = 0.0, jump: Jump = ONE) -> ChiSquareTable:
        """The table for degrees of freedom `nu`, whole or not; those below 1 need no row.

        The number of rows is that of `nu` padded to a power of two, so that other values make no other shape.
        With `tilt` θ the row of ν holds the law tilted by (χ²_ν)^θ, which is χ²_{ν+2θ}. With a `jump` of k
        it holds the sum of k independent log(χ²_ν/ν), and the gain of k − 1.
        """
        rows = 1 << (max(np.size(nu), 1) - 1).bit_length()
        nu = np.unique(np.maximum(np.asarray(nu, dtype=np.float64), 1.0))
        nu = nu if len(nu) else np.ones(1)
        limits = np.concatenate([(nu[1:] + nu[:-1]) / 2, np.full(rows - len(nu) + 1, np.inf)])
        full = fit(nu, tilt, jump, 2, DEGREE[np.dtype(dtype).itemsize])[0]
        few, error = fit(nu, tilt, jump, 1, SHORT_DEGREE)
        short = np.asarray(error < np.finfo(dtype).eps / 6)
        return ChiSquareTable(limits.astype(dtype), *_rounded(full, rows, dtype), _rounded(few, rows, dtype), short)

    def quick(self) -> ChiSquareTable:
        """The same table with the short polynomials, for a compiled branch that is taken where they are good enough."""
        return ChiSquareTable(self.limits, *self.shortened, self.shortened, self.short)

    def log_ratio(self, score: Any, nu: Any, plus: Any = 0) -> Any:
        """`plus` + log(χ²_ν/ν) at normal scores (m,), ν (m,); −inf where ν < 1 (no degrees of freedom: the sum is 0)."""
        row = jnp.searchsorted(self.limits, nu)
        coefficients, rest = jnp.asarray(self.coefficients)[row], jnp.asarray(self.rest)[row]
        parts = [[*_last_axis(coefficients[..., part, :]), rest[..., part]] for part in range(rest.shape[-1])]
        if len(parts) == 1:
            x, terms = score, parts[0]
        else:
            lower, half = score < 0, np.asarray(REACH / 2, score.dtype)
            x = score + jnp.where(lower, half, -half)
            terms = [jnp.where(lower, left, right) for left, right in zip(*parts, strict=True)]
        return polynomial(terms[:-1], x) + (jnp.where(nu < 1, -jnp.inf, plus) + terms[-1])


def fit(nu: np.ndarray, tilt: float, jump: Jump, pieces: int, degree: int) -> tuple[np.ndarray, float]:
    """(K, pieces, degree+1) coefficients of log(χ²/ν) by interpolation at Chebyshev nodes, and their largest error.

    Of sums of it where there is a `jump`. The error is what the coefficients add up to that come next.
    """
    count = degree + SPARE
    nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    z = centres(pieces)[:, None] + REACH / pieces * nodes
    values = log_quantile(z, (nu + 2 * tilt)[:, None, None]) + np.log1p(2 * tilt / nu)[:, None, None]
    if jump.generations > 1:
        from madtheory.random._sums import sum_quantile

        sums = [sum_quantile(z.ravel(), one, jump.generations).reshape(z.shape) for one in nu]
        values = np.stack(sums) + (jump.generations - 1) * jump.gain
    basis = np.polynomial.chebyshev.chebvander(nodes, count - 1) * (2 / count)
    basis[:, 0] /= 2
    series = values @ basis
    error = np.max(np.sum(abs(series[..., degree + 1 :]), axis=-1))
    return series[..., : degree + 1] @ to_powers(degree, REACH / pieces), float(error)


def centres(pieces: int) -> np.ndarray:
    """(pieces,) middles of the equal parts of |z| ≤ REACH."""
    return REACH * ((2 * np.arange(pieces) + 1) / pieces - 1)


@functools.cache
def power_means(pieces: int, degree: int) -> np.ndarray:
    """(pieces, degree+1) means of (z − centre)^k over the standard normal, each over its part."""
    from scipy.special import roots_legendre

    nodes, weights = roots_legendre(100)
    x = REACH / pieces * nodes
    density = np.exp(-((centres(pieces)[:, None] + x) ** 2) / 2) * weights * REACH / pieces / np.sqrt(2 * np.pi)
    return density @ x[:, None] ** np.arange(degree + 1)


def log_quantile(z: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """log(x/ν) where x is the χ²_ν quantile at probability Φ(z)."""
    from scipy import special

    z, nu = np.broadcast_arrays(z, nu)
    tail = special.ndtr(-abs(z))
    few = np.minimum(nu, SERIES_FROM)
    x = np.where(z < 0, special.gammaincinv(few / 2, tail), special.gammainccinv(few / 2, tail))
    many = np.maximum(nu, SERIES_FROM)
    return np.where(nu > SERIES_FROM, np.log1p(_series(z, many)), np.log(2 * x / few))


def _rounded(coefficients: np.ndarray, rows: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """The coefficients in `dtype`, with empty rows up to `rows`, and what that took from the mean of each part."""
    padded = np.zeros((rows, *coefficients.shape[1:]))
    padded[: len(coefficients)] = coefficients
    rounded = padded.astype(dtype)
    lost = np.sum((padded - rounded) * power_means(padded.shape[1], padded.shape[2] - 1), axis=(1, 2))
    return rounded, np.repeat(lost[:, None], padded.shape[1], axis=1).astype(dtype)


@functools.cache
def to_powers(degree: int, reach: float) -> np.ndarray:
    """(degree+1, degree+1) powers of x in T_k(x/reach), one row per k."""
    series = [Chebyshev.basis(k, domain=[-reach, reach]).convert(kind=Polynomial).coef for k in range(degree + 1)]
    return np.stack([np.pad(c, (0, degree + 1 - len(c))) for c in series])


def _last_axis(coefficients: Any) -> list[Any]:
    return [coefficients[..., k] for k in range(coefficients.shape[-1])]


def _series(z: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """x/ν − 1 by the Cornish–Fisher expansion (Abramowitz & Stegun 26.4.14, multiplied out), error O(ν^-7/2)."""
    h = np.sqrt(2 / nu)
    return (h * z + h**2 * (z**2 - 1) / 3 + h**3 * (z**3 - 7 * z) / 36
            - h**4 * (3 * z**4 + 7 * z**2 - 16) / 810
            + h**5 * (9 * z**5 + 256 * z**3 - 433 * z) / 38880
            + h**6 * (12 * z**6 - 243 * z**4 - 923 * z**2 + 1472) / 204120)

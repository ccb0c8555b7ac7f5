"""log χ²_ν by inversion: its quantile as a polynomial in the normal score.

log(χ²_ν / ν) at the quantile of a normal score z is a smooth function of z; a Chebyshev polynomial of degree 32 on
|z| ≤ 6.7 has an error below float32 rounding for every ν ≥ 2, and ν = 1 is the square of the score itself. The
coefficients are made in float64 on the host, one row per ν, and are array inputs of the compiled program.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

DEGREE = 32
NODES = 96
REACH = 6.7
SERIES_FROM = 1e6  # above this ν the quantile comes from its Cornish–Fisher series, exact to float64 there


class ChiSquareTable(eqx.Module):
    """Rows of Chebyshev coefficients for the degrees of freedom that a run needs.

    Attributes:
        limits: (K,) largest ν that reads each row, halfway to the next row's: a ν rounded to float32 finds its row.
        coefficients: (K, DEGREE+1) of log(χ²_ν/ν) in z/REACH.
        rest: (K,) what rounding the coefficients has taken from the mean, which many generations would add up.
        tilted: () whether the laws are tilted.
    """

    limits: Any
    coefficients: Any
    rest: Any
    tilted: Any

    @staticmethod
    def build(nu: np.ndarray, dtype: Any, tilt: float = 0.0) -> ChiSquareTable:
        """The table for whole degrees of freedom `nu` (those below 1 need no row).

        The number of rows is that of `nu` padded to a power of two, so that other values make no other shape.
        With `tilt` θ the row of ν holds the law tilted by (χ²_ν)^θ, which is χ²_{ν+2θ}.
        """
        rows = 1 << (max(np.size(nu), 1) - 1).bit_length()
        nu = np.unique(np.maximum(np.asarray(nu, dtype=np.float64), 1.0))
        nu = nu if len(nu) else np.ones(1)
        limits = np.concatenate([(nu[1:] + nu[:-1]) / 2, np.full(rows - len(nu) + 1, np.inf)])
        coefficients = np.zeros((rows, DEGREE + 1))
        coefficients[: len(nu)] = chebyshev_rows(nu + 2 * tilt)
        coefficients[: len(nu), 0] += np.log1p(2 * tilt / nu)
        rounded = coefficients.astype(dtype)
        rest = (coefficients - rounded) @ chebyshev_means()
        return ChiSquareTable(limits.astype(dtype), rounded, rest.astype(dtype), np.asarray(tilt != 0))

    def log_ratio(self, score: Any, nu: Any) -> Any:
        """log(χ²_ν/ν) at normal scores (m,), ν (m,); −inf where ν < 1 (no degrees of freedom: the sum is 0)."""
        row = jnp.searchsorted(self.limits, nu)
        series = clenshaw(self.coefficients[row], score / np.asarray(REACH, score.dtype)) + self.rest[row]
        value = jnp.where((nu == 1) & ~self.tilted, 2 * jnp.log(jnp.abs(score)), series)
        return jnp.where(nu < 1, -jnp.inf, value)


def clenshaw(coefficients: Any, x: Any) -> Any:
    """Chebyshev sum Σ_k coefficients[…, k] T_k(x)."""
    rows = jnp.moveaxis(coefficients, -1, 0)

    def step(pair: tuple[Any, Any], c: Any) -> tuple[tuple[Any, Any], None]:
        return (2 * x * pair[0] - pair[1] + c, pair[0]), None

    zero = jnp.zeros(jnp.broadcast_shapes(jnp.shape(x), rows.shape[1:]), rows.dtype)
    (b1, b2), _ = jax.lax.scan(step, (zero, zero), rows[:0:-1], unroll=DEGREE)
    return x * b1 - b2 + rows[0]


def chebyshev_rows(nu: np.ndarray) -> np.ndarray:
    """(K, DEGREE+1) coefficients of log(χ²_ν/ν) by interpolation at Chebyshev nodes."""
    angle = np.pi * (np.arange(NODES) + 0.5) / NODES
    values = log_quantile(REACH * np.cos(angle)[None, :], nu[:, None])
    basis = np.cos(np.arange(DEGREE + 1)[:, None] * angle) * (2 / NODES)
    basis[0] /= 2
    return values @ basis.T


def chebyshev_means() -> np.ndarray:
    """(DEGREE+1,) means of T_k(z/REACH) over the standard normal, by a quadrature that is exact for them."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(DEGREE)
    return weights @ np.polynomial.chebyshev.chebvander(nodes / REACH, DEGREE) / weights.sum()


def log_quantile(z: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """log(x/ν) where x is the χ²_ν quantile at probability Φ(z)."""
    from scipy import special

    z, nu = np.broadcast_arrays(z, nu)
    tail = special.ndtr(-abs(z))
    few = np.minimum(nu, SERIES_FROM)
    x = np.where(z < 0, special.gammaincinv(few / 2, tail), special.gammainccinv(few / 2, tail))
    many = np.maximum(nu, SERIES_FROM)
    return np.where(nu > SERIES_FROM, np.log1p(_series(z, many)), np.log(2 * x / few))


def _series(z: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """x/ν − 1 by the Cornish–Fisher expansion (Abramowitz & Stegun 26.4.14, multiplied out), error O(ν^-5/2)."""
    h = np.sqrt(2 / nu)
    return (h * z + h**2 * (z**2 - 1) / 3 + h**3 * (z**3 - 7 * z) / 36
            - h**4 * (3 * z**4 + 7 * z**2 - 16) / 810)

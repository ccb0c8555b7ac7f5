"""Gamma and chi-square variates for any shape, as a polynomial in the normal score and in 1/√shape.

log(G_a/a) at the quantile of a normal score z is smooth in z and h = 1/√a together, up to h = 0, where it is h z. For
a ≥ 1 it is one polynomial for each side of z = 0; the coefficients are made in float64 on the host. A shape below 1 is
that of a + 1 times U^(1/a), exactly (Stuart 1962); logarithms are returned, so nothing underflows. Where all shapes are
known beforehand and at least 1/2, a `ChiSquareTable` of ν = 2a is about ten times as fast.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.polynomial.chebyshev import chebvander

from madtheory.random._polynomial import clenshaw
from madtheory.random.chi_square import REACH, centres, log_quantile, to_powers
from madtheory.random.normal import normal

DEGREES = {4: (18, 22), 8: (37, 38)}  # in z and h, by the bytes of a number
SPARE = 12
EXACT_UP_TO = 1e12  # the shapes that are accepted


def log_gamma(words: tuple[Any, Any], shape: Any, dtype: Any) -> Any:
    """log of one gamma variate of unit scale for each pair of uint32 words; shapes in (0, 10¹²], else NaN.

    Error of the logarithm: 1e-6 in float32 and 2e-12 in float64 for shapes from 1 on, and two roundings of its own size,
    which matter below 1, where it is as low as −20/shape. The second word is looked at below shape 1 only.
    """
    shape = jnp.asarray(shape, dtype)
    whole = jnp.where(shape < 1, shape + 1, shape)
    boost = jnp.where(shape < 1, log_uniform(words[1], dtype) / shape, 0)
    return _checked(shape, jnp.log(whole) + _log_ratio(normal(words[0], dtype), whole) + boost)


def gamma(words: tuple[Any, Any], shape: Any, dtype: Any) -> Any:
    """One gamma variate of unit scale for each pair of uint32 words; relative error as for `log_gamma`, 0 if it underflows."""
    shape = jnp.asarray(shape, dtype)
    whole = jnp.where(shape < 1, shape + 1, shape)
    boost = jnp.where(shape < 1, log_uniform(words[1], dtype) / shape, 0)
    return _checked(shape, whole * jnp.exp(_log_ratio(normal(words[0], dtype), whole) + boost))


def chi_square(words: tuple[Any, Any], nu: Any, dtype: Any) -> Any:
    """One χ²_ν for each pair of uint32 words, for any real ν > 0."""
    return 2 * gamma(words, jnp.asarray(nu, dtype) / 2, dtype)


def log_uniform(word: Any, dtype: Any) -> Any:
    """log U of a uniform U with 33 bits towards both ends: 31 bits say how far, one bit from which end."""
    word = jnp.asarray(word)
    rank = (word >> np.uint32(1)).astype(np.int32)
    tail = (rank.astype(dtype) + np.asarray(0.5, dtype)) * np.asarray(2.0**-32, dtype)
    return jnp.where((word & np.uint32(1)) == 0, jnp.log(tail), jnp.log1p(-tail))


def log_ratio(words: tuple[Any, Any], shape: Any, dtype: Any) -> Any:
    """log(G_a/a): what `log_gamma` adds to log a, without the rounding of log a."""
    shape = jnp.asarray(shape, dtype)
    whole = jnp.where(shape < 1, shape + 1, shape)
    boost = jnp.where(shape < 1, log_uniform(words[1], dtype) / shape + jnp.log1p(1 / shape), 0)
    return _checked(shape, _log_ratio(normal(words[0], dtype), whole) + boost)


def _checked(shape: Any, value: Any) -> Any:
    return jnp.where((shape > 0) & (shape <= EXACT_UP_TO), value, jnp.nan)


def _log_ratio(score: Any, shape: Any) -> Any:
    """log(G_a/a) at normal scores, for shapes a ≥ 1."""
    table = jnp.asarray(_table(score.dtype.itemsize), score.dtype)
    score, shape = jnp.broadcast_arrays(score, shape)
    h = 1 / jnp.sqrt(jnp.where(shape >= 1, shape, 1))
    y, lower = 2 * h - 1, score < 0
    x = score + jnp.where(lower, 1, -1) * np.asarray(REACH / 2, h.dtype)

    def step(k: Any, value: Any) -> Any:
        left, right = (clenshaw(side, y) for side in table[k])
        return value * x + jnp.where(lower, left, right)

    return h * jax.lax.fori_loop(0, len(table), step, jnp.zeros_like(x))


@functools.cache
def _table(size: int) -> np.ndarray:
    """(Dz+1, 2, Dh+1) coefficients of log(G_a/a)/h in powers of z − centre, the highest first, and in T_j(2h − 1)."""
    degrees = DEGREES[size]
    of_z, of_h = (_nodes(degree) for degree in degrees)
    h = (1 + of_h) / 2
    z = centres(2)[:, None, None] + REACH / 2 * of_z[:, None]
    series = _series(degrees[0]).T @ (log_quantile(z, 2 / h**2) / h) @ _series(degrees[1])
    return np.moveaxis(to_powers(degrees[0], REACH / 2).T @ series, 0, 1)[::-1]


def _nodes(degree: int) -> np.ndarray:
    count = degree + SPARE
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)


def _series(degree: int) -> np.ndarray:
    """(nodes, degree+1) what takes values at the nodes to Chebyshev coefficients."""
    basis = chebvander(_nodes(degree), degree) * (2 / (degree + SPARE))
    basis[:, 0] /= 2
    return basis

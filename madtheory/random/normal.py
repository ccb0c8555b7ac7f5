"""Standard normals by inversion of all 32 bits of a word."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from madtheory.random._polynomial import polynomial

NEAR = 2.0**-10
NEAR_CENTRE = tuple(math.sqrt(2 * math.pi) * c for c in (1.0, math.pi / 3, 7 * math.pi**2 / 30))

# made by madtheory/random/_normal_fit.py
LOG = (-0.0588917013, 0.026481425, 0.222245401, -0.09880489, 0.0489289911, -0.0258622172, 0.017414194, -0.0104840939)
ABOVE = (2.50662825, 0.894850821, 0.18198359, 0.0250404951, 0.00227514587, 0.000118543868, 3.81781074e-07)
BELOW = (1.0, 0.0951941599, 0.0346484199, 0.00231088144, 0.000248300498, 3.73418361e-06)
EXPONENT_BITS = 23
MANTISSA = (1 << EXPONENT_BITS) - 1
ONE = 127 << EXPONENT_BITS
TWO_TO_62 = (127 + 62) << EXPONENT_BITS


def normal(word: Any, dtype: Any, *, stored: bool = False) -> Any:
    """One standard normal per uint32 word.

    31 bits choose a tail probability p in (0, 1/2) and one bit the side, so both tails reach 6.3 standard deviations
    and the law is symmetric. The score is a product with 1/2 − p, so that it keeps its relative precision near the
    centre too and is never 0: its square is a chi-square, whose logarithm is taken. Largest relative error: 4e-7 in
    float32, 1e-13 in float64.

    Where scores are `stored`, to be used in several places, the quotient comes last: XLA computes a quotient once and keeps it,
    but whatever is cheaper anew for every use, and all that it needs with it. The numbers are the same.
    """
    if jnp.dtype(dtype) == np.float64:
        return _normal64(jnp.asarray(word))
    return _normal32(jnp.asarray(word), stored).astype(dtype)


def _normal32(word: Any, stored: bool) -> Any:
    """The score as (1/2 − p) · P(s)/Q(s) with s = −log 4p(1−p): no branch and no special case.

    Everything is scaled by 2³²; the side is put into the sign bit.
    """
    rank = (word >> np.uint32(1)).astype(np.int32)
    tail, centre = (x.astype(np.float32) + np.float32(0.5) for x in (rank, rank ^ np.int32(0x7FFFFFFF)))
    s = _minus_log(tail * (np.float32(2.0**32) - tail))
    above, below = polynomial([c * 2.0**-32 for c in ABOVE], s), polynomial(BELOW, s)
    return _signed(centre, word) * above / below if stored else _signed(centre * above / below, word)


def _signed(x: Any, word: Any) -> Any:
    """x with the side of the word."""
    return _bits(_bits(x, np.uint32) ^ (word << np.uint32(31)), np.float32)


def _minus_log(x: Any) -> Any:
    """−log(x/2⁶²) for positive float32, with an absolute error of 2e-7 + 6e-8 times the result.

    A float's bits, read as an integer, are linear between powers of two; what is missing is a function of the mantissa.
    """
    bits = _bits(x, np.int32) - np.int32(TWO_TO_62)
    mantissa = _bits((bits & np.int32(MANTISSA)) | np.int32(ONE), np.float32)
    linear = bits.astype(np.float32) * np.float32(math.log(2) * 2.0**-EXPONENT_BITS)
    return polynomial(LOG, mantissa - np.float32(1.5)) - linear


def _bits(x: Any, dtype: Any) -> Any:
    return jax.lax.bitcast_convert_type(x, dtype)


def _normal64(word: Any) -> Any:
    rank = word >> np.uint32(1)
    tail, centre = _midpoint(rank), _midpoint(np.uint32(0x7FFFFFFF) - rank)
    near = centre * polynomial(NEAR_CENTRE, centre * centre)
    score = jnp.where(centre < NEAR, near, -jax.scipy.special.ndtri(tail))
    return jnp.where((word & np.uint32(1)) == 0, score, -score)


def _midpoint(rank: Any) -> Any:
    """(rank + 1/2) / 2³²."""
    return (rank.astype(np.float64) + 0.5) * 2.0**-32

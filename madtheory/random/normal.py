"""Standard normals by inversion of all 32 bits of a word."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtri

NEAR = 2.0**-10


def normal(word: Any, dtype: Any) -> Any:
    """One standard normal per uint32 word.

    31 bits choose a tail probability p in (0, 1/2) and one bit the side, so both tails reach 6.3 standard deviations
    with full relative precision. Near the centre the score follows from 1/2 − p, so that it keeps its precision there
    too and is never 0: its square is a chi-square, whose logarithm is taken.
    """
    rank = word >> np.uint32(1)
    tail, centre = _midpoint(rank, dtype), _midpoint(np.uint32(0x7FFFFFFF) - rank, dtype)
    near = math.sqrt(2 * math.pi) * centre * (1 + math.pi / 3 * centre**2)
    score = jnp.where(centre < NEAR, near, -ndtri(tail))
    return jnp.where((word & np.uint32(1)) == 0, score, -score)


def _midpoint(rank: Any, dtype: Any) -> Any:
    """(rank + 1/2) / 2³²."""
    return (rank.astype(dtype) + np.asarray(0.5, dtype)) * np.asarray(2.0**-32, dtype)

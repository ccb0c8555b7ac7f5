"""Standard normals by inversion of all 32 bits of a word."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtri


def normal(word: Any, dtype: Any) -> Any:
    """One standard normal per uint32 word.

    31 bits choose a tail probability in (0, 1/2) and one bit the side, so both tails reach 6.3 standard deviations
    with full relative precision. The score is never 0, whose square has no logarithm.
    """
    tail = ((word >> np.uint32(1)).astype(dtype) + np.asarray(0.5, dtype)) * np.asarray(2.0**-32, dtype)
    score = -ndtri(jnp.minimum(tail, np.nextafter(np.asarray(0.5, dtype), np.asarray(0, dtype))))
    return jnp.where((word & np.uint32(1)) == 0, score, -score)

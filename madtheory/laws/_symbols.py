"""What laws about symbols share."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import CONSTANT_SIZE, NO_BIAS, REPLACE, WHOLE_BATCHES
from madtheory.laws._law import Hypothesis
from madtheory.laws._mean_parameters import diffusion
from madtheory.loop import Loop

PLAIN = Hypothesis("no truncation and no smoothing", lambda loop: loop.model.plain)  # type: ignore[attr-defined]
NEUTRAL = (WHOLE_BATCHES, NO_BIAS, PLAIN)
DRIFT = (REPLACE, NO_BIAS, PLAIN)
CHAIN = (REPLACE, CONSTANT_SIZE, NO_BIAS, PLAIN)


def size(loop: Loop) -> int:
    """n, the draws per generation (counts)."""
    return int(loop.schedule.n)  # type: ignore[attr-defined]


def frequencies(loop: Loop) -> np.ndarray:
    """(K,) p_0."""
    return np.asarray(loop.truth.probabilities, dtype=float)


def heterozygosity(loop: Loop) -> Any:
    """H_0 = 1 − Σ p_0²."""
    return 1 - jnp.sum(jnp.asarray(loop.truth.probabilities, dtype=jnp.float64) ** 2)


def lost(loop: Loop, generations: int) -> Any:
    """(T+1,) share of the heterozygosity that drift has taken, P_tt with v_2 = −1."""
    return diffusion(loop, generations, -1.0)

"""How fast the generator alone is: as many Philox words as the loop needs, turned into normals and summed, nothing else."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks._harness import Z_BOUND, Result, Way
from benchmarks._machine import roomy

WIDTHS = tuple(4096 * 4**k for k in range(6))
"""Up to 262,144 on a CPU, and all of them on an accelerator."""


def ceiling(work: int, tries: int, seed: int) -> Way:
    """`work` replica-generations of two words each, at the tile width that is fastest here."""
    widths = [w for w in WIDTHS if w <= roomy(2**18, 64)]
    width = min(widths, key=lambda w: _best_seconds(w, work, tries, seed) / _rounded(w, work))
    return Way("ceiling", lambda s: Result({}, extra=summed(width, work, s)), _rounded(width, work))


def _steps(width: int, work: int) -> int:
    """One step draws four words per lane: two generations."""
    return max(work // (2 * width), 1)


def _rounded(width: int, work: int) -> int:
    return 2 * width * _steps(width, work)


def _best_seconds(width: int, work: int, tries: int, seed: int) -> float:
    summed(width, work, seed)
    seconds = []
    for _ in range(tries):
        start = time.perf_counter()
        summed(width, work, seed)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def summed(width: int, work: int, seed: int) -> dict[str, Any]:
    """Sum of 4·steps standard normals in each lane; raises when the sums are not distributed so."""
    from madtheory.random import seed_words

    steps = _steps(width, work)
    sums = np.asarray(program(width)(np.int32(steps), *seed_words(seed)), np.float64) / math.sqrt(4 * steps)
    z = (sums.mean() * math.sqrt(width), (np.mean(sums**2) - 1) * math.sqrt(width / 2))
    if not all(abs(value) <= Z_BOUND for value in z):
        raise ArithmeticError(f"ceiling: sums of normals are off by {z[0]:.1f} (mean) and {z[1]:.1f} (variance) standard errors")
    return {"tile": width, "z": list(z)}


@functools.cache
def program(width: int) -> Callable[..., Any]:
    """The compiled loop: (number of steps, two seed words) → (width,) sums."""
    import jax
    import jax.numpy as jnp

    from madtheory.random import normal, philox4x32

    lane = jnp.arange(width, dtype=jnp.uint32)

    def run(steps: Any, key0: Any, key1: Any) -> Any:
        def step(k: Any, total: Any) -> Any:
            zero = jnp.zeros((), jnp.uint32)
            words = philox4x32((zero, lane, k.astype(jnp.uint32), zero), (key0, key1))
            return total + sum(normal(word, jnp.float32) for word in words)

        return jax.lax.fori_loop(0, steps, step, jnp.zeros(width, jnp.float32))

    return jax.jit(run)

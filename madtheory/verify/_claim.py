"""What laws say of a claim, worked out once: verifying many seeds of one loop asks the same questions again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from madtheory.laws import evaluate
from madtheory.loop import Loop


class Fixed:
    """A loop as a key: equal to another when every number and every choice in it is."""

    def __init__(self, loop: Loop) -> None:
        leaves, choices = jax.tree.flatten(loop)
        numbers = tuple((leaf.dtype.str, leaf.shape, leaf.tobytes()) for leaf in map(np.asarray, leaves))
        self.loop, self.key = loop, (numbers, choices)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fixed) and self.key == other.key


def series(method: Callable[..., Any], claim: Loop, generations: int) -> np.ndarray | None:
    """A law's method at generations 0…T, or `None` where it is not known."""
    return _series(method, Fixed(claim), generations)


def at(method: Callable[..., Any], claim: Loop, t: int) -> np.ndarray | None:
    """A law's method at generation t, as a vector."""
    values = series(method, claim, t)
    return None if values is None else np.atleast_1d(values[t])


@functools.lru_cache(maxsize=256)
def _series(method: Callable[..., Any], claim: Fixed, generations: int) -> np.ndarray | None:
    return evaluate(method, claim.loop, generations)

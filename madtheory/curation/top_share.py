"""Truncation selection: of all draws the share of the highest reward is kept."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from madtheory._fields import field, plain
from madtheory.curation._curation import Curation, Selection
from madtheory.errors import BadInput

ROUNDED = 1e-6  # of n/q, so that 3/0.3 is 10 in single precision too


def _check_share(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
        raise BadInput(name, "a number above 0 and at most 1", value)


class TopShare(Selection):
    """The n best of ⌈n/q⌉ draws (the breeder's truncation); only the order of rewards counts.

    Attributes:
        share: q in (0, 1].
    """

    kind: ClassVar[str] = "top_share"
    share: float = field(plain, _check_share, static=True)

    @staticmethod
    def cases() -> list[Curation]:
        return [TopShare(share=0.5, direction=[1.0]), TopShare(share=0.3, novelty=1.0)]

    def drawn(self, n: Any) -> Any:
        """⌈n/q⌉; numbers that are whole up to rounding count as whole."""
        if isinstance(n, int):
            return math.ceil(n / self.share * (1 - ROUNDED))
        return jnp.ceil(n / self.share * (1 - ROUNDED)).astype(jnp.int32)

    def choose(self, words: Any, reward: Any, n: Any, rows: int) -> Any:
        counts = jnp.arange(len(reward)) < self.drawn(n)
        return jnp.argsort(jnp.where(counts, -reward, np.inf), stable=True)[:rows]

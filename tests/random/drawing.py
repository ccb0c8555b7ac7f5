"""Words to draw from."""

from __future__ import annotations

import numpy as np

from madtheory.random import SYNTHETIC, Stream, seed_words


def four_words(seed: int, count: int, replica: int = 0) -> tuple[np.ndarray, ...]:
    """Four arrays (count,) of uint32 words."""
    words = Stream(seed_words(seed), np.uint32(replica), np.uint32(1)).words(SYNTHETIC)
    return tuple(np.asarray(word) for word in words.four(np.arange(count, dtype=np.uint32)))

"""Two alleles when the number of draws changes: no spectrum helps, so the law of the count is carried forward.

One generation costs n_t times a few hundred √n_t multiplications for each starting frequency.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from madtheory.laws._wright_fisher import binomial_rows, distinct, lumped


@functools.lru_cache(maxsize=8)
def transition(before: int, after: int) -> csr_array:
    """(before+1, after+1) P(count out of `after` | count out of `before`)."""
    return binomial_rows(after, np.arange(before + 1) / before)


def absorbed(p: np.ndarray, sizes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(T+1, I) P(p_i(t) = 0) and P(p_i(t) = 1) with sizes[t−1] draws in generation t, to 10⁻¹¹."""
    p = np.asarray(p, dtype=float)
    ends = [(p == 0, p == 1)]
    law = None
    for k, n in enumerate(sizes):
        law = binomial_rows(n, p).toarray() if law is None else law @ transition(sizes[k - 1], n)
        ends.append((law[:, 0], law[:, -1]))
    lost, taken = np.array(ends, dtype=float).transpose(1, 0, 2)
    return lost, taken


def collapsed(p: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """(T+1,) P(one symbol is left)."""
    values, times = distinct(p)
    return absorbed(values, sizes)[1] @ times


def expected_symbols(p: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """(T+1,) E(number of symbols left)."""
    values, times = distinct(p)
    return (1 - absorbed(values, sizes)[0]) @ times


def all_alive(p: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """(T+1,) P(no symbol is lost), by inclusion and exclusion over sets of symbols."""
    values, signs = lumped(p)
    return np.clip(absorbed(values, sizes)[0] @ signs, 0.0, 1.0)

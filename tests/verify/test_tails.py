"""The tails that p-values are read off from are those of SciPy's distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from madtheory.verify import _tails as tails

Z = np.array([-8.0, -1.0, 0.0, 0.3, 4.0, 37.0])
P = np.array([1e-12, 1e-5, 0.3, 0.9])
X = np.array([0.5, 30.0, 90.0])
K = np.array([0, 1, 5, 50, 99, 100])
PAIRS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]] = {
    "normal_above": (tails.normal_above, stats.norm.sf, (Z,)),
    "normal_level": (tails.normal_level, stats.norm.isf, (P,)),
    "chi_square_above": (tails.chi_square_above, stats.chi2.sf, (X, 29)),
    "chi_square_level": (tails.chi_square_level, stats.chi2.isf, (P, 29)),
    "noncentral_chi_square_above": (tails.noncentral_chi_square_above, stats.ncx2.sf, (50.0, 29, np.array([1e-12, 10.0, 60.0]))),
    "binomial_up_to": (tails.binomial_up_to, stats.binom.cdf, (K, 100, 0.3)),
    "binomial_from": (tails.binomial_from, lambda k, n, p: stats.binom.sf(k - 1, n, p), (K, 100, 0.3)),
    "binomial_at": (tails.binomial_at, stats.binom.pmf, (K, 100, 0.3)),
    "skewness": (tails.skewness, stats.skew, (X[:, None] ** np.arange(1, 4),)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_tail_is_that_of_scipy(name: str) -> None:
    ours, theirs, arguments = PAIRS[name]
    assert ours(*arguments) == pytest.approx(theirs(*arguments), rel=1e-10, abs=1e-15)


EDGES = [(-1, 0.3, (0, 1, None)), (100, 1.0, (1, 1, 1)), (0, 0.0, (1, 1, 1)), (101, 0.3, (1, 0, None))]


@pytest.mark.parametrize(("count", "p", "expected"), EDGES)
def test_edges_of_the_binomial(count: int, p: float, expected: tuple[float, float, float | None]) -> None:
    found = tails.binomial_up_to(count, 100, p), tails.binomial_from(count, 100, p)
    assert found == expected[:2]
    if expected[2] is not None:
        assert tails.binomial_at(count, 100, p) == expected[2]

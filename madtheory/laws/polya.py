"""Accumulation one point at a time: Pólya's urn, whose limit is Bayesian (Fong, Holmes & Walker 2023)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betainc, gammaln, xlogy

from madtheory.laws._hypotheses import ACCUMULATE, NO_BIAS
from madtheory.laws._law import Hypothesis, Quantity
from madtheory.laws._morris_cases import symbol_loop
from madtheory.laws._symbols import PLAIN, frequencies
from madtheory.loop import Loop
from madtheory.models import Categorical
from madtheory.schedules import Accumulate

ONE = Hypothesis(
    "one synthetic point per generation",
    lambda loop: bool(np.all(np.asarray(loop.schedule.n) == 1)),  # type: ignore[attr-defined]
)


class Polya(Quantity):
    r"""The frequencies tend to a Dirichlet law whose parameters are the real counts: as much is lost again as in the real sample.

    `cdf` is that of the first frequency, a mixture of beta laws over its real count.
    """

    name = "polya"
    observable = "heterozygosity_limit"
    kind = "exact"
    family = Categorical
    differentiable = False
    statement = (
        r"p_\infty\mid c\sim\operatorname{Dir}(c_1,\dots,c_K),\quad c\sim\operatorname{Mult}(n,p_0),\qquad"
        r"\mathbb{E}H_\infty=H_0\,\frac{n-1}{n+1}"
    )
    source = "fong2023"
    hypotheses = (ACCUMULATE, ONE, NO_BIAS, PLAIN)

    def value(self, loop: Loop) -> Any:
        n = _real(loop)
        return np.float64((1 - np.sum(frequencies(loop) ** 2)) * (n - 1) / (n + 1))

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        n = _real(loop)
        k, p = np.arange(n + 1), frequencies(loop)[0]
        seen = np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, p) + xlogy(n - k, 1 - p))
        between = betainc(k[1:-1], n - k[1:-1], np.clip(np.asarray(x), 0, 1)[..., None]) @ seen[1:-1]
        return np.minimum(between + seen[0] * (np.asarray(x) >= 0) + seen[-1] * (np.asarray(x) >= 1), 1.0)

    def wrong(self, loop: Loop) -> Loop:
        return symbol_loop(Accumulate(n=1, n_initial=_real(loop) + 1), tuple(frequencies(loop)))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(symbol_loop(Accumulate(n=1, n_initial=6)), 1)]


def _real(loop: Loop) -> int:
    """The real points of generation 1 (counts)."""
    return int(loop.composition(1).size[0])

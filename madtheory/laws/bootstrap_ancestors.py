"""How many of the real points a memorising model still repeats."""

from __future__ import annotations

from typing import Any

import numpy as np

from madtheory.laws._hypotheses import CONSTANT_SIZE, PARAMETRIC, REPLACE
from madtheory.laws._law import Law
from madtheory.laws._points import points_loop
from madtheory.laws._symbols import size
from madtheory.laws._wright_fisher import two_alleles
from madtheory.loop import Loop
from madtheory.models import Bootstrap
from madtheory.schedules import Replace


class BootstrapAncestors(Law):
    r"""Each of the n real points of generation 1 is a symbol of frequency 1/n; about 2n/t are left after t generations."""

    name = "bootstrap-ancestors"
    observable = "distinct_points"
    kind = "exact"
    family = Bootstrap
    differentiable = False
    statement = r"\mathbb{E}D_t=n\,\bigl[1-g_{t-1}(1-1/n)\bigr],\qquad D_1=n"
    source = "ewens2004"
    hypotheses = (REPLACE, CONSTANT_SIZE, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        n = size(loop)
        lost = two_alleles(n).taken_over(np.array([1 - 1 / n]), generations - 1)[:, 0]
        return np.concatenate([[np.inf], n * (1 - lost)])

    def cases(self) -> list[tuple[Loop, int]]:
        return [(points_loop(Bootstrap(), Replace(n=12)), 8)]

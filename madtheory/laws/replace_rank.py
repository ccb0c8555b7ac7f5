"""The rank of Σ_t under replace."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import CONSTANT_SIZE, PARAMETRIC, REPLACE
from madtheory.laws._law import Quantity
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceRank(Quantity):
    r"""n points span n − 1 directions around their mean: the rank is lost in generation 1 and stays, almost surely."""

    name = "replace-rank"
    observable = "rank"
    kind = "exact"
    statement = r"\operatorname{rank}\Sigma_t = \min(d, n-1),\qquad t\ge1"
    source = "muirhead1982"
    hypotheses = (REPLACE, CONSTANT_SIZE, PARAMETRIC)

    def value(self, loop: Loop) -> Any:
        return jnp.float64(min(loop.dim, int(loop.schedule.n) - 1))  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Replace(n=3), dim=4), 5)]

"""When a Poisson model has died out under replace: a branching process."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import CONSTANT_SIZE, REPLACE
from madtheory.laws._law import Law
from madtheory.laws._mean_parameters import NO_PRIOR
from madtheory.laws._morris_cases import mean_loop
from madtheory.laws._wright_fisher import survival_slopes
from madtheory.loop import Loop
from madtheory.models import Poisson
from madtheory.schedules import Replace


class PoissonExtinction(Law):
    r"""The counts of a generation add up to a Galton–Watson process: Poisson(nη_0) founders, Poisson(1) offspring."""

    name = "poisson-extinction"
    observable = "absorbed"
    kind = "exact"
    family = Poisson
    statement = r"P(\eta_t=0)=e^{-n\eta_0g_t},\qquad g_1=1,\quad g_{k+1}=1-e^{-g_k},\quad kg_k\to2"
    source = "suresh2024"
    hypotheses = (REPLACE, CONSTANT_SIZE, NO_PRIOR)

    def mean(self, loop: Loop, generations: int) -> Any:
        slopes = survival_slopes(generations)
        founders = float(loop.schedule.n) * jnp.asarray(loop.truth.mean, dtype=jnp.float64)  # type: ignore[attr-defined]
        return jnp.concatenate([jnp.zeros(1), jnp.exp(-founders * np.asarray(slopes[1:]))])

    def cases(self) -> list[tuple[Loop, int]]:
        return [(mean_loop(Poisson(), 1.0, Replace(n=10)), 50), (mean_loop(Poisson(), 0.2, Replace(n=5)), 6)]

"""When a coin has become certain under replace: the two-allele chain."""

from __future__ import annotations

from typing import Any

import numpy as np

from madtheory.laws._hypotheses import CONSTANT_SIZE, REPLACE
from madtheory.laws._law import Law
from madtheory.laws._mean_parameters import NO_PRIOR
from madtheory.laws._morris_cases import mean_loop
from madtheory.laws._wright_fisher import two_alleles
from madtheory.loop import Loop
from madtheory.models import Bernoulli
from madtheory.schedules import Replace


class BernoulliAbsorption(Law):
    r"""P(η_t ∈ {0, N}): all nN trials of a generation succeed, or all fail."""

    name = "bernoulli-absorption"
    observable = "absorbed"
    kind = "exact"
    family = Bernoulli
    differentiable = False
    statement = (
        r"P(\eta_t\in\{0,N\})=g_t(p)+g_t(1-p),\qquad g_0(p)=\mathbf{1}_{p=1},"
        r"\quad g_{t+1}(p)=\mathbb{E}\,g_t(X/m),\ X\sim\mathrm{Bin}(m,p),\ m=nN"
    )
    source = "ewens2004"
    hypotheses = (REPLACE, CONSTANT_SIZE, NO_PRIOR)

    def mean(self, loop: Loop, generations: int) -> Any:
        trials = loop.model.trials  # type: ignore[attr-defined]
        p = float(loop.truth.mean) / trials
        chain = two_alleles(int(loop.schedule.n) * trials)  # type: ignore[attr-defined]
        return chain.taken_over(np.array([p, 1 - p]), generations).sum(axis=1)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(mean_loop(Bernoulli(), 0.3, Replace(n=10)), 20), (mean_loop(Bernoulli(trials=4), 0.5, Replace(n=6)), 20)]

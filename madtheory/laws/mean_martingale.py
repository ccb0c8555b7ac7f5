"""The mean of a Morris family under any schedule: a martingale, whose variance is known."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.laws._hypotheses import WHOLE_BATCHES
from madtheory.laws._law import Law
from madtheory.laws._mean_parameters import NO_PRIOR, curvature, diffusion, start
from madtheory.laws._morris_cases import mean_loop
from madtheory.loop import Loop
from madtheory.models import Exponential, Morris, Poisson
from madtheory.schedules import AccumulateSubsample, FixedReal, Replace


class MeanMartingale(Law):
    r"""E η_t = η_0: a weighted average of points whose expectations are earlier η's."""

    name = "mean-martingale"
    observable = "mean"
    kind = "exact"
    family = Morris
    recursive = True
    statement = r"\mathbb{E}\eta_t=\eta_0,\qquad\operatorname{Var}\eta_t=V(\eta_0)\,P_{tt}"
    source = "morris1982"
    hypotheses = (NO_PRIOR,)

    def mean(self, loop: Loop, generations: int) -> Any:
        return jnp.full(generations + 1, jnp.asarray(loop.truth.mean, dtype=jnp.float64))

    def variance(self, loop: Loop, generations: int) -> Any:
        if not WHOLE_BATCHES.holds(loop):
            return None
        return start(loop) * diffusion(loop, generations, curvature(loop))

    def wrong(self, loop: Loop) -> Loop:
        return shifted(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Poisson(), 3.0, Replace(n=12)), 6),
            (mean_loop(Exponential(), 2.0, FixedReal(n_real=20, n_synthetic=15)), 6),
            (mean_loop(Poisson(), 3.0, AccumulateSubsample(n=8)), 5),
        ]


def shifted(loop: Loop, factor: float = 1.05) -> Loop:
    """The same loop with another mean of the real law."""
    return eqx.tree_at(lambda lo: lo.truth.mean, loop, loop.truth.mean * factor)

"""The published bound on P(σ_t > ε) under replace."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import CONSTANT_SIZE, PARAMETRIC, REPLACE, UNBIASED, UNIT_BIAS, UNIVARIATE
from madtheory.laws._law import Law
from madtheory.laws._replace import fewer_points, trace
from madtheory.loop import Loop
from madtheory.schedules import Replace


@dataclasses.dataclass(frozen=True)
class ReplaceTailSuresh(Law):
    r"""Markov's inequality on σ_t, whose mean is σ_0 c_4(n)^t; only a bound.

    Attributes:
        epsilon: ε, the standard deviation that is asked about (units of the data).
    """

    name = "replace-tail-suresh"
    observable = "tail_probability"
    kind = "upper"
    statement = r"P(\sigma_t>\varepsilon) \le \min\Bigl(1,\frac{\sigma_0}{\varepsilon}e^{-t/(4n-1)}\Bigr)"
    source = "suresh2024"
    hypotheses = (REPLACE, UNIVARIATE, CONSTANT_SIZE, UNBIASED, UNIT_BIAS, PARAMETRIC)

    epsilon: float = 0.1

    def mean(self, loop: Loop, generations: int) -> Any:
        decay = np.arange(generations + 1) / (4 * float(loop.schedule.n) - 1)  # type: ignore[attr-defined]
        return jnp.minimum(1.0, jnp.sqrt(trace(loop)) / self.epsilon * jnp.exp(-decay))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Replace(n=10)), 100)]

    def wrong(self, loop: Loop) -> Loop:
        return fewer_points(loop, 3)

"""Where the expected variance ends under accumulate."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import ACCUMULATE, CONSTANT_SIZE, MLE, NO_BIAS, NO_INITIAL_SIZE
from madtheory.laws._law import Quantity
from madtheory.laws._second_moments import trace
from madtheory.loop import Loop
from madtheory.schedules import Accumulate


class AccumulateVarianceLimit(Quantity):
    r"""Euler's product: Π_k (1 − 1/(n k²)) = sin(π/√n)/(π/√n), above 0 for n ≥ 2: no collapse."""

    name = "accumulate-variance-limit"
    observable = "variance_limit"
    kind = "limit"
    statement = r"\lim_{t\to\infty}\mathbb{E}S_t = S_0\,\frac{\sin(\pi/\sqrt n)}{\pi/\sqrt n}"
    source = "kazdan2024"
    hypotheses = (ACCUMULATE, MLE, CONSTANT_SIZE, NO_INITIAL_SIZE, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        return trace(loop) / loop.dim * jnp.sinc(1 / jnp.sqrt(1.0 * loop.schedule.n))  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Accumulate(n=6), estimator="mle"), 1)]

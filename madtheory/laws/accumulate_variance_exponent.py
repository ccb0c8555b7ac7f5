"""How fast accumulate collapses under sampling bias."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import ACCUMULATE, CONSTANT_BIAS, CONSTANT_SIZE, MLE
from madtheory.laws._law import Quantity
from madtheory.loop import Loop
from madtheory.schedules import Accumulate


class AccumulateVarianceExponent(Quantity):
    r"""E S_T ~ T^{−(1−λ)}: polynomial collapse for λ < 1, none for λ = 1 and growth for λ > 1."""

    name = "accumulate-variance-exponent"
    observable = "variance_exponent"
    kind = "rate"
    statement = r"\lim_{T\to\infty}\frac{\log\mathbb{E}S_T}{\log T} = -(1-\lambda)"
    source = "madtheory"
    hypotheses = (ACCUMULATE, MLE, CONSTANT_SIZE, CONSTANT_BIAS)

    def value(self, loop: Loop) -> Any:
        return jnp.asarray(loop.sampling_bias) - 1

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Accumulate(n=6), estimator="mle", sampling_bias=0.7), 1)]

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.sampling_bias, loop, 0.95 * loop.sampling_bias)

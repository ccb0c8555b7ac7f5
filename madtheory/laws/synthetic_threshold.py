"""How much synthetic data biased sampling allows when real data abound."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._fluctuations import spectrum
from madtheory.laws._hypotheses import PARAMETRIC, UNBIASED
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import BELOW_ONE, MIXED, POOLED, REDRAWN
from madtheory.laws.first_order_w2_squared import bures
from madtheory.loop import Loop
from madtheory.schedules import Fresh


class SyntheticThreshold(Quantity):
    r"""n_s*, above which synthetic data do harm, as n_r → ∞; for any Σ_0 (the statement is for Σ_0 = I)."""

    name = "synthetic-threshold"
    observable = "synthetic_threshold"
    kind = "limit"
    statement = r"n_s^*=\frac{4(2-\lambda)+(d+1)(\frac12+\frac32\lambda-\lambda^2)}{(1-\lambda)^2}\ (\Sigma_0=I)"
    source = "alemohammad2024"
    hypotheses = (MIXED, POOLED, REDRAWN, UNBIASED, PARAMETRIC, BELOW_ONE)

    def value(self, loop: Loop) -> Any:
        bias = jnp.asarray(loop.sampling_bias)
        shape = 2 * jnp.sum(bures(loop)) / jnp.sum(spectrum(loop))
        return (4 * (2 - bias) + shape * (0.5 + 1.5 * bias - bias**2)) / (1 - bias) ** 2

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Fresh(n_real=1000, n_synthetic=100), dim=3, sampling_bias=0.7), 1)]

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.sampling_bias, loop, 0.95 * loop.sampling_bias)

"""W₂² to the truth under any schedule, to first order in 1/n."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._fluctuations import spectrum
from madtheory.laws._hypotheses import PARAMETRIC
from madtheory.laws._law import Law
from madtheory.laws._second_moments import path
from madtheory.laws.first_order_log_variance import first_order_cases
from madtheory.loop import Loop


class FirstOrderW2Squared(Law):
    r"""E W₂² = tr Σ_0 [P + (1−√V)²] + Φ/(2V^{3/2}) Σ_ij (1+δ_ij) l_i l_j/(l_i+l_j), with l the eigenvalues of Σ_0."""

    name = "first-order-w2-squared"
    observable = "w2_squared"
    kind = "first_order"
    recursive = True
    statement = (
        r"\mathbb{E}W_2^2 = \operatorname{tr}\Sigma_0\bigl[P_t+(1-\sqrt{V_t})^2\bigr]"
        r"+\frac{\Phi_t}{2V_t^{3/2}}\sum_{i,j}\frac{(1+\delta_{ij})\,l_il_j}{l_i+l_j}+O(n^{-2})"
    )
    source = "madtheory"
    hypotheses = (PARAMETRIC,)

    def mean(self, loop: Loop, generations: int) -> Any:
        scale, drift, spread = path(loop, generations)
        trace = jnp.sum(spectrum(loop))
        return trace * (drift + (1 - jnp.sqrt(scale)) ** 2) + spread / (2 * scale**1.5) * jnp.sum(bures(loop))

    def variance(self, loop: Loop, generations: int) -> Any:
        scale, drift, spread = path(loop, generations)
        square = jnp.sum(spectrum(loop) ** 2)
        linear = 2 * square * (1 - 1 / jnp.sqrt(scale)) ** 2 * spread
        return linear + 2 * square * drift**2 + spread**2 / scale**3 * jnp.sum(bures(loop) ** 2 / pairs(loop))

    def cases(self) -> list[tuple[Loop, int]]:
        return first_order_cases()


def pairs(loop: Loop) -> Any:
    """(d, d) 1+δ_ij."""
    return 1 + jnp.eye(loop.dim)


def bures(loop: Loop) -> Any:
    """(d, d) (1+δ_ij) l_i l_j/(l_i+l_j): the Bures metric at Σ_0 times the variances of the entries of Δ."""
    size = spectrum(loop)
    return pairs(loop) * size[:, None] * size / (size[:, None] + size)

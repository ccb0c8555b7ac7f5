"""The sampling bias below which the replace loop collapses."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._gamma import log_rising_slope
from madtheory.laws._hypotheses import CONSTANT_SIZE, PARAMETRIC, REPLACE
from madtheory.laws._law import Quantity
from madtheory.laws._replace import TWO_POINTS, delta
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceBiasThreshold(Quantity):
    r"""Σ_t → 0 almost surely iff λ < λ_c; λ_c > 1, so λ ≤ 1 is sufficient but not sharp (Alemohammad et al. 2024).

    Along any fixed direction v the variance v'Σ_t v is multiplied by λ χ²_{n−1}/(n−δ), in every dimension.
    """

    name = "replace-bias-threshold"
    observable = "bias_threshold"
    kind = "exact"
    statement = r"\lambda_c = \frac{n-\delta}{2}\exp\bigl[-\psi\bigl(\tfrac{n-1}{2}\bigr)\bigr]"
    source = "madtheory"
    hypotheses = (REPLACE, CONSTANT_SIZE, TWO_POINTS, PARAMETRIC)

    def value(self, loop: Loop) -> Any:
        n, d = float(loop.schedule.n), delta(loop)  # type: ignore[attr-defined]
        return jnp.exp(-jnp.log1p((d - 1) / (n - d)) - log_rising_slope((n - 1) / 2, 0.0))

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Replace(n=10)), 1), (gaussian_loop(Replace(n=20), dim=2, estimator="mle"), 1)]


def collapses(loop: Loop) -> bool:
    """Whether every variance of a loop with constant n and λ tends to 0 almost surely."""
    return bool(float(loop.sampling_bias) < float(ReplaceBiasThreshold().value(loop)))

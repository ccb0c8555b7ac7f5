"""The mean of the fitted mean: real under every schedule."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._law import Law
from madtheory.laws._second_moments import exact_path
from madtheory.laws.composition_variance import CompositionVariance
from madtheory.loop import Loop


class CompositionDrift(Law):
    r"""E μ_t = μ_0 under every schedule, and Cov μ_t = P_tt Σ_0."""

    name = "composition-drift"
    observable = "drift"
    kind = "exact"
    recursive = True
    statement = r"\mathbb{E}\mu_t=\mu_0,\qquad\operatorname{Cov}\mu_t = P_{tt}\Sigma_0"
    source = "madtheory"

    def mean(self, loop: Loop, generations: int) -> Any:
        """(T+1, d)."""
        return jnp.zeros((generations + 1, loop.dim))

    def variance(self, loop: Loop, generations: int) -> Any:
        """(T+1, d)."""
        return exact_path(loop, generations)[1][:, None] * jnp.diagonal(jnp.asarray(loop.truth.covariance))

    def cases(self) -> list[tuple[Loop, int]]:
        return CompositionVariance().cases()

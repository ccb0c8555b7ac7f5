"""Entropy under any schedule, to first order in 1/n."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._law import Law
from madtheory.laws.first_order_log_variance import FirstOrderLogVariance
from madtheory.loop import Loop


class FirstOrderEntropy(Law):
    r"""The entropy of a Gaussian is d/2 times log 2πe plus the log-variance."""

    name = "first-order-entropy"
    observable = "entropy"
    kind = "first_order"
    recursive = True
    statement = r"h_t = \tfrac d2\bigl[\log 2\pi e + \tfrac1d\log|\Sigma_t|\bigr]"
    source = "madtheory"
    hypotheses = FirstOrderLogVariance.hypotheses

    def mean(self, loop: Loop, generations: int) -> Any:
        return 0.5 * loop.dim * (jnp.log(2 * jnp.pi) + 1 + FirstOrderLogVariance().mean(loop, generations))

    def variance(self, loop: Loop, generations: int) -> Any:
        return 0.25 * loop.dim**2 * FirstOrderLogVariance().variance(loop, generations)

    def cases(self) -> list[tuple[Loop, int]]:
        return FirstOrderLogVariance().cases()

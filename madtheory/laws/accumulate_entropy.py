"""Entropy under accumulate in one dimension."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._law import Law
from madtheory.laws.accumulate_log_variance import AccumulateLogVariance
from madtheory.loop import Loop


class AccumulateEntropy(Law):
    r"""The entropy of a Gaussian is half of log 2πe plus the log-variance."""

    name = "accumulate-entropy"
    observable = "entropy"
    kind = "exact"
    statement = r"h_t = \tfrac12\log(2\pi e\,S_t)"
    source = "madtheory"
    hypotheses = AccumulateLogVariance.hypotheses

    def mean(self, loop: Loop, generations: int) -> Any:
        return 0.5 * (jnp.log(2 * jnp.pi) + 1 + AccumulateLogVariance().mean(loop, generations))

    def variance(self, loop: Loop, generations: int) -> Any:
        return 0.25 * AccumulateLogVariance().variance(loop, generations)

    def cases(self) -> list[tuple[Loop, int]]:
        return AccumulateLogVariance().cases()

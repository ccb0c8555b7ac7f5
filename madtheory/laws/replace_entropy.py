"""Differential entropy under replace (nats): half of log det Σ_t, so its whole law is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from madtheory.laws.replace_log_variance import ReplaceLogVariance
from madtheory.loop import Loop

UNIT = np.log(2 * np.pi * np.e)  # twice the entropy of a standard normal


class ReplaceEntropy(ReplaceLogVariance):
    r"""h(p_t) = (d/2) log 2πe + ½ log|Σ_t|."""

    name = "replace-entropy"
    observable = "entropy"
    statement = (
        r"\mathbb{E}h(p_t) = h(p_0) + \tfrac12\sum_{k\le t}\sum_{i=1}^{d}"
        r"\Bigl[\psi\bigl(\tfrac{n_k-i}{2}\bigr)+\log\tfrac{2\lambda_k}{n_k-\delta}\Bigr],"
        r"\qquad h(p_0)=\tfrac12\log\bigl((2\pi e)^d|\Sigma_0|\bigr)"
    )

    def mean(self, loop: Loop, generations: int) -> Any:
        return loop.dim / 2 * (UNIT + super().mean(loop, generations))

    def variance(self, loop: Loop, generations: int) -> Any:
        return (loop.dim / 2) ** 2 * super().variance(loop, generations)

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray:
        return super().cdf(loop, generation, 2 / loop.dim * np.asarray(x, dtype=float) - UNIT)

    def quantile(self, loop: Loop, generation: int, p: np.ndarray) -> np.ndarray:
        """The x with P(h(p_t) ≤ x) = p, from generation 1 on."""
        return loop.dim / 2 * (UNIT + super().quantile(loop, generation, p))

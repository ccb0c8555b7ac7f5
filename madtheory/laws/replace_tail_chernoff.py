"""The best exponential bound on P(σ_t > ε) under replace in one dimension."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import digamma

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._gamma import log_rising
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE, UNIVARIATE
from madtheory.laws._law import Law, running
from madtheory.laws._replace import TWO_POINTS, fewer_points, log_growth, sizes, trace
from madtheory.loop import Loop
from madtheory.schedules import Replace

SMALLEST, LARGEST, HALVINGS = 1e-9, 1e9, 80  # range of the exponent s, and steps of its bisection on the log scale


@dataclasses.dataclass(frozen=True)
class ReplaceTailChernoff(Law):
    r"""Markov's inequality on S_t^s with the best s ≥ 0; as t → ∞ at fixed ε the best s tends to ½ (unbiased, λ = 1).

    Attributes:
        epsilon: ε, the standard deviation that is asked about (units of the data).
    """

    name = "replace-tail-chernoff"
    observable = "tail_probability"
    kind = "upper"
    statement = (
        r"P(\sigma_t>\varepsilon) \le \inf_{s\ge0}\Bigl(\frac{\sigma_0}{\varepsilon}\Bigr)^{2s}\prod_{k\le t}"
        r"\Bigl(\frac{2\lambda_k}{n_k-\delta}\Bigr)^{s}\frac{\Gamma(\frac{n_k-1}{2}+s)}{\Gamma(\frac{n_k-1}{2})}"
    )
    source = "madtheory"
    hypotheses = (REPLACE, UNIVARIATE, TWO_POINTS, PARAMETRIC)

    epsilon: float = 0.1

    def mean(self, loop: Loop, generations: int) -> Any:
        level = 2 * jnp.log(self.epsilon) - jnp.log(trace(loop)) - running(log_growth(loop, generations))
        half, count = _half_degrees(loop, generations)
        fixed = np.asarray(jax.lax.stop_gradient(level[1:]))  # at the optimum the derivative of s does not matter
        s = best_exponent(fixed, half, count)
        growth = np.sum(count * log_rising(half, s[:, None]), axis=1)
        return jnp.concatenate([jnp.where(level[:1] < 0, 1.0, 0.0), jnp.exp(growth - s * level[1:])])

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=10)), 100),
            (gaussian_loop(Replace(n=12), estimator="mle", sampling_bias=0.8, first=True), 30),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return fewer_points(loop, 2)


def best_exponent(level: np.ndarray, half: np.ndarray, count: np.ndarray) -> np.ndarray:
    """(T,) s ≥ 0 with Σ_k [ψ(ν_k/2+s) − log(ν_k/2)] = level; 0 where the level is below the mean of log S_t."""
    low, high = np.full(len(level), np.log(SMALLEST)), np.full(len(level), np.log(LARGEST))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = np.sum(count * (digamma(half + np.exp(middle)[:, None]) - np.log(half)), axis=1)
        low, high = np.where(slope < level, middle, low), np.where(slope < level, high, middle)
    return np.where(low == np.log(SMALLEST), 0.0, np.exp(low))


def _half_degrees(loop: Loop, generations: int) -> tuple[np.ndarray, np.ndarray]:
    """(J,) distinct values of ν/2 and (T, J) how often each has occurred up to each generation."""
    half = (sizes(loop, generations) - 1) / 2
    values = np.unique(half)
    return values, np.cumsum(half[:, None] == values, axis=0)

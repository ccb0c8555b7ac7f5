"""The best weight on real data generation by generation: a Kalman filter."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import NO_BIAS
from madtheory.laws._law import Hypothesis, Law
from madtheory.laws.first_order_improvement import larger_real_batch
from madtheory.loop import Loop
from madtheory.schedules import Weighted, per_generation
from madtheory.schedules._schedule import initial_size

FRESH_DATA = Hypothesis("the fresh or weighted schedule", lambda loop: loop.schedule.kind in ("fresh", "weighted"))


class KalmanWeight(Law):
    r"""w_t = n_r v_t weighs real data so that the variance v_t of every parameter (over I⁻¹) is smallest at every t, as n → ∞.

    The scalar Riccati equation 1/v_t = n_r + 1/(v_{t−1} + 1/n_s); its fixed point is the golden weight.
    """

    name = "kalman-weight"
    observable = "optimal_weights"
    kind = "limit"
    recursive = True
    statement = r"\frac1{v_t}=n_{r,t}+\frac{1}{v_{t-1}+1/n_{s,t}},\qquad w_t=n_{r,t}v_t"
    source = "madtheory"
    hypotheses = (FRESH_DATA, NO_BIAS)

    def mean(self, loop: Loop, generations: int) -> Any:
        """(T+1,) the weights; generations 0 and 1 know only real data."""
        real, variance = kalman_variance(loop, generations)
        return jnp.append(1.0, real * variance)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Weighted(n_real=50, n_synthetic=50, weight=0.5)), 8)]

    def wrong(self, loop: Loop) -> Loop:
        return larger_real_batch(loop)


def kalman_variance(loop: Loop, generations: int) -> tuple[np.ndarray, np.ndarray]:
    """(T,) real sizes and the smallest variances v_t, in units of the inverse Fisher information."""
    schedule: Any = loop.schedule
    real = np.array(per_generation(schedule.n_real, generations), dtype=float)
    real[0] = initial_size(schedule.n_initial, schedule.n_real)
    synthetic = per_generation(schedule.n_synthetic, generations)
    v = [1 / real[0]]
    for t in range(1, generations):
        v.append(1 / (real[t] + 1 / (v[-1] + 1 / synthetic[t])))
    return real, np.array(v)

"""The probability that a later generation is nearer to the truth than generation 1, under any schedule."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betainc

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._fluctuations import schedule_covariance
from madtheory.laws._hypotheses import NO_BIAS, PARAMETRIC
from madtheory.laws._law import Law
from madtheory.loop import Loop
from madtheory.schedules import Accumulate, Fresh, Weighted, Window


class FirstOrderImprovement(Law):
    r"""P(‖Y‖ < ‖X‖) for the k = d(d+3)/2 errors X = θ_1−θ_0, Y = θ_t−θ_0 in the Fisher norm: Gaussian pairs to first order.

    With U = Y−X, V = Y+X and ρ their correlation, P(U·V < 0) = F_{t_k}(−ρ√k/√(1−ρ²)). When the increments are
    independent it is F_{t_k}(−√(k(A_t−1))/2), which is below one half.
    """

    name = "first-order-improvement"
    observable = "improvement"
    kind = "first_order"
    recursive = True
    statement = (
        r"P(\lVert\theta_t-\theta_0\rVert<\lVert\theta_1-\theta_0\rVert) "
        r"= F_{t_k}\Bigl(-\frac{\rho\sqrt{k}}{\sqrt{1-\rho^2}}\Bigr),\qquad"
        r"\rho = \frac{A_{tt}-A_{11}}{\sqrt{(A_{tt}+A_{11})^2-4A_{1t}^2}},\quad k=\tfrac{d(d+3)}{2}"
    )
    source = "madtheory"
    hypotheses = (NO_BIAS, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        a = schedule_covariance(loop, generations)
        first, own = a[1, 1], jnp.diagonal(a)
        apart, together = own + first - 2 * a[1], own + first + 2 * a[1]
        moved = (jnp.arange(generations + 1) > 1) & (apart > 1e-12 * first)
        aligned = (own - first) ** 2 / jnp.where(moved, apart * together, jnp.inf)
        tail = 0.5 * betainc(0.25 * loop.dim * (loop.dim + 3), 0.5, 1 - aligned)
        return jnp.where(moved, jnp.where(own > first, tail, 1 - tail), 0.0)

    def variance(self, loop: Loop, generations: int) -> Any:
        mean = self.mean(loop, generations)
        return mean * (1 - mean)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Fresh(n_real=400, n_synthetic=400)), 5),
            (gaussian_loop(Weighted(n_real=400, n_synthetic=800, weight="golden"), dim=2), 5),
            (gaussian_loop(Accumulate(n=400), dim=2, estimator="mle"), 5),
            (gaussian_loop(Window(n=400, window=2)), 5),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return larger_real_batch(loop)


def larger_real_batch(loop: Loop) -> Loop:
    """The same loop with twice the real batch in generation 1: one point more in every batch would not change A_t."""
    doubled = np.asarray(2 * loop.composition(1).size[0])
    return eqx.tree_at(lambda lo: lo.schedule.n_initial, loop, doubled, is_leaf=lambda leaf: leaf is None)

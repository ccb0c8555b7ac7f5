"""Fewer points than dimensions: the shortest solution forgets, and with new inputs its noise saturates."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._hypotheses import CONSTANT_SIZE, REPLACE
from madtheory.laws._law import Hypothesis, Law
from madtheory.laws._regression import TRUE_NOISE, WHITE, features, noise_variance, regression_loop
from madtheory.loop import Loop
from madtheory.models import LinearRegression
from madtheory.schedules import Replace

SHORTEST = Hypothesis("the minimum norm solution", lambda loop: loop.model.method == "min_norm")  # type: ignore[attr-defined]
FEWER = Hypothesis(
    "fewer than d − 1 points: with |n − d| ≤ 1 the expected risk is infinite",
    lambda loop: int(loop.schedule.n) < features(loop) - 1,  # type: ignore[attr-defined]
)


class MinNormRisk(Law):
    r"""Fresh designs: ‖w_0‖²(1−r^t) + v(1−r^t)/(1−r), r = n/d, v = σ²n/(d−n−1). One design: (1−r)‖w_0‖² + tv."""

    name = "min-norm-risk"
    observable = "risk"
    kind = "exact"
    family = LinearRegression
    statement = (
        r"E_t=\lVert w_0\rVert^2(1-r^t)+v\,\frac{1-r^t}{1-r}\ \text{(fresh)},"
        r"\quad(1-r)\lVert w_0\rVert^2+t\,v\ \text{(reused)},\qquad"
        r"r=\frac nd,\ v=\frac{\sigma^2n}{d-n-1}"
    )
    source = "dohmatob2024, madtheory"
    hypotheses = (REPLACE, SHORTEST, TRUE_NOISE, CONSTANT_SIZE, WHITE, FEWER)

    def mean(self, loop: Loop, generations: int) -> Any:
        n, d = jnp.asarray(loop.schedule.n, float), features(loop)  # type: ignore[attr-defined]
        t, signal = jnp.arange(generations + 1.0), jnp.sum(jnp.asarray(loop.truth.coefficients) ** 2)
        r, noise = n / d, noise_variance(loop) * n / (d - n - 1)
        if loop.model.design == "fresh":  # type: ignore[attr-defined]
            return (signal + noise / (1 - r)) * (1 - r**t)
        return jnp.where(t > 0, (1 - r) * signal + t * noise, 0.0)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (regression_loop(Replace(n=8), d=20, method="min_norm"), 5),
            (regression_loop(Replace(n=8), d=20, method="min_norm", design="reused"), 4),
        ]

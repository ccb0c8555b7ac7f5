"""A lower bound on E W₂² under replace, in any dimension."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE
from madtheory.laws._law import Law
from madtheory.laws._replace import TWO_POINTS, fewer_points, growth, trace
from madtheory.laws.replace_mean_square_drift import relative_drift
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceW2SquaredLower(Law):
    r"""The drift is exact, and Σ ↦ tr(Σ_0^½ Σ Σ_0^½)^½ is concave, so the rest is at least its value at E Σ_t = Σ_0 Π c_k."""

    name = "replace-w2-squared-lower"
    observable = "w2_squared"
    kind = "lower"
    statement = (
        r"\mathbb{E}W_2^2(p_t,p_0) \ge \mathbb{E}\lVert\mu_t-\mu_0\rVert^2"
        r"+ \operatorname{tr}\Sigma_0\Bigl(1-\prod_{k\le t}\sqrt{c_k}\Bigr)^2"
    )
    source = "shumailov2024, madtheory"
    hypotheses = (REPLACE, TWO_POINTS, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        spread = (1 - jnp.sqrt(growth(loop, generations))) ** 2
        return trace(loop) * (relative_drift(loop, generations) + spread)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=60), dim=2), 5),
            (gaussian_loop(Replace(n=60), dim=3, estimator="mle", sampling_bias=0.9), 5),
        ]

    def wrong(self, loop: Loop) -> Loop:
        return fewer_points(loop, loop.dim + 5)


class ReplaceFrechetLower(ReplaceW2SquaredLower):
    r"""The Fréchet distance of two Gaussians is their W₂²."""

    name = "replace-frechet-lower"
    observable = "frechet"

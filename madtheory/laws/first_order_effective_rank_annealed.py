"""The annealed effective rank under any schedule, to first order in 1/n."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._fluctuations import spectrum
from madtheory.laws._hypotheses import PARAMETRIC
from madtheory.laws._law import Law
from madtheory.laws._second_moments import path
from madtheory.laws.first_order_effective_rank import rank_cases
from madtheory.loop import Loop


class FirstOrderEffectiveRankAnnealed(Law):
    r"""E(tr Σ)²/E tr Σ²: the ratio of two means, which is not the mean of the ratio."""

    name = "first-order-effective-rank-annealed"
    observable = "effective_rank_annealed"
    kind = "first_order"
    recursive = True
    statement = (
        r"\frac{\mathbb{E}(\operatorname{tr}\Sigma_t)^2}{\mathbb{E}\operatorname{tr}\Sigma_t^2} ="
        r"\frac{s_1^2V_t^2+2s_2\Phi_t}{s_2V_t^2+(s_1^2+s_2)\Phi_t}+O(n^{-2}),\qquad s_k=\operatorname{tr}\Sigma_0^k"
    )
    source = "madtheory"
    hypotheses = (PARAMETRIC,)

    def mean(self, loop: Loop, generations: int) -> Any:
        scale, _, spread = path(loop, generations)
        s1, s2 = (jnp.sum(spectrum(loop) ** k) for k in (1, 2))
        return (s1**2 * scale**2 + 2 * s2 * spread) / (s2 * scale**2 + (s1**2 + s2) * spread)

    def cases(self) -> list[tuple[Loop, int]]:
        return rank_cases()

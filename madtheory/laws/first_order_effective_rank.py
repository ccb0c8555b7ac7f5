"""The effective rank under any schedule, to first order in 1/n."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._fluctuations import spectrum
from madtheory.laws._hypotheses import PARAMETRIC
from madtheory.laws._law import Law
from madtheory.laws._second_moments import path
from madtheory.loop import Loop
from madtheory.schedules import Accumulate, AccumulateSubsample, Fresh


class FirstOrderEffectiveRank(Law):
    r"""E (tr Σ)²/tr Σ², quenched: with s_k = tr Σ_0^k it is s_1²/s_2 minus what the fluctuations of the spectrum cost.

    For Σ_0 = I it is d − (d−1)(d+2)Φ/V².
    """

    name = "first-order-effective-rank"
    observable = "effective_rank"
    kind = "first_order"
    recursive = True
    statement = (
        r"\mathbb{E}\frac{(\operatorname{tr}\Sigma_t)^2}{\operatorname{tr}\Sigma_t^2} = \frac{s_1^2}{s_2}\Bigl[1"
        r"+\frac{\Phi_t}{V_t^2}\Bigl(\frac{2s_2}{s_1^2}-\frac{8s_3}{s_1s_2}+\frac{8s_4}{s_2^2}-\frac{s_1^2+s_2}{s_2}\Bigr)\Bigr]+O(n^{-2}),"
        r"\qquad s_k=\operatorname{tr}\Sigma_0^k"
    )
    source = "madtheory"
    hypotheses = (PARAMETRIC,)

    def mean(self, loop: Loop, generations: int) -> Any:
        scale, _, spread = path(loop, generations)
        s1, s2, s3, s4 = (jnp.sum(spectrum(loop) ** k) for k in (1, 2, 3, 4))
        bend = 2 * s2 / s1**2 - 8 * s3 / (s1 * s2) + 8 * s4 / s2**2 - (s1**2 + s2) / s2
        return s1**2 / s2 * (1 + bend * spread / scale**2)

    def cases(self) -> list[tuple[Loop, int]]:
        return rank_cases()


def rank_cases() -> list[tuple[Loop, int]]:
    """Loops in several dimensions with samples large enough for a first-order law."""
    return [
        (gaussian_loop(Fresh(n_real=200, n_synthetic=300), dim=2, sampling_bias=0.9), 6),
        (gaussian_loop(Accumulate(n=200), dim=3, estimator="mle"), 6),
        (gaussian_loop(AccumulateSubsample(n=200), dim=2), 4),
    ]

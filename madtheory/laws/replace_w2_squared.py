"""W₂² to the truth under replace in one dimension; for Gaussians it is the Fréchet distance as well."""

from __future__ import annotations

from typing import Any

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE, UNIVARIATE
from madtheory.laws._joint_moments import excess, joint, or_infinite
from madtheory.laws._law import Law
from madtheory.laws._replace import TWO_POINTS, trace
from madtheory.laws.replace_mean_square_drift import relative_drift
from madtheory.loop import Loop
from madtheory.schedules import Replace


class ReplaceW2Squared(Law):
    r"""W₂² = (μ_t−μ_0)² + (σ_t−σ_0)²; finite as t → ∞ only if Σ 1/n_t < ∞ (unbiased fits, λ = 1)."""

    name = "replace-w2-squared"
    observable = "w2_squared"
    kind = "exact"
    statement = (
        r"\mathbb{E}W_2^2(p_t,p_0) = \mathbb{E}(\mu_t-\mu_0)^2 + \sigma_0^2\Bigl[1+\prod_{k\le t}c_k"
        r"-2\prod_{k\le t}\sqrt{c_k}\,c_4(n_k)\Bigr],\qquad c_4(n)=\sqrt{\tfrac{2}{n-1}}\,\frac{\Gamma(n/2)}{\Gamma((n-1)/2)}"
    )
    source = "madtheory"
    hypotheses = (REPLACE, UNIVARIATE, TWO_POINTS, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        spread = excess(loop, generations, 1.0) - 2 * excess(loop, generations, 0.5)
        return trace(loop) * (relative_drift(loop, generations) + spread)

    def variance(self, loop: Loop, generations: int) -> Any:
        """From E m⁴ + 2 E m²y² + E y⁴ with y = σ_t/σ_0 − 1, y^k expanded in moments of S."""
        fourth = sum(w * excess(loop, generations, s) for w, s in ((1, 2.0), (-4, 1.5), (6, 1.0), (-4, 0.5)))
        mixed = sum(w * joint(loop, generations, 1, s) for w, s in ((1, 1.0), (-2, 0.5), (1, 0.0)))
        second = joint(loop, generations, 2, 0.0) + 2 * mixed + fourth
        return or_infinite(trace(loop) ** 2 * second - self.mean(loop, generations) ** 2)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=20)), 8),
            (gaussian_loop(Replace(n=[8, 12, 16, 20, 24]), estimator="mle", sampling_bias=0.9, first=True), 5),
        ]


class ReplaceFrechet(ReplaceW2Squared):
    r"""The Fréchet distance of two Gaussians is their W₂²."""

    name = "replace-frechet"
    observable = "frechet"

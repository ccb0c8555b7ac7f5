"""Logistic and Poisson regression under any schedule, to first order in 1/n: how far coefficients scatter, and how they grow."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from scipy.special import gammainc

from madtheory.laws._fluctuations import schedule_covariance
from madtheory.laws._law import Hypothesis, Law
from madtheory.loop import Loop
from madtheory.models import CanonicalRegression, CanonicalTruth, LogisticRegression, PoissonRegression
from madtheory.schedules import Accumulate, Fresh, Replace, Schedule

SIGNAL = Hypothesis("coefficients that are not all 0", lambda loop: bool(loop.truth.signal > 0))


class FirstOrderFisherRisk(Law):
    r"""√(n/A_t)(θ̂_t − θ_0) is N(0, I(θ_0)⁻¹), so that its square in the Fisher metric is χ² with d degrees of freedom."""

    name = "first-order-fisher-risk"
    observable = "risk"
    kind = "first_order"
    family = CanonicalRegression
    recursive = True
    differentiable = False
    statement = (
        r"\mathbb{E}(\hat\theta_t-\theta_0)^\top I(\theta_0)(\hat\theta_t-\theta_0)=\frac{dA_t}{n}+O(n^{-2}),\qquad"
        r"\frac{n}{A_t}\lVert\hat\theta_t-\theta_0\rVert_{I(\theta_0)}^2\Rightarrow\chi^2_d"
    )
    source = "deydonoho2024"

    def mean(self, loop: Loop, generations: int) -> Any:
        return features(loop) * inflation(loop, generations)

    def variance(self, loop: Loop, generations: int) -> Any:
        return 2 * features(loop) * inflation(loop, generations) ** 2

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        scale = float(inflation(loop, generation)[generation])
        if scale == 0:
            return (np.asarray(x) >= 0).astype(float)
        return gammainc(features(loop) / 2, np.maximum(x, 0) / (2 * scale))

    def wrong(self, loop: Loop) -> Loop:
        return fewer_points(loop, 2)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(canonical_loop(Replace(n=80), d=1), 2), (canonical_loop(Accumulate(n=90), d=2), 3)]


class FirstOrderCoefficientError(Law):
    r"""Cov θ̂_t = I(θ_0)⁻¹ A_t/n to first order, in its trace."""

    name = "first-order-coefficient-error"
    observable = "coefficient_error"
    kind = "first_order"
    family = CanonicalRegression
    recursive = True
    differentiable = False
    statement = (
        r"\mathbb{E}\lVert\hat\theta_t-\theta_0\rVert^2=\operatorname{tr}I(\theta_0)^{-1}\,\frac{A_t}{n}+O(n^{-2}),\qquad"
        r"I(\theta)=\mathbb{E}\,b''(x^\top\theta)\,xx^\top"
    )
    source = "deydonoho2024"

    def mean(self, loop: Loop, generations: int) -> Any:
        return np.trace(inverse(loop)) * inflation(loop, generations)

    def variance(self, loop: Loop, generations: int) -> Any:
        return 2 * np.sum(inverse(loop) ** 2) * inflation(loop, generations) ** 2

    def wrong(self, loop: Loop) -> Loop:
        return fewer_points(loop, 2)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(canonical_loop(Replace(n=80), d=1), 2), (canonical_loop(Fresh(n_real=60, n_synthetic=90)), 4)]


class FirstOrderSlope(Law):
    r"""Loops of logistic regressions grow too sure of themselves, those of Poisson regressions fade: both in proportion to A_t.

    The mean of b'(x'θ)x stays real on average, so that I E(θ̂_t − θ_0) + ½K:Cov θ̂_t = 0 with K = E b'''(x'θ_0) x⊗x⊗x, under
    every schedule. For Gaussian inputs K:I⁻¹ points along Σθ_0 and is a matter of one dimension.
    """

    name = "first-order-slope"
    observable = "slope"
    kind = "first_order"
    family = CanonicalRegression
    recursive = True
    differentiable = False
    statement = (
        r"\mathbb{E}\,\frac{\hat\theta_t^\top\Sigma\theta_0}{\theta_0^\top\Sigma\theta_0}="
        r"1-\frac{1}{2s^2c}\Bigl[(d-1)\frac{c-a}{a}+\frac{q-3c}{c}\Bigr]\frac{A_t}{n}+O(n^{-2}),\quad"
        r"(a,c,q)=\mathbb{E}(1,z^2,z^4)\,b''(sz),\ s^2=\theta_0^\top\Sigma\theta_0"
    )
    source = "coxsnell1968, madtheory"
    hypotheses = (SIGNAL,)

    def mean(self, loop: Loop, generations: int) -> Any:
        return 1 + growth(loop) * inflation(loop, generations)

    def wrong(self, loop: Loop) -> Loop:
        return fewer_points(loop, 3)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(canonical_loop(Replace(n=80), d=1), 2), (canonical_loop(Replace(n=60), poisson=True), 3)]


def growth(loop: Any) -> float:
    """n times the relative growth of x'θ̂ in one generation."""
    signal = loop.truth.signal
    a, c, q = loop.model.curvatures(signal)
    return -((features(loop) - 1) * (c - a) / a + (q - 3 * c) / c) / (2 * signal**2 * c)


def inflation(loop: Loop, generations: int) -> Any:
    """(T+1,) A_t/n."""
    return jnp.diagonal(schedule_covariance(loop, generations))


def features(loop: Any) -> int:
    """d."""
    return loop.model.features


def inverse(loop: Any) -> np.ndarray:
    """(d, d) I(θ_0)⁻¹."""
    return np.linalg.inv(loop.model.information(loop.truth))


def fewer_points(loop: Loop, times: int) -> Loop:
    """The same loop with so many times fewer points."""
    sizes = [name for name in ("n", "n_real", "n_synthetic") if getattr(loop.schedule, name, None) is not None]
    fewer = [np.asarray(getattr(loop.schedule, name)) // times for name in sizes]
    return eqx.tree_at(lambda lo: [getattr(lo.schedule, name) for name in sizes], loop, fewer)


def canonical_loop(schedule: Schedule, d: int = 3, poisson: bool = False, iterations: int = 200) -> Loop:
    """A loop of logistic regressions, or of Poisson regressions, with inputs that hang together.

    In `cases` no plane separates the labels, but once in a great many runs.
    """
    model = (PoissonRegression if poisson else LogisticRegression)(features=d, iterations=iterations)
    strength = 0.3 if poisson else 0.6
    truth = CanonicalTruth(coefficients=strength * np.linspace(1.0, -0.5, d), covariance=0.7 * np.eye(d) + 0.3)
    return Loop(model=model, truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")

"""Regression under a verifier that knows the real line: labels too far from it are refused, and the loop settles."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm

from madtheory.curation import Acceptance
from madtheory.laws._hypotheses import REPLACE
from madtheory.laws._law import Hypothesis, Law
from madtheory.laws._regression import FINITE, FRESH_DESIGN, OLS, TRUE_NOISE, features, noise_variance, regression_loop, sizes
from madtheory.loop import Loop
from madtheory.models import LinearRegression
from madtheory.schedules import Replace

VERIFIER = Hypothesis("a verifier that accepts |y − x'w_0| ≤ c with the real w_0", lambda loop: _verifies(loop))


class VerifierRisk(Law):
    r"""E_{t+1} = k²E_t + kσ²d/(n−d−1) with k = 1 − 2cφ(c)/(2Φ(c)−1), c in units of σ, n accepted labels, up to O(1/n).

    Near its own line the verifier pulls the coefficients towards it by k and leaves the labels the variance kσ².
    """

    name = "verifier-risk"
    observable = "risk"
    kind = "first_order"
    family = LinearRegression
    steered = True
    statement = r"E_{t+1}=k^2E_t+\frac{k\sigma^2d}{n-d-1},\qquad k=1-\frac{2c\varphi(c)}{2\Phi(c)-1}"
    source = "yi2025, madtheory"
    hypotheses = (OLS, TRUE_NOISE, FRESH_DESIGN, REPLACE, FINITE, VERIFIER)

    def mean(self, loop: Loop, generations: int) -> Any:
        fitted = noise_variance(loop) * features(loop) / (sizes(loop, generations) - features(loop) - 1)
        pull = contraction(-jnp.asarray(loop.curation.least) / jnp.sqrt(noise_variance(loop)))

        def step(risk: Any, fresh: Any) -> tuple[Any, Any]:
            after = pull**2 * risk + pull * fresh
            return after, after

        later = jax.lax.scan(step, fitted[0], fitted[1:])[1]
        return jnp.concatenate([jnp.zeros(1), fitted[:1], later])

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.curation.least, loop, loop.curation.least * 1.5)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(verified_loop(Replace(n=40), 2.0, 2), 3), (verified_loop(Replace(n=60), 0.9), 4)]


def contraction(width: Any) -> Any:
    """() variance of a standard normal between −width and width."""
    return 1 - 2 * width * norm.pdf(width) / (2 * norm.cdf(width) - 1)


def verified_loop(schedule: Replace, width: float, d: int = 3) -> Loop:
    """A regression whose labels are accepted up to `width` from the real line."""
    loop = regression_loop(schedule, d=d)
    return eqx.tree_at(lambda lo: lo.curation, loop, Acceptance(least=-width, line=loop.truth.coefficients),
                       is_leaf=lambda leaf: leaf is None)  # fmt: skip


def _verifies(loop: Loop) -> bool:
    line = loop.curation.line if isinstance(loop.curation, Acceptance) else None
    return line is not None and np.array_equal(line, loop.truth.coefficients)

"""Probabilistic PCA with one factor, trained on itself: the factor swells at the cost of the noise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import NO_BIAS, PARAMETRIC, REPLACE, UNBIASED
from madtheory.laws._law import Hypothesis, Law, one_point_more
from madtheory.laws._replace import sizes
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.samplers import LowRank
from madtheory.schedules import Replace
from madtheory.truth import Truth

ROUNDED = 1e-9
ONE_FACTOR = Hypothesis(
    "a low_rank sampler of rank 1 with the rest as noise, and no curation",
    lambda loop: isinstance(loop.sampler, LowRank) and loop.sampler.rank == 1 and loop.sampler.rest == "noise"
    and loop.curation is None,
)  # fmt: skip
SPIKED = Hypothesis("a real covariance of one large eigenvalue and equal others", lambda loop: _spiked(loop))


class SpikedEigenvalue(Law):
    r"""λ' = λ + (d−1)λs/((n−1)(λ−s)) and (d−1)s' = (d−1)s − (λ'−λ) for the variance s of the noise, up to O(1/n).

    The first order of the spectrum's bias (Lawley 1956), which is also that of λ = ℓ(1 + γ/(ℓ−1)) at γ = (d−1)/(n−1) in units of
    the noise (Baik & Silverstein 2006): eigenvalues repel each other in every generation, and nothing holds them back.
    """

    name = "spiked-eigenvalue"
    observable = "largest_eigenvalue"
    kind = "first_order"
    steered = True
    statement = (
        r"\lambda'=\lambda+\frac{d-1}{n-1}\,\frac{\lambda s}{\lambda-s}+O(n^{-2}),\qquad"
        r"s'=s-\frac{\lambda'-\lambda}{d-1}"
    )
    source = "tipping1999, baik2006"
    hypotheses = (REPLACE, UNBIASED, NO_BIAS, PARAMETRIC, SPIKED, ONE_FACTOR)

    def mean(self, loop: Loop, generations: int) -> Any:
        others = loop.dim - 1
        values = jnp.linalg.eigvalsh(jnp.asarray(loop.truth.covariance, jnp.float64))

        def step(pair: tuple[Any, Any], n: Any) -> tuple[tuple[Any, Any], Any]:
            top, noise = pair
            gain = others / (n - 1) * top * noise / (top - noise)
            return (top + gain, noise - gain / others), top + gain

        start = values[-1], jnp.mean(values[:-1])
        return jnp.concatenate([values[-1:], jax.lax.scan(step, start, jnp.asarray(sizes(loop, generations)))[1]])

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.5)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(spiked_loop(Replace(n=[160, 200, 240]), 8, 3.0), 3), (spiked_loop(Replace(n=100), 10, 4.0), 3)]


def spiked_loop(schedule: Replace, dim: int, spike: float) -> Loop:
    """One factor of variance `spike` along a diagonal, noise of variance 1 elsewhere."""
    along = np.ones(dim) / np.sqrt(dim)
    truth = Truth(mean=np.zeros(dim), covariance=np.eye(dim) + (spike - 1) * np.outer(along, along))
    return Loop(model=Gaussian(dim=dim), truth=truth, schedule=schedule, bias_first_generation=False, estimator="unbiased",
                sampler=LowRank(1))  # fmt: skip


def _spiked(loop: Loop) -> bool:
    values = np.linalg.eigvalsh(np.asarray(loop.truth.covariance))
    return loop.dim > 1 and bool(np.ptp(values[:-1]) < ROUNDED * values[-1] and values[-1] > values[0] * (1 + ROUNDED))

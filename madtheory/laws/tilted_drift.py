"""Linear rewards in the limit of many candidates: the mean is carried off, and the variance is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory.curation import Tilt
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE, UNIVARIATE
from madtheory.laws._law import Law
from madtheory.laws._replace import bias, delta, sizes
from madtheory.laws._steered import LINEAR_TILT, NO_SAMPLER, steered_loop
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Replace
from madtheory.truth import Truth


class TiltedDrift(Law):
    r"""E μ_t − μ_0 = Σ_{1≤k<t} λ_{k+1} E Σ_k b with E Σ_k = Σ_0 Π_{j≤k} λ_j (n_j − 1)/(n_j − δ)."""

    name = "tilted-drift"
    observable = "drift"
    kind = "exact"
    steered = True
    differentiable = False
    statement = (
        r"\mathbb{E}\mu_t-\mu_0=\sum_{1\le k<t}\lambda_{k+1}\Bigl[\prod_{j\le k}\lambda_j\frac{n_j-1}{n_j-\delta}\Bigr]\Sigma_0b"
    )
    source = "ferbach2024"
    hypotheses = (REPLACE, LINEAR_TILT, NO_SAMPLER, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        """(T+1, d)."""
        moved = np.asarray(loop.truth.covariance) @ np.asarray(loop.curation.direction)
        return jnp.asarray(moments(loop, generations)[:, 1:2] * moved)

    def variance(self, loop: Loop, generations: int) -> Any:
        """(T+1, 1) in one dimension."""
        if loop.dim > 1:
            return None
        path = drift_moments(loop, generations)
        return jnp.asarray(path[:, 1:2] - path[:, :1] ** 2)

    def wrong(self, loop: Loop) -> Loop:
        return stronger(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [*in_one_dimension(), (in_three_dimensions(), 5)]


class TiltedMeanSquareDrift(Law):
    r"""E (μ_t − μ_0)² by the closed recursion of (E v, E v², E s v, E s²) for the variance v and the drift s of a fit."""

    name = "tilted-mean-square-drift"
    observable = "mean_square_drift"
    kind = "exact"
    steered = True
    differentiable = False
    statement = (
        r"s'=s+bu+\sqrt{u/n}\,z,\quad v'=u\,\chi^2_{n-1}/(n-\delta),\quad u=\lambda v:\qquad"
        r"\mathbb{E}s'^2=\mathbb{E}s^2+2b\,\mathbb{E}su+b^2\,\mathbb{E}u^2+\mathbb{E}u/n"
    )
    source = "madtheory"
    hypotheses = (REPLACE, LINEAR_TILT, NO_SAMPLER, UNIVARIATE, PARAMETRIC)

    def mean(self, loop: Loop, generations: int) -> Any:
        return jnp.asarray(drift_moments(loop, generations)[:, 1])

    def wrong(self, loop: Loop) -> Loop:
        return stronger(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return in_one_dimension()


def moments(loop: Loop, generations: int) -> np.ndarray:
    """(T+1, 2) E Σ_t in units of Σ_0, and the sum of λ E Σ over the curated draws so far."""
    width, moved = 1.0, 0.0
    path = [(width, moved)]
    for t, (n, scale) in enumerate(_steps(loop, generations)):
        drawn = scale * width
        width, moved = drawn * (n - 1) / (n - delta(loop)), moved + (drawn if t else 0.0)
        path.append((width, moved))
    return np.array(path)


def drift_moments(loop: Loop, generations: int) -> np.ndarray:
    """(T+1, 2) E s and E s² of the drift s in one dimension."""
    variance = float(loop.truth.covariance[0, 0])
    ev, evv, es, esv, ess = variance, variance**2, 0.0, 0.0, 0.0
    path = [(es, ess)]
    for t, (n, scale) in enumerate(_steps(loop, generations)):
        b = float(loop.curation.direction[0]) if t else 0.0
        shrink = (n - 1) / (n - delta(loop))
        u, uu, su = scale * ev, scale**2 * evv, scale * esv
        es, ess, moved = es + b * u, ess + 2 * b * su + b**2 * uu + u / n, su + b * uu
        ev, evv, esv = shrink * u, shrink**2 * (1 + 2 / (n - 1)) * uu, shrink * moved
        path.append((es, ess))
    return np.array(path)


def _steps(loop: Loop, generations: int) -> Iterator[tuple[float, float]]:
    """n_k and λ_k, the latter 1 in generation 1 unless the sampling bias applies there."""
    return zip(sizes(loop, generations).tolist(), np.asarray(bias(loop, generations)).tolist(), strict=True)


def in_one_dimension() -> list[tuple[Loop, int]]:
    """Loops with a linear reward."""
    changing = steered_loop(Replace(n=[30, 40, 50, 60]), sampling_bias=[1.0, 0.9, 1.1, 0.8], curation=Tilt(direction=[-0.4]))
    return [(steered_loop(Replace(n=40), curation=Tilt(direction=[0.3])), 6), (changing, 4)]


def in_three_dimensions() -> Loop:
    """A loop with a linear reward that falls on correlated coordinates."""
    truth = Truth(mean=[1.0, 0.0, -1.0], covariance=[[1.0, 0.4, 0.0], [0.4, 2.0, 0.5], [0.0, 0.5, 3.0]])
    return Loop(model=Gaussian(dim=3), truth=truth, schedule=Replace(n=40), bias_first_generation=False, estimator="mle",
                curation=Tilt(direction=[0.2, -0.1, 0.3]))  # fmt: skip


def stronger(loop: Loop) -> Loop:
    """The loop with a reward that is a tenth stronger."""
    return eqx.tree_at(lambda lo: lo.curation.direction, loop, loop.curation.direction * 1.1)

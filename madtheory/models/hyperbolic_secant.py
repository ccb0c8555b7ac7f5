"""Generalised hyperbolic secant points: the sixth Morris family, with tails on both sides.

Its cumulant function is −r log cos θ. Untilted, X is N(0, C) with C a sum of gamma variates Γ_k(r)/a_k, a_k = π²(k−½)²/2
(cos is the product of its zeros), and tilting by e^{θx} lowers every a_k by θ²/2 and moves X by θC.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import positive_number
from madtheory.models._family import Family
from madtheory.models._morris import MeanTruth, Morris
from madtheory.random import expanded, gamma, normal
from madtheory.truth import RealLaw

TERMS = 24  # the rest is a gamma variate of the same mean and variance: third cumulants differ by 2·10⁻¹⁰ of the whole

LOWEST, NODES = -12.0, 800
"""Where the integral over the conjugate law begins, and half its intervals; cos φ < 10⁻⁹ beyond."""
SIMPSON = np.r_[1, np.tile([4.0, 2.0], NODES)[:-1], 1] / (6 * NODES)


class HyperbolicSecant(Morris):
    """Points of convolution parameter r with free mean η = r tan θ; V(η) = r + η²/r.

    Attributes:
        convolution: r > 0 (dimensionless); 1 is the hyperbolic secant law itself.
    """

    kind: ClassVar[str] = "hyperbolic_secant"
    has_posterior: ClassVar[bool] = False
    convolution: Any = positive_number(default=1.0)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(HyperbolicSecant(convolution=2.0), MeanTruth(mean=0.7))]

    @property
    def quadratic(self) -> tuple[Any, Any, Any]:
        return self.convolution, 0.0, 1 / self.convolution

    def draw_sum(self, words: Any, model: Any, n: Any, dtype: Any) -> Any:
        shape = jnp.asarray(n * self.convolution, dtype)
        theta = jnp.arctan(model.mean / jnp.asarray(self.convolution, dtype))
        square = (theta / math.pi) ** 2

        def add(k: Any, total: Any) -> Any:
            first, second, *_ = expanded(words, k)
            return total + gamma((first, second), shape, dtype) / ((k + jnp.asarray(0.5, dtype)) ** 2 - square)

        whole = jax.lax.fori_loop(0, TERMS, add, jnp.zeros(words[0].shape, dtype))
        first, second, third, _ = expanded(words, TERMS)
        mean, variance = _rest(square)
        whole = whole + gamma((first, second), shape * mean**2 / variance, dtype) * (variance / mean)
        clock = whole * (2 / math.pi**2)
        return theta * clock + jnp.sqrt(clock) * normal(third, dtype)

    def conjugate_cdf(self, size: Any, mean: Any, x: np.ndarray) -> np.ndarray:
        """In φ = arctan(η/r) the density is e^{mη*φ} cos^{mr} φ: Simpson's rule, in u with φ = (π/2) tanh u."""
        power, slope = size * float(self.convolution), size * mean

        def mass(up_to: np.ndarray) -> np.ndarray:
            u = LOWEST + (up_to[..., None] - LOWEST) * np.linspace(0, 1, 2 * NODES + 1)
            angle = math.pi / 2 * np.tanh(u)
            log = slope * angle + power * np.log(np.cos(angle)) - 2 * np.log(np.cosh(u))
            return (up_to - LOWEST) * (np.exp(log - slope * math.atan(mean / float(self.convolution))) @ SIMPSON)

        share = 2 / math.pi * np.arctan(np.asarray(x, float) / float(self.convolution))
        return mass(np.arctanh(np.clip(share, np.tanh(LOWEST), np.tanh(-LOWEST)))) / mass(np.asarray(-LOWEST))

    def relative_entropy(self, first: Any, second: Any) -> Any:
        a, b, r = first.mean[0], second.mean[0], jnp.asarray(self.convolution, first.mean.dtype)
        turned = jnp.arctan2(r * (b - a), r**2 + a * b)
        return r / 2 * jnp.log1p((b - a) * (b + a) / (r**2 + a**2)) - a * turned

    def heavy_size(self, n: int) -> int | None:
        return None if self.prior_size is not None else int(float(self.convolution) * n / 2) + 1


def _rest(square: Any) -> tuple[Any, Any]:
    """Σ_{k>TERMS} of 1/((k−½)² − b²) and of its square, by the midpoint rule with its first correction; b² is `square`."""
    k = float(TERMS)
    return 1 / k + (square / 3 - 1 / 12) / k**3, 1 / (3 * k**3) + (2 * square / 5 - 1 / 6) / k**5

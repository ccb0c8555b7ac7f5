"""Counts by inversion of their distribution function, in float64 and without a loop whose length depends on the data.

Below a mean of 40 the probabilities are added up one by one. Above, the distribution function F is a tail of a gamma or
beta law (Poisson: F(k) = P(G_{k+1} > λ), binomial: F(k) = P(B_{k+1,n−k} > p)), which makes sense between whole numbers
too: the count is the root of F(κ) = u, rounded up. In the logarithm s of t/λ, or of the odds, the density of that law is
exp(a s − D(s)) but for a constant, with D the cumulant function of the counts; its tail is a Gauss–Legendre sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

MEAN_OF_SUMS = 40.0
TERMS = 128  # P(Poisson(40) ≥ 128) < 10⁻²²
NEGLIGIBLE = 1e-26
NODES = 24
DEPTH = 40.0  # the integrand is followed down to e^-40 of its first value
STEPS = 3
SAFE = 1e-8  # of a count, for rounding
CLOSE = 1e-9  # scores that are too close for a secant


class Quantile(NamedTuple):
    """Where in the unit interval an inversion looks, from 63 bits towards both ends.

    Attributes:
        tail: float64 probability in (0, 1/2) of the end that is nearer.
        upper: whether that is the upper one.
    """

    tail: Any
    upper: Any


class Law(NamedTuple):
    """What an inversion needs of a law of counts (float64 arrays).

    Attributes:
        mean: of the counts.
        variance: of the counts.
        skew: third cumulant over variance.
        top: the largest count.
        first: probability of 0.
        ratio: k → P(k+1)/P(k).
        growth: s → D(s).
        density: a → density of the gamma or beta law at s = 0 in the logarithm s, a = κ + 1.
    """

    mean: Any
    variance: Any
    skew: Any
    top: Any
    first: Any
    ratio: Callable[[Any], Any]
    growth: Callable[[Any], Any]
    density: Callable[[Any], Any]


def quantile(words: tuple[Any, Any]) -> Quantile:
    """The place that two uint32 words stand for: 63 bits say how far from an end, one bit says which end."""
    high, low = (jnp.asarray(word) for word in words)
    rank = (high >> np.uint32(1)).astype(np.int64) << 32 | low.astype(np.int64)
    return Quantile((rank.astype(np.float64) + 0.5) * 2.0**-64, (high & np.uint32(1)) == 1)


def by_sums(at: Quantile, law: Law) -> Any:
    """The count by adding up probabilities from 0 on; exact to 10⁻¹⁴ of probability."""
    u = jnp.where(at.upper, 1 - at.tail, at.tail)

    def step(k: Any, sums: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        p, below, count = sums
        below = below + p
        more = (u > below) & (p > NEGLIGIBLE)
        return p * law.ratio(k.astype(np.float64)), below, count + more.astype(np.int32)

    p = jnp.broadcast_to(law.first, u.shape)
    return jax.lax.fori_loop(0, TERMS, step, (p, jnp.zeros_like(p), jnp.zeros(u.shape, np.int32)))[2]


def by_root(at: Quantile, law: Law) -> Any:
    """The count as the root of F(κ) = u, rounded up: secant steps on the normal score of F from a Cornish–Fisher start.

    No slope is wrong by more than a factor of two, so a step that ends further from every whole number than half of its own
    length has found the count; where all have, the rest of the steps is left out.
    """
    z = jnp.where(at.upper, -1, 1) * jax.scipy.special.ndtri(at.tail)
    spread = jnp.sqrt(law.variance)
    first_slope = 1 / jnp.maximum(spread + law.skew * z / 3, spread / 5)

    def open_(state: tuple[Any, Any, Any, Any]) -> Any:
        k, kappa, before, _ = state
        settled = abs(kappa - jnp.round(kappa)) > abs(kappa - before) / 2 + SAFE
        return (k < 1) | ((k < STEPS) & ~jnp.all(settled))

    def step(state: tuple[Any, Any, Any, Any]) -> tuple[Any, Any, Any, Any]:
        k, kappa, before, found_before = state
        found = score(kappa, at.upper, law)
        far = (kappa != before) & (abs(found - found_before) > CLOSE)
        secant = (found - found_before) / jnp.where(far, kappa - before, 1)
        slope = jnp.where(far, jnp.clip(secant, first_slope / 2, first_slope * 2), first_slope)
        return k + 1, inside(kappa + (z - found) / slope), kappa, found

    def inside(kappa: Any) -> Any:
        return jnp.clip(kappa, -0.5, law.top - 0.5)

    start = inside(cornish_fisher(z, law))
    kappa = jax.lax.while_loop(open_, step, (np.int32(0), start, start, jnp.zeros_like(start)))[1]
    return jnp.clip(jnp.ceil(kappa), 0, law.top).astype(np.int32)


def cornish_fisher(z: Any, law: Law) -> Any:
    """κ with F(κ) ≈ Φ(z), to the third order (Cornish & Fisher 1938), the half of the rounding up taken off."""
    kurtosis = (3 * law.skew**2 - 1) / 2  # fourth cumulant over variance
    second = law.skew * (z**2 - 1) / 6
    third = kurtosis * (z**3 - 3 * z) / 24 - law.skew**2 * (2 * z**3 - 5 * z) / 36
    spread = jnp.sqrt(law.variance)
    return law.mean + spread * z + second + third / spread - 0.5


def score(kappa: Any, upper: Any, law: Law) -> Any:
    """Φ⁻¹(F(κ)), from the tail that is asked for: P(X ≤ κ), or P(X > κ) where `upper`."""
    a = kappa + 1
    sign = jnp.where(upper, -1.0, 1.0)
    length = _length(sign, a, law)
    nodes, weights = (x.reshape(-1, *[1] * a.ndim) for x in np.polynomial.legendre.leggauss(NODES))
    s = sign * length * (1 + nodes) / 2
    total = jnp.sum(weights * jnp.exp(a * s - law.growth(s)), axis=0) * length / 2
    return sign * jax.scipy.special.ndtri(jnp.clip(law.density(a) * total, 1e-300, 1 - 2.0**-53))


def _length(sign: Any, a: Any, law: Law) -> Any:
    """How far from 0 the integrand has fallen by e^-DEPTH: as for a Gaussian, corrected for its skewness."""
    fall = jnp.maximum(-sign * (a - law.mean), 0.0)
    gaussian = 2 * DEPTH / (fall + jnp.sqrt(fall**2 + 2 * DEPTH * law.variance))
    bend = law.skew * gaussian / 6
    return jnp.where(sign > 0, gaussian / (1 + bend), gaussian * (1 + bend + bend**2))


def log1pmx(x: Any) -> Any:
    """log(1+x) − x."""
    return jnp.log1p(x) - x


def stirling(a: Any) -> Any:
    """log Γ(a) − (a − ½) log a + a − ½ log 2π, to 2·10⁻¹³ for a ≥ 8 (Abramowitz & Stegun 6.1.41)."""
    square = 1 / a**2
    return (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / a

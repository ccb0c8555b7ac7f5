"""Exact fourth moments in one dimension of loops that remember one model and at most one real batch.

A generation turns (μ, S) and the real batch's mean r and 1/N variance Q into polynomials of them and of the noise
of the synthetic batch: its mean's deviation e ~ N(0, λS/n) and its 1/N variance G ~ λS χ²_{n−1}/n. All are homogeneous when
μ, r, e count once and S, Q, G twice, so the moments of degree 2 and 4 follow linear recursions.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from madtheory.laws._accumulate import factors
from madtheory.laws._hypotheses import gaussian_and_univariate
from madtheory.laws._law import Hypothesis
from madtheory.laws._pairs import PAIRS, pairs
from madtheory.loop import Loop

Polynomial = dict[tuple[int, ...], Any]
"""Coefficients, a number or (T,) array each, by the exponents of (μ, S, r, Q, e, G)."""

WEIGHT = (1, 2, 1, 2)
MONOMIALS = [p for p in product(range(5), range(3), range(5), range(3)) if np.dot(p, WEIGHT) in (0, 2, 4)]
PLACE = {p: i for i, p in enumerate(MONOMIALS)}
ALONE = np.array([PLACE.get((i, j, 0, 0), 0) for i, j, _, _ in MONOMIALS])
MEAN, VARIANCE, REAL_MEAN, REAL_VARIANCE, NOISE, SCATTER = ({tuple(row): 1.0} for row in np.eye(6, dtype=int).tolist())


TWO_BATCHES = Hypothesis(
    "one dimension, Gaussian real data, and training sets of one real batch and one batch of the last model",
    lambda loop: gaussian_and_univariate(loop) and PAIRS.holds(loop),
)


class Batch(NamedTuple):
    """The batch of one kind in every generation: sizes and λ, (T,)."""

    size: Any
    bias: Any


class Joint(NamedTuple):
    """Moments over replicas at generations 0…T, in units of S_0: (T+1,) each, with m = μ_t − μ_0."""

    mean_square: Any
    variance: Any
    mean_fourth: Any
    mixed: Any
    variance_square: Any


def two_batches(loop: Loop, generations: int) -> Joint:
    """Loops that train on one real batch and one batch of the last model."""
    training = pairs(loop, generations)
    w = training.weight
    apart = _add(REAL_MEAN, _times(-1.0, MEAN), _times(-1.0, NOISE))
    within = _add(_times(w, REAL_VARIANCE), _times(1 - w, SCATTER), _times(w * (1 - w), _power(apart, 2)))
    mean = _add(_times(w, REAL_MEAN), _times(1 - w, MEAN), _times(1 - w, NOISE))
    batches = Batch(training.n_real, training.real_bias), Batch(training.n_synthetic, training.bias)
    return _run(mean, _times(training.kappa, within), *batches, training.renewed)


def accumulated(loop: Loop, generations: int) -> Joint:
    """The accumulate loop: the pool is the last training set, so its mean is μ and its 1/N variance S/κ."""
    r = factors(loop, generations)
    n, total, correction = r.size, r.pool, r.kappa
    first, added = np.arange(generations) == 0, np.where(np.arange(generations) == 0, 0.0, n / total)
    kept = np.where(first, 0.0, 1 - added)
    within = _add(_times(1.0 * first, REAL_VARIANCE), _times(kept / correction[:-1], VARIANCE), _times(added, SCATTER),
                  _times(kept * added, _power(NOISE, 2)))
    mean = _add(_times(1.0 * first, REAL_MEAN), _times(1.0 * ~first, MEAN), _times(added, NOISE))
    batch = Batch(n, r.scale / jnp.append(1.0, correction[1:-1]))
    return _run(mean, _times(correction[1:], within), batch, batch, first)


def _run(mean: Polynomial, variance: Polynomial, real: Batch, synthetic: Batch, renewed: np.ndarray) -> Joint:
    """The recursion, with the real batch drawn anew where `renewed` (T,)."""
    step = jnp.stack([_row(_expand(mean, variance, p), synthetic) for p in MONOMIALS], axis=1)
    fresh = jnp.stack([_real_moment(real, *p[2:]) for p in MONOMIALS], axis=1)
    start = jnp.array([float(p[0] == p[2] == p[3] == 0) for p in MONOMIALS])
    out = _scan(start, step, fresh, jnp.asarray(renewed))
    return Joint(*(out[:, PLACE[p]] for p in ((2, 0, 0, 0), (0, 1, 0, 0), (4, 0, 0, 0), (2, 1, 0, 0), (0, 2, 0, 0))))


@jax.jit
def _scan(start: Any, step: Any, fresh: Any, renewed: Any) -> Any:
    def advance(now: Any, this: Any) -> tuple[Any, Any]:
        matrix, real, anew = this
        now = matrix @ jnp.where(anew, now[ALONE] * real, now)
        return now, now

    return jnp.concatenate([start[None], jax.lax.scan(advance, start, (step, fresh, renewed))[1]])


def _expand(mean: Polynomial, variance: Polynomial, p: tuple[int, ...]) -> Polynomial:
    """The monomial μ^i S^j r^k Q^l of the new generation in terms of the old one and the noise."""
    factors = zip((mean, variance, REAL_MEAN, REAL_VARIANCE), p, strict=True)
    out: Polynomial = {(0,) * 6: 1.0}
    for base, power in factors:
        out = _multiply(out, _power(base, power))
    return out


def _row(polynomial: Polynomial, synthetic: Batch) -> Any:
    """(T, len(MONOMIALS)) its conditional expectation, as coefficients of the old monomials."""
    per_point = jnp.asarray(synthetic.bias) / synthetic.size
    row = jnp.zeros((len(synthetic.size), len(MONOMIALS)))
    for (i, j, k, m, a, b), coefficient in polynomial.items():
        if a % 2 == 0:
            noise = coefficient * _gaussian(a) * _chi_square(synthetic.size - 1, b) * per_point ** (a // 2 + b)
            row = row.at[:, PLACE[i, j + a // 2 + b, k, m]].add(noise)
    return row


def _real_moment(real: Batch, k: int, m: int) -> Any:
    """(T,) E r^k Q^m of a new real batch."""
    per_point = jnp.asarray(real.bias) / real.size
    return _gaussian(k) * _chi_square(real.size - 1, m) * per_point ** (k / 2 + m)


def _gaussian(power: int) -> float:
    """E z^power for power ≤ 4."""
    return (1.0, 0.0, 1.0, 0.0, 3.0)[power]


def _chi_square(nu: Any, power: int) -> Any:
    """E (χ²_ν)^power for power ≤ 2."""
    return (np.ones(np.shape(nu)), nu, nu * (nu + 2.0))[power]


def _add(*terms: Polynomial) -> Polynomial:
    out: Polynomial = {}
    for term in terms:
        for p, coefficient in term.items():
            out[p] = out.get(p, 0.0) + coefficient
    return out


def _times(factor: Any, polynomial: Polynomial) -> Polynomial:
    return {p: factor * coefficient for p, coefficient in polynomial.items()}


def _multiply(left: Polynomial, right: Polynomial) -> Polynomial:
    parts = product(left.items(), right.items())
    return _add(*({tuple(np.add(p, q).tolist()): x * y} for (p, x), (q, y) in parts))


def _power(base: Polynomial, power: int) -> Polynomial:
    out: Polynomial = {(0,) * len(next(iter(base))): 1.0}
    for _ in range(power):
        out = _multiply(out, base)
    return out

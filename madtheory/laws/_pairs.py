"""Loops whose training sets are one real batch and one batch of the last model: second moments in O(T) time and memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from madtheory.laws._law import Hypothesis
from madtheory.loop import Loop
from madtheory.schedules import per_generation
from madtheory.schedules._schedule import initial_size

KINDS = ("replace", "fresh", "weighted", "fixed_real")
PAIRS = Hypothesis("training sets of one real batch and one batch of the last model", lambda loop: loop.schedule.kind in KINDS)


class Pairs(NamedTuple):
    """The training sets of generations 1…T, (T,) each.

    Attributes:
        weight: total weight of the real batch.
        n_real: its points (counts; any number where its weight is 0).
        n_synthetic: points of the synthetic batch (counts).
        real_bias: λ of the real batch.
        bias: λ of the synthetic batch.
        kappa: what the estimator multiplies the 1/N variance with.
        renewed: whether the real batch is drawn anew.
    """

    weight: Any
    n_real: Any
    n_synthetic: Any
    real_bias: Any
    bias: Any
    kappa: Any
    renewed: Any


class Path(NamedTuple):
    """(T+1,) each, in units of Σ_0: E Σ_t, Cov μ_t and, to first order, Φ with Var S_t = 2Φ_t."""

    scale: Any
    drift: Any
    spread: Any


def pairs(loop: Loop, generations: int) -> Pairs:
    """The training sets of a loop that meets PAIRS; differentiable in the sampling bias."""
    schedule: Any = loop.schedule
    own = jnp.asarray(loop.bias(generations))
    first = np.arange(generations) == 0
    reused = getattr(schedule, "real", "redrawn") == "reused"
    real_bias = jnp.where(first | reused, own[0] if loop.bias_first_generation else 1.0, 1.0)
    weight, n_real, n_synthetic = _sizes(schedule, generations)
    total = n_real * (weight > 0) + n_synthetic * (weight < 1)
    kappa = np.ones(generations) if loop.estimator == "mle" else 1 / (1 - 1 / total)
    return Pairs(weight, n_real, n_synthetic, real_bias, own, kappa, first | (not reused))


def _sizes(schedule: Any, generations: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(T,) weight on real data, n_real, n_synthetic."""
    alone = schedule.kind == "replace"
    real = np.array(per_generation(schedule.n if alone else schedule.n_real, generations), dtype=float)
    synthetic = np.array(per_generation(schedule.n if alone else schedule.n_synthetic, generations), dtype=float)
    real[0] = initial_size(getattr(schedule, "n_initial", None), schedule.n if alone else schedule.n_real)
    chosen = schedule.real_weight() if schedule.kind == "weighted" else 0.0 if alone else real / (real + synthetic)
    weight = np.array(np.broadcast_to(np.asarray(chosen)[..., :generations] if np.ndim(chosen) else chosen, (generations,)))
    weight[0] = 1.0
    return weight, real, synthetic


@jax.jit
def evolve(training: Pairs) -> Path:
    """The exact second moments, and the first-order spread of the scale, of generations 0…T."""

    def step(now: tuple[Path, Any, Any], this: Pairs) -> tuple[tuple[Path, Any, Any], Path]:
        path, of_mean, of_scale = now[0], *(jnp.where(this.renewed, 0.0, c) for c in now[1:])
        new = _next(path, of_mean, of_scale, this)
        share = this.weight * this.real_bias / this.n_real
        persistence = 1 - this.weight
        return (new, share + persistence * of_mean, share * this.real_bias + persistence * this.bias * of_scale), new

    start = Path(jnp.ones(()), jnp.zeros(()), jnp.zeros(()))
    later = jax.lax.scan(step, (start, jnp.zeros(()), jnp.zeros(())), training)[1]
    return Path(*(jnp.append(first, rest) for first, rest in zip(start, later, strict=True)))


def _next(now: Path, of_mean: Any, of_scale: Any, this: Pairs) -> Path:
    """One generation; `of_mean` and `of_scale` are the covariances of μ and S/2 with those of a kept real batch."""
    w, u = this.weight, 1 - this.weight
    real, drawn = this.real_bias / this.n_real, this.bias * now.scale
    synthetic = now.drift + drawn / this.n_synthetic
    within = w * this.real_bias * (1 - 1 / this.n_real) + u * drawn * (1 - 1 / this.n_synthetic)
    between = w * u * (real + synthetic - 2 * of_mean)
    drift = w**2 * real + 2 * w * u * of_mean + u**2 * synthetic
    real_spread, spread = real * this.real_bias, this.bias**2 * now.spread + drawn**2 / this.n_synthetic
    return Path(this.kappa * (within + between), drift, w**2 * real_spread + 2 * w * u * this.bias * of_scale + u**2 * spread)

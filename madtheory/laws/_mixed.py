"""Loops that mix real and synthetic data in fixed proportion, and where they settle.

Every fluctuation x of such a loop obeys x' = w r + u x + noise: `w` is the weight of the real batch, u = 1 − w that of the
synthetic one, and r is drawn anew each generation or once for all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory.laws._fluctuations import spectrum
from madtheory.laws._law import Hypothesis
from madtheory.laws._pairs import Path
from madtheory.laws.first_order_w2_squared import bures
from madtheory.loop import Loop

KINDS = ("fresh", "weighted", "fixed_real")
SIZES = ("n_real", "n_synthetic", "weight")


class Mix(NamedTuple):
    """Sizes (counts), weight on real data, λ, the estimator's κ, and whether the real batch is reused."""

    n_real: Any
    n_synthetic: Any
    weight: Any
    bias: Any
    kappa: Any
    reused: bool

    @property
    def persistence(self) -> Any:
        """u, the weight of synthetic data: what is left of a deviation of the mean after one generation."""
        return 1 - self.weight


def _constant(loop: Loop) -> bool:
    schedule = loop.schedule
    lists = [getattr(schedule, name, None) for name in SIZES]
    return schedule.kind in KINDS and all(np.ndim(value) == 0 for value in [*lists, loop.sampling_bias])  # type: ignore[arg-type]


MIXED = Hypothesis("the fresh, weighted or fixed-real schedule with constant sizes, weight and sampling_bias", _constant)
REDRAWN = Hypothesis("real data drawn anew each generation", lambda loop: getattr(loop.schedule, "real", "redrawn") == "redrawn")

POOLED = Hypothesis("real and synthetic points of equal weight", lambda loop: loop.schedule.kind != "weighted")
BELOW_ONE = Hypothesis("sampling_bias below 1", lambda loop: bool(np.all(np.asarray(loop.sampling_bias) < 1)))


def mix(loop: Loop) -> Mix:
    """The constants of a mixed loop."""
    schedule: Any = loop.schedule
    n_real, n_synthetic = 1.0 * schedule.n_real, 1.0 * schedule.n_synthetic
    weight = schedule.real_weight() if schedule.kind == "weighted" else n_real / (n_real + n_synthetic)
    total = n_real + n_synthetic * (weight < 1)
    kappa = 1.0 if loop.estimator == "mle" else total / (total - 1)
    return Mix(n_real, n_synthetic, weight, jnp.asarray(loop.sampling_bias), kappa, not REDRAWN.holds(loop))


def more_synthetic(loop: Loop) -> Loop:
    """The same loop with twice the synthetic data; one point more in every batch may leave their ratio as it is."""
    return eqx.tree_at(lambda lo: lo.schedule.n_synthetic, loop, 2 * loop.schedule.n_synthetic)  # type: ignore[attr-defined]


def settle(m: Mix, decay: Any, noise: Any) -> Any:
    """Stationary variance of x' = w r + decay x + e with Var r = 1/n_real and Var e = `noise`."""
    real = m.weight**2 / m.n_real
    with_real = m.weight / (m.n_real * (1 - decay)) if m.reused else 0.0  # Cov(x, r)
    return (real + 2 * m.weight * decay * with_real + noise) / (1 - decay**2)


def stationary(m: Mix) -> Path:
    """V and P exactly, and Φ to first order, as t → ∞."""
    u, rate = m.persistence, m.persistence**2 * m.bias / m.n_synthetic
    alone, per_scale = settle(m, u, 0.0), rate / (1 - u**2)
    scale = m.kappa * m.weight * (1 - alone) / (1 - m.kappa * (u * m.bias - m.weight * per_scale))
    drift = alone + per_scale * scale
    return Path(scale, drift, settle(m, u * m.bias, rate * m.bias * scale**2))


def limit_w2_squared(loop: Loop, m: Mix) -> Any:
    """E W₂² as t → ∞, to first order in 1/n."""
    scale, drift, spread = stationary(m)
    trace = jnp.sum(spectrum(loop))
    return trace * (drift + (1 - jnp.sqrt(scale)) ** 2) + spread / (2 * scale**1.5) * jnp.sum(bures(loop))


def real_only_w2_squared(loop: Loop) -> Any:
    """n E W₂² of a fit to n real points, as n → ∞; d(d+5)/4 for Σ_0 = I."""
    return jnp.sum(spectrum(loop)) + 0.5 * jnp.sum(bures(loop))

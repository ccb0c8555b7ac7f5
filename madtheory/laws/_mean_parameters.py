"""Second moments of any schedule for families whose fit is an average and whose variance function is quadratic.

With V(η) = V_0 + V'(η_0)(η−η_0) + v_2(η−η_0)² and E η_t = η_0, the draws of model s have the expected variance
V_0 (1 + v_2 P_ss), P_st = Cov(η_s, η_t)/V_0. The means of batches and models are linear in their noise, so diag P solves
one triangular system.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular

from madtheory.laws._law import Hypothesis
from madtheory.laws._recursion import inverse, network
from madtheory.loop import Loop

NO_PRIOR = Hypothesis("no prior", lambda loop: getattr(loop.model, "prior_size", None) is None)


def diffusion(loop: Loop, generations: int, v2: Any) -> Any:
    """(T+1,) Var η_t/V_0 for a composition of whole batches; differentiable in v_2 and the sampling bias."""
    table = loop.composition(generations)
    net = network(table)
    models = inverse(net.combine())[net.model]
    noise = net.noise * jnp.asarray(table.bias)[net.batch]
    per_source = jnp.zeros((generations + 1, generations + 1)).at[:, net.source].add(models[:, net.node] ** 2 * noise)
    return solve_triangular(jnp.eye(generations + 1) - v2 * per_source, per_source.sum(axis=1), lower=True, unit_diagonal=True)


def start(loop: Loop) -> Any:
    """V_0 = V(η_0) (squared units of the data)."""
    return loop.model.variance(jnp.asarray(loop.truth.mean, dtype=jnp.float64))  # type: ignore[attr-defined]


def curvature(loop: Loop) -> Any:
    """v_2 of the model's variance function."""
    return jnp.asarray(loop.model.quadratic[2], dtype=jnp.float64)  # type: ignore[attr-defined]


def grown(log_factors: Any, v2: Any, first_order: Any) -> Any:
    """(∏ factors − 1)/v_2 from the sum of the factors' logarithms, and its limit `first_order` at v_2 = 0."""
    flat = v2 == 0
    return jnp.where(flat, first_order, jnp.expm1(log_factors) / jnp.where(flat, 1, v2))


def mixed_share(loop: Loop) -> np.ndarray:
    """a = n_s/(n_r + n_s) of a fresh loop of constant sizes."""
    n_real, n_synthetic = (np.asarray(getattr(loop.schedule, name), float) for name in ("n_real", "n_synthetic"))
    return n_synthetic / (n_real + n_synthetic)

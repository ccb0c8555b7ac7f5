"""The exact second moments of any schedule whose training sets are weighted unions of whole batches.

Every model mean, and every batch mean that outlives its generation, is a node: a fixed combination of earlier
nodes plus independent noise whose variance is a multiple of the expected variances V of the models that drew it.
With a = the combinations, H = (I − a)⁻¹ and q = the noise, the means have covariance H diag(qV) Hᵀ, and V solves
one triangular linear system (the batch recursion, solved at once). Numbers multiply Σ_0 in any dimension.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular
from scipy.linalg import solve_triangular as numpy_solve_triangular

from madtheory.loop import Loop
from madtheory.schedules import Composition


class Network(NamedTuple):
    """The linear structure of a composition: M nodes, T+1 models, E batches in use; nothing here depends on λ.

    Attributes:
        held: (M, M) weights of the batch nodes in the model nodes.
        model: (T+1,) the node of each model's mean.
        node: (E,) the node that batch e goes into: its own, or its only training set.
        source: (E,) the model that draws batch e.
        edge: (E,) weight of the batch in that node.
        noise: (E,) variance that its sampling noise adds to that node, per unit variance of the draws.
        inside: (T+1, E) share of the variance within batch e that a training set contains.
        batch: (E,) the batch's position in the composition.
    """

    held: Any
    model: Any
    node: Any
    source: Any
    edge: Any
    noise: Any
    inside: Any
    batch: Any

    def combine(self) -> np.ndarray:
        """(M, M) strictly lower triangular; row i makes node i from earlier nodes."""
        out = self.held.copy()
        np.add.at(out, (self.node, self.model[self.source]), self.edge)
        return out


class Moments(NamedTuple):
    """Second moments in units of Σ_0: `mean` (T+1, T+1) is Cov(μ_s, μ_t), `variance` (T+1,) is E Σ_t."""

    mean: Any
    variance: Any


def network(table: Composition) -> Network:
    """The nodes of a composition: all models, and those batches that more than one generation uses."""
    generations = table.generations
    batch = np.flatnonzero((table.weights > 0).any(axis=0))
    weights, source, size = table.weights[:, batch], table.source[batch], table.size[batch]
    first = (weights > 0).argmax(axis=0)
    kept = (weights > 0).sum(axis=0) > 1
    place = np.argsort(np.argsort(np.concatenate([2 * np.arange(generations + 1) + 1, 2 * (first[kept] + 1)]), kind="stable"))
    model = place[: generations + 1]
    node = model[first + 1]
    node[kept] = place[generations + 1 :]
    edge = np.where(kept, 1.0, weights[first, np.arange(len(batch))])
    held = np.zeros((len(place), len(place)))
    held[np.ix_(model[1:], node[kept])] = weights[:, kept]
    inside = np.concatenate([np.zeros((1, len(batch))), weights * np.where(kept, 1 - 1 / size, 1.0)])
    return Network(held, model, node, source, edge, edge**2 / size, inside, batch)


def moments(loop: Loop, generations: int) -> Moments:
    """The exact second moments of generations 0…`generations`; differentiable in the sampling bias."""
    table = loop.composition(generations)
    net = network(table)
    combine = net.combine()
    unrolled = inverse(combine)
    models = unrolled[net.model]
    between = combine[net.model] @ unrolled**2 - models**2
    first = np.eye(generations + 1)[0]
    return _solve(net._replace(held=0.0), models, between, kappa(loop, table), jnp.asarray(table.bias)[net.batch], first)


def moments_of_points(loop: Loop, generations: int, grown: np.ndarray, added: Any, start: Any) -> Moments:
    """The same where model t ≥ 1 draws with its training set's 1/W variance times `grown` (T+1,), plus `added`.

    `start` is the variance of the real law, whose units these are.
    """
    table = loop.composition(generations)
    net = network(table)
    combine = net.combine()
    models = inverse(combine)[net.model]
    between = combine[net.model] @ inverse(combine) ** 2 - models**2
    own = jnp.where(np.arange(generations + 1) == 0, start, added)
    return _solve(net._replace(held=0.0), models, between, grown, jnp.asarray(table.bias)[net.batch], own)


def inverse(combine: np.ndarray) -> np.ndarray:
    """(M, M) (I − a)⁻¹: each node as a combination of all noises."""
    identity = np.eye(len(combine))
    return np.asarray(numpy_solve_triangular(identity - combine, identity, lower=True, unit_diagonal=True))


@jax.jit
def _solve(net: Network, models: Any, between: Any, correction: Any, bias: Any, first: Any) -> Moments:
    noise = jnp.zeros(models.T.shape).at[net.node, net.source].add(net.noise * bias)
    inside = jnp.zeros((len(models), len(models))).at[:, net.source].add(net.inside * bias)
    step = correction[:, None] * (inside + between @ noise)
    variance = solve_triangular(jnp.eye(len(models)) - step, first, lower=True)
    return Moments((models * (noise @ variance)) @ models.T, variance)


def kappa(loop: Loop, table: Composition) -> np.ndarray:
    """(T+1,) what the estimator multiplies the 1/N variance with: 1 (mle) or N/(N−1)."""
    count = np.concatenate([[np.inf], table.training_sizes()])
    return np.ones(len(count)) if loop.estimator == "mle" else 1 / (1 - 1 / count)


def constant_variance(table: Composition) -> np.ndarray:
    """(T+1, T+1) Cov(μ_s, μ_t)/S_0 if every model kept the variance of the truth (λ = 1): first order in 1/n."""
    net = network(table)
    models = inverse(net.combine())[net.model]
    return (models * np.bincount(net.node, net.noise, minlength=models.shape[1])) @ models.T


def scale_covariance(loop: Loop, generations: int, variance: Any) -> Any:
    """(T+1, T+1) Φ with Cov(S_s, S_t) = 2 Φ_st S_0² to first order in 1/n; `variance` (T+1,) is E Σ_t."""
    table = loop.composition(generations)
    net = network(table)
    return _scale(net, jnp.asarray(table.bias)[net.batch], variance)


@jax.jit
def _scale(net: Network, bias: Any, variance: Any) -> Any:
    identity = jnp.eye(len(net.held))
    combine = net.held.at[net.node, net.model[net.source]].add(net.edge * bias)
    noise = jnp.zeros(len(net.held)).at[net.node].add(net.noise * (bias * variance[net.source]) ** 2)
    models = solve_triangular(identity - combine, identity, lower=True)[net.model]
    return (models * noise) @ models.T

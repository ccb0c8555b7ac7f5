"""Several results of one computation, made in one pass.

XLA:CPU gives every array its own loop, and a loop repeats whatever it needs: a step that returns a mean and a log-scale
would make its random numbers twice. A complex array is one array with two numbers per element, so what a loop carries in
pairs is made in one pass. Other compilers write several arrays in one loop by themselves.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp


class Pairs(eqx.Module):
    """Which leaves of a tree are carried together.

    Attributes:
        partner: for each leaf the number of its partner, or its own number.
    """

    partner: tuple[int, ...] = eqx.field(static=True)

    @staticmethod
    def of(new: Any, old: Any) -> Pairs:
        """Pairs of the leaves of `new` that are not those of `old` itself: real numbers, equally many of one type."""
        partner, waiting = [], {}
        known = {id(leaf) for leaf in jax.tree.leaves(old)}
        for k, leaf in enumerate(jax.tree.leaves(new)):
            partner.append(k)
            if id(leaf) in known or not jnp.issubdtype(leaf.dtype, jnp.floating) or jax.default_backend() != "cpu":
                continue
            first = waiting.pop((leaf.size, leaf.dtype), None)
            if first is None:
                waiting[leaf.size, leaf.dtype] = k
            else:
                partner[first], partner[k] = k, first
        return Pairs(tuple(partner))

    def pack(self, tree: Any) -> list[Any]:
        """The leaves of a batched tree, each pair as one complex array of the first one's shape.

        Only one of a pair is reshaped: a reshape of both would be moved behind the pair, and the pair be made once per use.
        """
        leaves = jax.tree.leaves(tree)
        joined = [(leaves[k], leaves[p], k == p) for k, p in enumerate(self.partner) if k <= p]
        return [one if alone else jax.lax.complex(one, other.reshape(one.shape)) for one, other, alone in joined]

    def unpack(self, packed: list[Any], like: Any) -> Any:
        """The tree that was packed; `like` has its structure and shapes."""
        shapes, structure = jax.tree.flatten(like)
        leaves, waiting = list(shapes), iter(packed)
        for k, p in enumerate(self.partner):
            if k == p:
                leaves[k] = next(waiting)
            elif k < p:
                both = next(waiting)
                leaves[k] = jax.lax.real(both)
                leaves[p] = jax.lax.imag(both).reshape(shapes[p].shape)
        return jax.tree.unflatten(structure, leaves)

"""How a loop carries the replicas' state: numbers one by one, and those that change in pairs.

XLA:CPU gives every array its own loop, and a loop repeats whatever it needs: a step that returns a mean and a log-scale
would make its random numbers twice. A complex array is one array with two numbers per element, so what is carried in pairs
is made in one pass. Other compilers write several arrays in one loop by themselves.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from madtheory._entrywise import together


class Carry:
    """The order in which the numbers of a tree are carried; everything is for one replica.

    Args:
        like: a tree of that structure.
        small: numbers that a leaf may have to be carried one by one.
        passed: for each leaf whether a step only hands it on.
        pairs: whether numbers that change are carried in pairs.
    """

    def __init__(self, like: Any, small: int, passed: list[bool], pairs: bool) -> None:
        leaves, self.structure = jax.tree.flatten(like)
        self.shapes = [leaf.shape for leaf in leaves]
        self.small = [leaf.size <= small for leaf in leaves]
        self.paired = [
            pairs and few and not still and leaf.dtype.kind == "f"
            for leaf, few, still in zip(leaves, self.small, passed, strict=True)
        ]

    def pack(self, tree: Any) -> tuple[list[Any], list[Any], list[Any]]:
        """Pairs of numbers as complex scalars; the other single numbers; the large leaves."""
        leaves = list(zip(jax.tree.leaves(tree), self.small, self.paired, strict=True))
        changing = [x for leaf, few, paired in leaves if paired for x in _entries(leaf)]
        pairs = [jax.lax.complex(a, b) for a, b in zip(changing[::2], changing[1::2], strict=False)]
        single = changing[2 * len(pairs) :] + [x for leaf, few, paired in leaves if few and not paired for x in _entries(leaf)]
        return pairs, single, [together(leaf) for leaf, few, _ in leaves if not few]

    def unpack(self, packed: tuple[list[Any], list[Any], list[Any]]) -> Any:
        """The tree; its small leaves are NumPy arrays of scalars."""
        pairs, single, large = packed
        halves = [half for pair in pairs for half in (jax.lax.real(pair), jax.lax.imag(pair))]
        odd = sum(int(np.prod(shape)) for shape, paired in zip(self.shapes, self.paired, strict=True) if paired) % 2
        changing, still, rest = iter([*halves, *single[:odd]]), iter(single[odd:]), iter(large)
        leaves = [
            _filled(shape, changing if paired else still) if few else next(rest)
            for shape, few, paired in zip(self.shapes, self.small, self.paired, strict=True)
        ]
        return jax.tree.unflatten(self.structure, leaves)


def _entries(leaf: Any) -> list[Any]:
    if not leaf.shape:
        return [leaf.item() if isinstance(leaf, np.ndarray) else leaf]
    return [leaf[place] for place in np.ndindex(leaf.shape)]


def _filled(shape: tuple[int, ...], numbers: Any) -> np.ndarray:
    out = np.empty(shape, object)
    for place in np.ndindex(shape):
        out[place] = next(numbers)
    return out

"""The steps of the loop as a kernel: a generation, and what comes after a stretch of them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from madtheory._kernel import Body, segment
from madtheory._parts import NotNumbers, take_apart


def in_a_kernel(steps: Any, every: int, first: Any, count: Any, packed: Any, span: Any, slots: Any, rows: int,
                interpret: bool) -> tuple[Any, Any, Any, Any, Any] | None:
    """A segment of a tile: what it leaves, or `None` where a replica needs more than single numbers.

    Args:
        steps: `engine.Steps` of the loop.
        every: generations between two folds of the frame.
        first: as for `engine.tile`.
        count: likewise.
        packed: the replicas' states, batched (B, …), as `steps` packs them.
        span: as for `engine.tile`.
        slots: likewise.
        rows: of `kept`.
        interpret: run as ordinary code, on any backend.

    Returns: the states; means (L, M); sums of squares (L, M); kept (rows, M, B); failed (B,).
    """
    leaves, structure = jax.tree.flatten(packed)
    width = len(leaves[0])
    if width & (width - 1) or any(leaf.ndim > 1 for leaf in leaves):
        return None

    def generation(t: Any, place: Any, *leaves: Any) -> list[Any]:
        after = steps.advance(t, first + place, t > 1, jax.tree.unflatten(structure, leaves))
        return [*jax.tree.leaves(after), *steps.measure(t, after)[0]]

    def pause(t: Any, due: Any, *leaves: Any) -> list[Any]:
        after = steps.fold(due, jax.tree.unflatten(structure, leaves))
        return [*jax.tree.leaves(after), steps.measure(t, after)[1]]

    t, place, due, *one = (jax.ShapeDtypeStruct((), kind) for kind in (jnp.int32, jnp.uint32, bool, *(x.dtype for x in leaves)))
    try:
        each, between = take_apart(not interpret, generation, t, place, *one), take_apart(not interpret, pause, t, due, *one)
    except NotNumbers:
        return None
    done = segment(Body(each, between, every, steps.measured), leaves, count, span, slots, rows, interpret)
    kept = jnp.zeros((0, steps.measured, width), done.mean.dtype) if done.kept is None else done.kept
    return jax.tree.unflatten(structure, done.state), done.mean, done.m2, kept, done.failed

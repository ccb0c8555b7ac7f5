"""A function of small arrays, run entry by entry.

Written for one replica, a step of the loop works on vectors and matrices of a few numbers; under `vmap` these become
arrays (replicas, 2, 2) whose shortest axis is the innermost one, and compiled loops run over that. Here every entry of a
small array is a scalar, so that under `vmap` each is one array over the replicas: the replica axis is the vector axis, and
matrices that are put together and taken apart cost nothing. What has no rule below, or is too large, runs as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal


class Entrywise:
    """A function traced once, to be run with small arrays taken apart.

    Args:
        limit: entries of an array that is taken apart, at most.

    Attributes:
        passed: for each leaf of the result, the number of the leaf of the arguments that it is, or `None`.
    """

    def __init__(self, limit: int, function: Callable[..., Any], *arguments: Any) -> None:
        self.limit = limit
        shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), arguments)
        self._closed, out = jax.make_jaxpr(function, return_shape=True)(*shapes)
        self._structure = jax.tree.structure(out)
        number = {id(variable): k for k, variable in enumerate(self._closed.jaxpr.invars)}
        self.passed = [number.get(id(variable)) for variable in self._closed.jaxpr.outvars]

    def __call__(self, *arguments: Any) -> Any:
        """The result; its small leaves are NumPy arrays of scalars, as small leaves of the arguments may be."""
        done = _run(self._closed, [self._small(leaf) for leaf in jax.tree.leaves(arguments)], self.limit)
        return jax.tree.unflatten(self._structure, [self._small(leaf) for leaf in done])

    def _small(self, leaf: Any) -> Any:
        return _apart(leaf) if np.size(leaf) <= self.limit else together(leaf)


def inline(function: Callable[..., Any], *arguments: Any) -> Callable[..., list[Any]]:
    """The function with all that it calls written out, for arguments of these shapes; it returns a list of leaves."""
    closed = jax.make_jaxpr(function)(*arguments)
    return lambda *given: [together(leaf) for leaf in _run(closed, jax.tree.leaves(given), 0)]


def together(leaf: Any) -> Any:
    """An array of the entries of one that was taken apart."""
    if not _is_apart(leaf):
        return leaf
    if leaf.ndim == 0:
        return leaf.item()
    return jnp.stack([together(part) for part in leaf])


def _is_apart(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object


def _apart(value: Any) -> np.ndarray:
    """(…) NumPy array of scalars."""
    if _is_apart(value):
        return value
    out = np.empty(np.shape(value), object)
    for place in np.ndindex(out.shape):
        out[place] = value[place]
    return out


def _run(closed: ClosedJaxpr, arguments: list[Any], limit: int) -> list[Any]:
    """The program on arguments of which some are taken apart."""
    known: dict[Any, Any] = dict(zip(closed.jaxpr.constvars, closed.consts, strict=True))
    known |= dict(zip(closed.jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Any:
        kind: Any = atom.aval
        return np.asarray(atom.val, kind.dtype) if isinstance(atom, Literal) else known[atom]

    with jax.enable_x64(True):  # types are settled; some of them have 64 bits
        for equation in closed.jaxpr.eqns:
            values = _apply(equation, [read(atom) for atom in equation.invars], limit)
            known |= dict(zip(equation.outvars, values, strict=True))
    return [read(atom) for atom in closed.jaxpr.outvars]


def _apply(equation: Any, values: list[Any], limit: int) -> list[Any]:
    name, small = equation.primitive.name, all(math.prod(v.aval.shape) <= limit for v in equation.outvars)
    if name in CALLS:
        return _run(equation.params[CALLS[name]], values, limit)
    if any(_is_apart(value) for value in values) and small:
        if name in ENTRY:
            return [_entries(equation, values)]
        if name in RULES and all(math.prod(np.shape(value)) <= limit for value in values):
            return [RULES[name](equation, *(_apart(value) for value in values))]
    done = equation.primitive.bind(*(together(value) for value in values), **equation.params)
    made = list(done) if equation.primitive.multiple_results else [done]
    return [_apart(x) if limit and np.shape(x) == () else x for x in made]  # what is made of a number is made entry by entry


def _entries(equation: Any, values: list[Any]) -> np.ndarray:
    """An elementwise operation, entry by entry."""
    out = np.empty(equation.outvars[0].aval.shape, object)
    for place in np.ndindex(out.shape):
        out[place] = equation.primitive.bind(*(_entry(value, place) for value in values), **equation.params)
    return out


def _entry(value: Any, place: tuple[int, ...]) -> Any:
    """The entry of an operand at a place of the result, which it fills by repeating axes of length 1."""
    if not np.shape(value):
        return value.item() if _is_apart(value) else value
    return value[tuple(k if length > 1 else 0 for k, length in zip(place, value.shape, strict=True))]


CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
ENTRY = frozenset([
    "abs", "add", "and", "atan2", "bitcast_convert_type", "clamp", "convert_element_type", "copy", "cos", "div", "eq", "erf",
    "exp", "exp2", "expm1", "floor", "ge", "gt", "integer_pow", "is_finite", "le", "log", "log1p", "lt", "max", "min", "mul",
    "ne", "neg", "not", "or", "pow", "rem", "round", "rsqrt", "select_n", "shift_left", "shift_right_logical", "sign", "sin",
    "sqrt", "square", "sub", "tanh", "xor",
])  # fmt: skip


def _broadcast(equation: Any, value: np.ndarray) -> np.ndarray:
    shape, places = equation.params["shape"], equation.params["broadcast_dimensions"]
    wide = value.reshape([value.shape[places.index(k)] if k in places else 1 for k in range(len(shape))])
    return np.broadcast_to(wide, shape)


def _slice(equation: Any, value: np.ndarray) -> np.ndarray:
    strides = equation.params["strides"] or (1,) * value.ndim
    limits = zip(equation.params["start_indices"], equation.params["limit_indices"], strides, strict=True)
    return value[tuple(slice(*limit) for limit in limits)]


def _reduce(combine: Callable[[Any, Any], Any]) -> Callable[..., np.ndarray]:
    def rule(equation: Any, value: np.ndarray) -> np.ndarray:
        axes = equation.params["axes"]
        moved = np.moveaxis(value, axes, range(len(axes))).reshape(-1, *equation.outvars[0].aval.shape)
        out = np.empty(moved.shape[1:], object)
        for place in np.ndindex(out.shape):
            out[place] = _fold(combine, [row[place] for row in moved])
        return out

    return rule


def _fold(combine: Callable[[Any, Any], Any], entries: list[Any]) -> Any:
    total = entries[0]
    for entry in entries[1:]:
        total = combine(total, entry)
    return total


def _dot(equation: Any, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    (of_left, of_right), (batch_left, batch_right) = equation.params["dimension_numbers"]
    free_left = [k for k in range(left.ndim) if k not in (*of_left, *batch_left)]
    free_right = [k for k in range(right.ndim) if k not in (*of_right, *batch_right)]
    batch, inner = math.prod(left.shape[k] for k in batch_left), math.prod(left.shape[k] for k in of_left)
    a = left.transpose(*batch_left, *free_left, *of_left).reshape(batch, -1, inner)
    b = right.transpose(*batch_right, *of_right, *free_right).reshape(batch, inner, -1)
    out = np.empty((len(a), a.shape[1], b.shape[2]), object)
    for k, i, j in np.ndindex(out.shape):
        out[k, i, j] = _fold(jax.lax.add, [jax.lax.mul(x, y) for x, y in zip(a[k, i], b[k, :, j], strict=True)])
    return out.reshape(equation.outvars[0].aval.shape)


RULES: dict[str, Callable[..., np.ndarray]] = {
    "broadcast_in_dim": _broadcast,
    "concatenate": lambda equation, *values: np.concatenate(values, axis=equation.params["dimension"]),
    "dot_general": _dot,
    "reduce_and": _reduce(jax.lax.bitwise_and),
    "reduce_max": _reduce(jax.lax.max),
    "reduce_min": _reduce(jax.lax.min),
    "reduce_or": _reduce(jax.lax.bitwise_or),
    "reduce_sum": _reduce(jax.lax.add),
    "reshape": lambda equation, value: value.reshape(equation.params["new_sizes"]),
    "rev": lambda equation, value: np.flip(value, equation.params["dimensions"]),
    "slice": _slice,
    "squeeze": lambda equation, value: value.reshape(equation.outvars[0].aval.shape),
    "stack": lambda equation, *values: np.stack(values, axis=equation.params.get("axis", 0)),
    "transpose": lambda equation, value: value.transpose(equation.params["permutation"]),
}

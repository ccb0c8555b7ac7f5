"""A function run entry by entry is the same function: every rule against JAX's own operation, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from madtheory._entrywise import RULES, Entrywise, together

A = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
B = np.array([[0.5, -2.0, 3.0], [1.5, 0.25, -1.0]], np.float32)
FLAGS = np.array([[True, False, True], [True, True, True]])
FUNCTIONS: dict[str, tuple[Callable[..., Any], list[np.ndarray]]] = {
    "broadcast_in_dim": (lambda a: a[:, None, :] + jnp.zeros((2, 2, 3), a.dtype), [A]),
    "concatenate": (lambda a, b: jnp.concatenate([a, b[:1]], axis=0), [A, B]),
    "dot_general": (lambda a, b: a @ b.T, [A, B]),
    "dot_general of stacks": (lambda a, b: jnp.einsum("ki,kj->kij", a, b), [A, B]),
    "reduce_and": (lambda f: jnp.all(f, axis=0), [FLAGS]),
    "reduce_max": (lambda a: jnp.max(a, axis=1), [B]),
    "reduce_min": (lambda a: jnp.min(a), [B]),
    "reduce_or": (lambda f: jnp.any(f, axis=1), [FLAGS]),
    "reduce_sum": (lambda a: jnp.sum(a, axis=0), [B]),
    "reshape": (lambda a: a.reshape(3, 2) * 2, [A]),
    "rev": (lambda a: a[::-1, ::-1] + 0, [A]),
    "slice": (lambda a: a[:, 1:] - a[:, :-1], [A]),
    "slice with a step": (lambda a: a.reshape(-1)[::4] + 1, [A]),
    "squeeze": (lambda a: jnp.squeeze(a[:, :1], axis=1) + 1, [A]),
    "stack": (lambda a, b: jnp.stack([a, b], axis=1), [A, B]),
    "transpose": (lambda a: a.T * 3, [A]),
    "entry by entry": (lambda a, b: jnp.where(a > 2, jnp.exp(b), a * b) + jnp.sqrt(a), [A, B]),
    "a row and a column": (lambda a, b: a[:, :1] * b[:1] + a, [A, B]),
    "no rule": (lambda a: jnp.cumsum(a, axis=1) * 2, [A]),
    "a function in a function": (lambda a: jax.jit(lambda x: x + 1)(a) * 2, [A]),
}


def primitives(function: Callable[..., Any], arguments: list[np.ndarray]) -> set[str]:
    """Names of the operations that a function is traced to, those of inner functions too."""

    def inside(jaxpr: Any) -> set[str]:
        names = {equation.primitive.name for equation in jaxpr.eqns}
        inner = [p for equation in jaxpr.eqns for p in equation.params.values() if hasattr(p, "jaxpr")]
        return names.union(*(inside(closed.jaxpr) for closed in inner))

    return inside(jax.make_jaxpr(function)(*arguments).jaxpr)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_entry_by_entry_is_the_same(name: str) -> None:
    function, arguments = FUNCTIONS[name]
    apart = Entrywise(64, function, *arguments)
    expected, found = function(*map(jnp.asarray, arguments)), together(apart(*map(jnp.asarray, arguments)))
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype


@pytest.mark.parametrize("name", FUNCTIONS)
def test_entry_by_entry_is_the_same_for_many_replicas(name: str) -> None:
    function, arguments = FUNCTIONS[name]
    apart = Entrywise(64, function, *arguments)
    many = [np.stack([x, x[::-1], np.roll(x, 1)]) for x in arguments]
    found = jax.jit(jax.vmap(lambda *x: together(apart(*x))))(*many)
    np.testing.assert_allclose(found, jax.vmap(function)(*many), rtol=2e-7)


def test_every_rule_is_tested() -> None:
    used = set().union(*(primitives(*case) for case in FUNCTIONS.values()))
    assert set(RULES) <= used | {"stack"}  # JAX traces `jnp.stack` to concatenate


def test_entries_are_scalars_and_large_arrays_stay_whole() -> None:
    apart = Entrywise(3, lambda a, b: (a + 1, b + 1), A, B[0])
    large, small = apart(jnp.asarray(A), jnp.asarray(B[0]))
    assert isinstance(large, jax.Array)
    assert isinstance(small, np.ndarray)
    assert [np.shape(x) for x in small] == [(), (), ()]


def test_what_is_handed_on_is_known() -> None:
    assert Entrywise(64, lambda a, b: (b, a + 1, a), A, B).passed == [1, None, 0]

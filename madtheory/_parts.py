"""A step of the loop taken apart by what its numbers depend on: the run, the generation, or the replica.

What does not depend on the replica (batch sizes, coefficients, the words of seed and generation) is worked out once for each
generation; what does is straight-line code on single numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend.core import Literal

from madtheory._contract import MultiplyAdd, contract
from madtheory._entrywise import inline

FIXED, GENERATION, REPLICA = range(3)  # what a number depends on
UNWRITTEN = ("erf", "erfc")
"""Operations that kernels of an accelerator cannot be compiled with."""


class Parts(NamedTuple):
    """A function of one generation and one replica, taken apart by what its numbers depend on.

    Attributes:
        shared: t → (numbers of the whole run, numbers of generation t), as lists of ().
        own: (these two lists, *own arguments) → results, for one replica.
        idle: for each result the number of the own argument that it is, if nothing else reads that one, or `None`.
    """

    shared: Callable[[Any], tuple[list[Any], list[Any]]]
    own: Callable[..., list[Any]]
    idle: list[int | None]


class NotNumbers(Exception):
    """A replica needs more than single numbers, or shares more with others."""


def take_apart(contracted: bool, function: Callable[..., list[Any]], t: Any, *own: Any) -> Parts:
    """`function(t, *own)` in parts; raises `NotNumbers` where that cannot be.

    With `contracted`, sums of products in what a replica does are multiply-adds: for a kernel of an accelerator alone.
    """
    flat = jax.make_jaxpr(inline(function, t, *own))(t, *own)
    depends = dict.fromkeys(flat.jaxpr.constvars, FIXED) | {flat.jaxpr.invars[0]: GENERATION}
    depends |= dict.fromkeys(flat.jaxpr.invars[1:], REPLICA)

    def degree(atom: Any) -> int:
        return FIXED if isinstance(atom, Literal) else depends[atom]

    for equation in flat.jaxpr.eqns:
        depends |= dict.fromkeys(equation.outvars, max(map(degree, equation.invars), default=FIXED))
    alive = _alive(flat.jaxpr)
    ours = [e for e in alive if depends[e.outvars[0]] == REPLICA]
    theirs = [e for e in alive if depends[e.outvars[0]] != REPLICA]
    read = [atom for e in ours for atom in e.invars] + flat.jaxpr.outvars
    handed = [list(dict.fromkeys(a for a in read if not isinstance(a, Literal) and depends[a] == d)) for d in (FIXED, GENERATION)]
    if any(v.aval.shape for some in handed for v in some) or not all(map(_single, ours)):
        raise NotNumbers

    def shared(t: Any) -> tuple[list[Any], list[Any]]:
        known = dict(zip(flat.jaxpr.constvars, flat.consts, strict=True)) | {flat.jaxpr.invars[0]: t}
        _evaluate(theirs, known)
        fixed, now = ([known[v] for v in some] for some in handed)
        return fixed, now

    def alone(fixed: list[Any], now: list[Any], *arguments: Any) -> list[Any]:
        known = dict(zip([*handed[0], *handed[1], *flat.jaxpr.invars[1:]], [*fixed, *now, *arguments], strict=True))
        _evaluate(contract(ours, flat.jaxpr.outvars) if contracted else ours, known)
        return [_value(known, v) for v in flat.jaxpr.outvars]

    mine, busy = flat.jaxpr.invars[1:], {atom for e in ours for atom in e.invars if not isinstance(atom, Literal)}
    idle = [mine.index(v) if v in mine and v not in busy else None for v in flat.jaxpr.outvars]
    return Parts(shared, alone, idle)


def reads(function: Callable[..., Any], *arguments: Any) -> list[bool]:
    """Which of its arguments, one array each, a function makes use of."""
    flat = jax.make_jaxpr(inline(function, *arguments))(*arguments).jaxpr
    atoms = [*flat.outvars, *(atom for e in _alive(flat) for atom in e.invars)]
    used = {atom for atom in atoms if not isinstance(atom, Literal)}
    return [v in used for v in flat.invars]


def _single(equation: Any) -> bool:
    """Whether an equation makes single real numbers in a way that a kernel can, and what it runs inside does."""
    inside = [x for value in equation.params.values() for x in (value if isinstance(value, tuple) else (value,))]
    own = all(v.aval.shape == () and v.aval.dtype.kind != "c" for v in equation.outvars)
    own = own and equation.primitive.name not in UNWRITTEN
    return own and all(_single(e) for x in inside if hasattr(x, "eqns") for e in x.eqns)


def _alive(jaxpr: Any) -> list[Any]:
    """The equations that the results need, in order."""
    wanted, alive = {v for v in jaxpr.outvars if not isinstance(v, Literal)}, []
    for e in reversed(jaxpr.eqns):
        if wanted.intersection(e.outvars):
            alive.append(e)
            wanted.update(atom for atom in e.invars if not isinstance(atom, Literal))
    return alive[::-1]


def _evaluate(equations: Sequence[Any], known: dict[Any, Any]) -> None:
    with jax.enable_x64(True):  # types are settled; some of them have 64 bits
        for e in equations:
            if isinstance(e, MultiplyAdd):
                known[e.result] = e.value(*(_value(known, atom) for atom in (*e.factors, e.plus)))
                continue
            done = e.primitive.bind(*(_value(known, atom) for atom in e.invars), **e.params)
            known |= zip(e.outvars, done if e.primitive.multiple_results else [done], strict=True)


def _value(known: dict[Any, Any], atom: Any) -> Any:
    kind: Any = atom.aval
    return np.asarray(atom.val, kind.dtype) if isinstance(atom, Literal) else known[atom]

"""How fast the draws alone are: the words that the loop needs turned into numbers and summed, nothing else.

Two ceilings. `NORMALS` turns every word of the generator into a normal: as many normals as the loop draws, at the least price.
`DRAWS` makes just what a generation of the loop draws, a normal and the logarithm of a chi-square, by the same generator and the
same transforms; what is missing from it is the loop. On an accelerator both run in a kernel, like the loop.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import digamma, polygamma

from benchmarks._harness import Z_BOUND, Result, Way
from benchmarks._machine import on_a_cpu

WIDTHS = tuple(4096 * 4**k for k in range(6))
TURN = 2**18
"""Of the widths a CPU tries those up to here, an accelerator those from here on."""
LONG = 256
"""Steps of one launch of a kernel."""
NU = 99
"""Degrees of freedom of the chi-squares: those of the univariate benchmark."""


class Ceiling(NamedTuple):
    """What is made in one step from a block of four words.

    Attributes:
        name: as it is printed.
        generations: replica-generations that a step stands for.
        variance: of what a step adds, whose mean is 0.
    """

    name: str
    generations: int
    variance: float


NORMALS = Ceiling("ceiling", 2, 4.0)
DRAWS = Ceiling("its draws alone", 1, 1.0 + float(polygamma(1, NU / 2)))


def ceiling(kind: Ceiling, work: int, tries: int, seed: int) -> Way:
    """`work` replica-generations at the tile width that is fastest here."""
    widths = [w for w in WIDTHS if (w <= TURN if on_a_cpu() else w >= TURN)]
    trial = max(work // 8, 2**22)
    width = min(widths, key=lambda w: _best_seconds(kind, w, trial, tries, seed) / _rounded(kind, w, trial))
    return Way(kind.name, lambda s: Result({}, extra=summed(kind, width, work, s)), _rounded(kind, width, work))


def _steps(kind: Ceiling, width: int, work: int) -> int:
    return max(work // (kind.generations * width), 1)


def _rounded(kind: Ceiling, width: int, work: int) -> int:
    return kind.generations * width * _steps(kind, width, work)


def _best_seconds(kind: Ceiling, width: int, work: int, tries: int, seed: int) -> float:
    summed(kind, width, work, seed)
    seconds = []
    for _ in range(tries):
        start = time.perf_counter()
        summed(kind, width, work, seed)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def summed(kind: Ceiling, width: int, work: int, seed: int) -> dict[str, Any]:
    """Sum of all steps in each lane; raises when the sums are not distributed as they should be."""
    from madtheory.random import seed_words

    steps = _steps(kind, width, work)
    mean, square = (float(x) for x in program(kind, width)(np.int32(steps), *seed_words(seed)))
    spread = kind.variance * steps
    z = (mean * math.sqrt(width / spread), (square / spread - 1) * math.sqrt(width / 2))
    if not all(abs(value) <= Z_BOUND for value in z):
        raise ArithmeticError(f"{kind.name}: sums are off by {z[0]:.1f} (mean) and {z[1]:.1f} (variance) standard errors")
    return {"tile": width, "z": list(z)}


@functools.cache
def program(kind: Ceiling, width: int) -> Callable[..., Any]:
    """The compiled loop: (number of steps, two seed words) → mean and mean square of the sums of all lanes."""
    import jax
    import jax.numpy as jnp

    add = _step(kind)
    lane, zeros = jnp.arange(width, dtype=jnp.uint32), jnp.zeros(width, jnp.float32)

    def loop(steps: Any, *key: Any) -> Any:
        return jax.lax.fori_loop(0, steps, lambda k, total: add(key, k, lane, total), zeros)

    def kernels(steps: Any, *key: Any) -> Any:
        def launch(k: Any, total: Any) -> Any:
            span = jnp.stack([k * LONG, jnp.minimum(steps, (k + 1) * LONG)])
            return in_a_kernel(functools.partial(add, key), total, span)

        return jax.lax.fori_loop(0, (steps + LONG - 1) // LONG, launch, zeros)

    sums = loop if on_a_cpu() else kernels

    def moments(steps: Any, *key: Any) -> Any:
        total = sums(steps, *key)
        return jnp.mean(total), jnp.mean(total**2)

    return jax.jit(moments)


def operations(kind: Ceiling) -> int:
    """Operations on single numbers in one step; a multiply-add counts as two."""
    import jax
    import jax.numpy as jnp

    from madtheory._entrywise import inline

    numbers = [jnp.zeros((), dtype) for dtype in (jnp.int32, jnp.uint32, jnp.float32)]
    add = functools.partial(_step(kind), (jnp.uint32(0), jnp.uint32(0)))
    return len(jax.make_jaxpr(inline(add, *numbers))(*numbers).eqns)


def _step(kind: Ceiling) -> Callable[..., Any]:
    """(key, number of the step, lane, sum) → the sum with what this step adds."""
    import jax.numpy as jnp

    from madtheory.random import philox4x32

    made = _normals if kind is NORMALS else _draws()

    def add(key: Any, k: Any, lane: Any, total: Any) -> Any:
        zero = jnp.zeros((), jnp.uint32)
        return total + made(philox4x32((zero, lane, k.astype(jnp.uint32), zero), key))

    return add


def in_a_kernel(add: Callable[[Any, Any, Any], Any], total: Any, span: Any) -> Any:
    """(width,) what `add` makes of it, step after step; nothing is stored before the last."""
    import jax
    import jax.numpy as jnp

    from madtheory._kernel import Body, segment
    from madtheory._parts import take_apart

    t, place, flag, number = (jax.ShapeDtypeStruct((), kind) for kind in (jnp.int32, jnp.uint32, bool, jnp.float32))
    step = take_apart(True, lambda k, lane, total: [add(k, lane, total)], t, place, number)
    nothing = take_apart(True, lambda _, due, total: [total, due], t, flag, number)
    slots = jnp.zeros(LONG, jnp.int32)
    return segment(Body(step, nothing, LONG, 0), [total], jnp.int32(len(total)), span, slots, 0, interpret=False).state[0]


def _normals(words: Any) -> Any:
    import jax.numpy as jnp

    from madtheory.random import normal

    return sum(normal(word, jnp.float32) for word in words)


def _draws() -> Callable[[Any], Any]:
    """A standard normal and log χ²_ν, less its mean, as the loop makes them."""
    import jax.numpy as jnp

    from madtheory.random import ChiSquareTable, normal

    table, mean = ChiSquareTable.build(np.array([NU]), np.float32).quick(), float(digamma(NU / 2) - math.log(NU / 2))

    def made(words: Any) -> Any:
        score, spread = normal(words[0], jnp.float32), normal(words[1], jnp.float32)
        return score + table.log_ratio(spread, np.float32(NU), np.float32(-mean))

    return made

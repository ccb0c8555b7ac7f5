"""What an accelerator can do at most, and how much of it our kernels reach. Nothing on a CPU.

Operations are those on single numbers, as they are written: a multiply-add counts as two, and so does what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks import _ceiling as ceiling
from benchmarks import _machine as machine
from benchmarks._harness import Result, Way, interleave
from benchmarks._lines import Line
from benchmarks._run import Run
from benchmarks.groups.univariate import loop_operations, ours

LINKS = 256
"""Multiply-adds in one step of the arithmetic ceiling, each waiting for the one before."""


def accelerator(run: Run) -> Iterator[Line]:
    """Copy bandwidth, the arithmetic ceiling, and the kernels of the univariate benchmark as a fraction of it."""
    if machine.on_a_cpu():
        run.notes.append("accelerator: left out, JAX computes on a CPU")
        return
    lanes, steps, replicas = run.pick(2**16, 2**20), run.pick(16, 4096), run.pick(2**16, 2**26)
    kinds = ceiling.NORMALS, ceiling.DRAWS
    ways = [_copy(run.pick(2**20, 2**30)), _chain(lanes, steps // 4), *(_draws(kind, lanes, steps) for kind in kinds)]
    loop = ours(replicas, 256)
    ways.append(Way("univariate loop", loop.call, loop.work * loop_operations()))
    copy, arithmetic, *kernels = interleave(ways, run.rounds, seed=run.seed)
    yield Line("accelerator", "copy bandwidth", value=1e-9 / copy.median, unit="GB/s", raw=(copy.to_dict(),))
    peak = 1e-12 / arithmetic.median
    yield Line("accelerator", "arithmetic ceiling", value=peak, unit="T operations/s", raw=(arithmetic.to_dict(),))
    for kernel in kernels:
        share = arithmetic.median / kernel.median
        yield Line("accelerator", f"{kernel.name} ÷ arithmetic ceiling", value=share, unit="of it", raw=(kernel.to_dict(),))


def _copy(numbers: int) -> Way:
    """Read and write `numbers` floats of 4 bytes."""
    import jax
    import jax.numpy as jnp

    program, argument = jax.jit(lambda x: x + 1), jnp.zeros(numbers, jnp.float32)
    return Way("copy", lambda seed: _done(program(argument)), 8.0 * numbers)


def _chain(lanes: int, steps: int) -> Way:
    """Multiply-adds in registers, nothing else; each counts as two operations."""
    import jax
    import jax.numpy as jnp

    def step(k: Any, lane: Any, total: Any) -> Any:
        for _ in range(LINKS):
            total = total * np.float32(0.999) + np.float32(0.001)
        return total

    def launches(total: Any) -> Any:
        span = jnp.array([0, ceiling.LONG], jnp.int32)
        return jax.lax.fori_loop(0, steps // ceiling.LONG, lambda _, total: ceiling.in_a_kernel(step, total, span), total)

    program, argument, links = jax.jit(launches), jnp.zeros(lanes, jnp.float32), LINKS * (steps // ceiling.LONG * ceiling.LONG)
    return Way("multiply-add", lambda seed: _done(program(argument)), 2.0 * links * lanes)


def _draws(kind: ceiling.Ceiling, lanes: int, steps: int) -> Way:
    """A ceiling of the univariate loop."""
    work = kind.generations * lanes * steps
    call = lambda seed: Result({}, extra=ceiling.summed(kind, lanes, work, seed))  # noqa: E731
    return Way(kind.name, call, lanes * steps * ceiling.operations(kind))


def _done(array: Any) -> Result:
    array.block_until_ready()
    return Result({})

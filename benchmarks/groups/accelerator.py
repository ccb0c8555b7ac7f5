"""What the accelerator can do at most, and how much of it the generator's kernel reaches. Nothing on a CPU."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import _ceiling
from benchmarks._harness import Result, Timing, Way, interleave
from benchmarks._lines import Line
from benchmarks._run import Run

CHAIN = 4096
"""Fused multiply-adds that each lane of the arithmetic ceiling does one after another."""


def accelerator(run: Run) -> Iterator[Line]:
    """Copy bandwidth, the arithmetic ceiling, and the Philox-and-normal kernel as a fraction of it."""
    import jax

    if jax.default_backend() == "cpu":
        run.notes.append("accelerator: left out, JAX computes on a CPU")
        return
    numbers, lanes = run.pick(2**20, 2**28), run.pick(2**16, 2**22)
    copy, arithmetic, kernel = interleave([_copy(numbers), _chain(lanes), _kernel(run, lanes)], run.rounds, seed=run.seed)
    yield _line("copy bandwidth", copy, 1e-9, "GB/s")
    yield _line("arithmetic ceiling", arithmetic, 1e-9, "G operations/s")
    yield _line("Philox and normals", kernel, 1e-9, "G operations/s")
    yield Line("accelerator", "Philox and normals ÷ arithmetic ceiling", value=arithmetic.median / kernel.median, unit="of it")


def _line(name: str, timing: Timing, scale: float, unit: str) -> Line:
    return Line("accelerator", name, value=scale / timing.median, unit=unit, raw=(timing.to_dict(),))


def _way(name: str, program: Callable[..., Any], argument: Any, work: float) -> Way:
    def call(seed: int) -> Result:
        program(argument).block_until_ready()
        return Result({})

    return Way(name, call, work)


def _copy(numbers: int) -> Way:
    """Read and write `numbers` floats of 4 bytes."""
    import jax
    import jax.numpy as jnp

    return _way("copy", jax.jit(lambda x: x + 1), jnp.zeros(numbers, jnp.float32), 8.0 * numbers)


def _chain(lanes: int) -> Way:
    """`CHAIN` multiply-adds in registers; each counts as two operations."""
    import jax
    import jax.numpy as jnp

    def run(x: Any) -> Any:
        return jax.lax.fori_loop(0, CHAIN, lambda _, y: y * np.float32(0.999) + np.float32(0.001), x, unroll=64)

    return _way("multiply-add", jax.jit(run), jnp.ones(lanes, jnp.float32), 2.0 * CHAIN * lanes)


def _kernel(run: Run, lanes: int) -> Way:
    """The ceiling of the univariate loop, in operations as XLA counts them in one step of it."""
    width = min(lanes, _ceiling.WIDTHS[-1])
    work = 2 * width * run.pick(16, 4096)
    steps, operations = work // (2 * width), operations_per_step(width)

    def call(seed: int) -> Result:
        return Result({}, extra=_ceiling.summed(width, work, seed))

    return Way("Philox and normals", call, steps * operations)


def operations_per_step(width: int) -> float:
    """XLA's count for a step of the kernel: of the body of its loop, which it counts once."""
    import jax.numpy as jnp

    lowered = _ceiling.program(width).lower(jnp.int32(1), jnp.uint32(0), jnp.uint32(0))
    cost = lowered.compile().cost_analysis()
    counted = cost[0] if isinstance(cost, list) else cost
    found = float(counted.get("flops", math.nan))
    return found if math.isfinite(found) and found > 0 else math.nan

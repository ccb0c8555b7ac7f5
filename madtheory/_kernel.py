"""A segment of generations in one kernel: a replica's state stays in the registers of an accelerator.

Compiled the ordinary way, every generation is a dozen launches that read and write the whole state. Here a warp runs the
generations of its replicas by itself and writes nothing but their moments.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from madtheory._parts import Parts

WARP = 32  # replicas that an accelerator runs in step
REGISTERS = 56  # numbers of the state that one thread holds, in one or several replicas
MOST = 4  # replicas of one thread
LIGHT = 16  # numbers of a state up to which it pays to compile the loop twice, with padding and without
WARPS = 2048  # that keep an accelerator busy
SETTING = "MADTHEORY_KERNEL"


def setting(device: Any) -> str:
    """Whether there are kernels on a device: "on", "off", or "interpret" to run them as ordinary code, in tests.

    They are on where it is an NVIDIA GPU and this version of JAX can write them; without them results differ in rounding alone.
    """
    nvidia = device.platform == "gpu" and "rocm" not in device.client.platform_version.lower()
    return os.environ.get(SETTING) or ("on" if nvidia and one_warp() is not None else "off")


@functools.cache
def one_warp() -> Any:
    """What tells JAX to write a kernel of one warp, or `None` where it cannot."""
    try:
        from jax.experimental.pallas import triton
    except ImportError:
        return None
    return triton.CompilerParams(num_warps=1, num_stages=1)


class Outcome(NamedTuple):
    """What a kernel leaves.

    Attributes:
        state: arrays (B,).
        mean: (L, M) over the replicas that count; `None` where nothing is measured.
        m2: (L, M) sum of squared deviations from it.
        kept: (rows, M, B) measurements of every replica at the generations that have a row.
        failed: (B,) whether anything stopped being a number.
    """

    state: list[Any]
    mean: Any
    m2: Any
    kept: Any
    failed: Any


class Body(NamedTuple):
    """What a kernel does to one replica.

    Attributes:
        generation: (t, replica's place in the tile, *state) → [*state, *measured].
        pause: (_, whether a fold is due, *state) → [*state, failed], after every so many generations and the last; what once is
            no number stays none.
        every: generations between.
        measured: M numbers that are measured.
    """

    generation: Parts
    pause: Parts
    every: int
    measured: int


def segment(body: Body, state: list[Any], count: Any, span: Any, slots: Any, rows: int, interpret: bool) -> Outcome:
    """Generations span[0]+1 … span[1] of all replicas.

    Args:
        body: what is done.
        state: arrays (B,), B a power of two.
        count: () replicas that count.
        span: (2,) last generation done and last to do.
        slots: (L,) row of `kept` for each of L generations, at least as many as there are; `rows` for none.
        rows: how many rows.
        interpret: run as ordinary code, on any backend.
    """
    from jax.experimental import pallas as pl

    width, length, every = len(state[0]), len(slots), body.every
    block = block_size(len(state), width)
    generations = span[0] + 1 + jnp.arange(length, dtype=jnp.int32)
    fixed, pausing = (Table(some.shared(generations[0])[0]) for some in (body.generation, body.pause))
    current = Table(jax.vmap(lambda t: body.generation.shared(t)[1])(generations))
    tables = fixed.arrays, pausing.arrays, current.arrays
    waiting = [k for k in range(len(state)) if body.generation.idle[k] == k + 1]  # these need no register between two pauses
    busy = [k for k in range(len(state)) if k not in waiting]

    def kernel(span: Any, count: Any, slots: Any, tables: Any, before: Any, *out: Any) -> None:
        after, failed, moments, kept = out
        constants, of_pause = fixed.read(tables[0]), pausing.read(tables[1])
        begin, end, first = span[0], span[1], pl.program_id(0) * block
        here = pl.ds(first + count[1], block)
        for k in waiting:
            after[k][here] = before[k][here]
        lane = jax.lax.broadcasted_iota(jnp.int32, (block,), 0)
        valid, many = first + lane < count[0], jnp.clip(count[0] - first, 1, block)

        def generation(t: Any, state: Any) -> Any:
            k = t - begin - 1
            now = current.read(tables[2], k)
            numbers = dict(zip(busy, state, strict=True))
            advance = jax.vmap(lambda place, *state: body.generation.own(constants, now, place, *state))
            unread = [jnp.zeros(block, ref.dtype) for ref in before]
            done = advance((first + lane).astype(jnp.uint32), *(numbers.get(k, x) for k, x in enumerate(unread)))
            state, seen = [done[k] for k in busy], done[len(before) :]
            if moments:
                some = functools.partial(_moments, seen, valid, many)
                found = jax.lax.cond(many == block, lambda: _moments(seen), some) if len(before) <= LIGHT else some()
                for ref, numbers in zip(moments, found, strict=True):
                    for m, x in enumerate(numbers):
                        ref[0, m, k] = x
            for ref in kept:
                @pl.when(slots[k] < rows)
                def _(ref: Any = ref) -> None:
                    for m, x in enumerate(seen):
                        ref[slots[k], m, :] = x
            return state

        def stretch(s: Any, carry: Any) -> Any:
            last = jnp.minimum(end, (s + 1) * every)
            state, bad = carry
            state = jax.lax.fori_loop(jnp.maximum(begin, s * every) + 1, last + 1, generation, state)
            due = last % every == 0
            whole = dict(zip(busy, state, strict=True)) | {k: after[k][here] for k in waiting}
            pause = jax.vmap(lambda *state: body.pause.own(of_pause, [], due, *state))
            *done, fails = pause(*(whole[k] for k in range(len(before))))
            for k in waiting:
                after[k][here] = done[k]
            return [done[k] for k in busy], bad | fails

        start = [before[k][here] for k in busy], lane < 0
        state, bad = jax.lax.fori_loop(begin // every, (end + every - 1) // every, stretch, start)
        for k, x in zip(busy, state, strict=True):
            after[k][here] = x
        failed[here] = bad.astype(jnp.int32)

    # To a place that is no multiple of four, as far as the compiler knows, it does not give each thread four neighbours in
    # memory, which it would have to exchange with those of other threads at every generation.
    inputs = [span, jnp.stack([count, 0 * count]), slots, tables]
    dtype, many = jnp.result_type(*state), width // block
    own = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in state]
    moments = [jax.ShapeDtypeStruct((many, body.measured, length), dtype)] * (2 if body.measured else 0)
    kept = [jax.ShapeDtypeStruct((rows, body.measured, width), dtype)] if rows else []
    lanes = pl.BlockSpec((width,), lambda i: (0,))
    whole = jax.tree.map(lambda x: pl.BlockSpec(x.shape, lambda i: (0,) * x.ndim), inputs)
    call = pl.pallas_call(
        kernel, grid=(many,), name="generations",
        in_specs=[*whole, [lanes] * len(own)],
        out_specs=([lanes] * len(own), lanes, [pl.BlockSpec((1, body.measured, length), lambda i: (i, 0, 0)) for _ in moments],
                   [pl.BlockSpec((rows, body.measured, block), lambda i: (0, 0, i)) for _ in kept]),
        out_shape=(own, jax.ShapeDtypeStruct((width,), jnp.int32), moments, kept),
        input_output_aliases={len(jax.tree.leaves(inputs)) + k: k for k in range(len(own))},
        interpret=interpret, compiler_params=None if interpret else one_warp(),
    )  # fmt: skip
    after, failed, moments, kept = call(*inputs, state)
    mean, m2 = merged(moments[0], moments[1], count, block) if moments else (None, None)
    return Outcome(after, mean, m2, kept[0] if kept else None, failed != 0)


def _moments(numbers: list[Any], valid: Any = None, many: Any = None) -> tuple[list[Any], list[Any]]:
    """Mean and sum of squares about it, of each of the numbers (B,) over the `many` valid ones, or over all."""
    kept = numbers if valid is None else [jnp.where(valid, x, 0) for x in numbers]
    mean = [jnp.sum(x) * (1 / x.size if many is None else 1 / many.astype(x.dtype)) for x in kept]
    apart = [x - centre for x, centre in zip(numbers, mean, strict=True)]
    apart = apart if valid is None else [jnp.where(valid, x, 0) for x in apart]
    return mean, [jnp.sum(x * x) for x in apart]


def merged(mean: Any, m2: Any, count: Any, block: int) -> tuple[Any, Any]:
    """(L, M) moments of all replicas from those of each warp, (G, M, L), in one pass about one of the means."""
    weight = jnp.clip(count - block * jnp.arange(len(mean)), 0, block).astype(mean.dtype)[:, None, None]
    centre = jnp.where(jnp.isfinite(mean[0]), mean[0], 0)
    apart = mean - centre
    shift = jnp.sum(weight * apart, axis=0) / count
    return (centre + shift).T, (jnp.sum(m2 + weight * apart**2, axis=0) - count * shift**2).T


def block_size(numbers: int, width: int) -> int:
    """Replicas of one warp, where a replica carries so many numbers: one per thread until every core has work to do."""
    each = min(MOST, REGISTERS // max(numbers, 1), width // (WARP * WARPS))
    return min(WARP << max(each, 1).bit_length() - 1, width)


class Table:
    """Numbers of several types as a few arrays, which a kernel reads number by number.

    Args:
        numbers: arrays of one shape (…).

    Attributes:
        arrays: (…, n) for each type of words.
    """

    def __init__(self, numbers: list[Any]) -> None:
        self.types = [x.dtype for x in numbers]
        words = [word for x in numbers for word in _words(x)]
        kinds = list(dict.fromkeys(word.dtype for word in words))
        same = [[word for word in words if word.dtype == kind] for kind in kinds]
        self.arrays = [jnp.stack(some, axis=-1) for some in same]
        self.places = [(kinds.index(word.dtype), _position(word, same[kinds.index(word.dtype)])) for word in words]

    def read(self, refs: Sequence[Any], *row: Any) -> list[Any]:
        """The numbers, or those of a row."""
        words = iter([refs[array][(*row, column)] for array, column in self.places])
        return [_number(words, kind) for kind in self.types]


def _position(word: Any, words: list[Any]) -> int:
    return next(k for k, other in enumerate(words) if other is word)


def _words(x: Any) -> list[Any]:
    """Words of at most the precision that is in force: 64-bit integers are two, a truth value is a number."""
    if x.dtype.kind == "b":
        return [x.astype(np.int32)]
    if x.dtype.kind == "u" and x.dtype.itemsize == 8:
        with jax.enable_x64(True):
            return [x.astype(np.uint32), (x >> np.uint64(32)).astype(np.uint32)]
    return [x]


def _number(words: Iterator[Any], kind: Any) -> Any:
    if kind.kind == "b":
        return next(words) != 0
    if kind.kind == "u" and kind.itemsize == 8:
        with jax.enable_x64(True):
            low, high = next(words).astype(np.uint64), next(words).astype(np.uint64)
            return low | (high << np.uint64(32))
    return next(words)

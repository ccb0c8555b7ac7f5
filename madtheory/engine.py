"""The only loop: generations inside, replicas in tiles of fixed width, one tile per device and call.

A tile is one compiled program and depends on nothing but the loop, the seed and the replica numbers in it. The range
of generations is an argument, not a shape, so stopping, resuming and chunking run the same program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._carry import Carry
from madtheory._entrywise import Entrywise, together
from madtheory._fused import in_a_kernel
from madtheory._replica import Job, State, advance, failing, measure, start
from madtheory.draws import is_pool
from madtheory.models import UNROLLED

SEGMENT = 256  # generations per call
BLOCK = 32  # generations between two folds of the frame; divides SEGMENT
SMALL = 64  # numbers that a leaf may have to be carried one by one, in few dimensions
SMALL_OF_POINTS = 9  # the same where points are drawn: a batch of them is no state
HANDFUL = 128  # replicas in a tile up to which that is done in one dimension alone: more dimensions take long to compile
LANES = 8  # parts of a tile that are added up as vectors,
SHORT = 64  # and then so many sums
FEW = 16  # replicas among which the centre of a sum is chosen


class TileResult(eqx.Module):
    """What a tile returns for a segment of generations.

    Attributes:
        mean: (SEGMENT, M) over the tile's replicas.
        m2: (SEGMENT, M) sum of squared deviations from that mean.
        kept: (C, M, B) measurements of every replica at the generations asked for.
        failed: (B,) whether anything stopped being a number.
        failing: (1,) whether any of them did.
    """

    mean: Any
    m2: Any
    kept: Any
    failed: Any
    failing: Any = None

    @staticmethod
    def blank(job: Job, width: int, room: int) -> TileResult:
        """Nothing measured yet; the last row of `kept` takes what is not wanted."""
        zero = jnp.zeros((SEGMENT, job.width), job.dtype)
        kept = jnp.zeros((room + 1 if room else 0, job.width, width), job.dtype)
        return TileResult(zero, zero, kept, jnp.zeros(width, bool))

    def put(self, k: Any, rows: list[Any], failed: Any, valid: Any, count: Any, slots: Any) -> TileResult:
        """The result with row k filled."""
        mean, m2 = (jnp.stack(part) for part in zip(*(moments(row, valid, count) for row in rows), strict=True))
        kept = self.kept.at[slots[k]].set(jnp.stack(rows)) if len(self.kept) else self.kept
        return TileResult(self.mean.at[k].set(mean), self.m2.at[k].set(m2), kept, self.failed | failed)


def begun(job: Job, first: Any, state: State) -> State:
    """Generation 1 of the replicas of a tile, in the memory of states of whatever run."""
    lane = jnp.arange(len(state.first_error), dtype=jnp.uint32)
    return jax.vmap(lambda i, s: start(job, i, s.memory))(first + lane, state)


def moments(values: Any, valid: Any, count: Any) -> tuple[Any, Any]:
    """Mean and sum of squared deviations of the valid ones of (B,) values, in one pass about one of the smallest.

    Partial sums run side by side over the tile, so that the compiler can add vectors and rounding stays that of short sums.
    """
    few = values[:FEW]
    centre = jnp.min(jnp.where(valid[:FEW] & jnp.isfinite(few), few, jnp.inf))
    centre = jnp.where(jnp.isfinite(centre), centre, 0)
    total = jnp.sum(_partial(values - centre, valid))
    first, second = jax.lax.real(total), jax.lax.imag(total)
    return centre + first / count, jnp.maximum(second - first * (first / count), 0)


def _partial(apart: Any, valid: Any) -> Any:
    """Partial sums of the valid values (real part) and their squares (imaginary part)."""
    lanes = LANES if apart.size % (LANES * SHORT) == 0 else 1
    kept = [jnp.where(ok, x, 0) for x, ok in zip(jnp.split(apart, lanes), jnp.split(valid, lanes), strict=True)]
    total = jax.lax.optimization_barrier(sum(jax.lax.complex(x, x * x) for x in kept))
    return jnp.sum(total.reshape(-1, SHORT), axis=0) if total.size % SHORT == 0 else total


def tile(job: Job, first: Any, count: Any, state: State, span: Any, slots: Any, room: int,
         kernel: str = "off") -> tuple[State, TileResult]:
    """Run one tile over generations span[0]+1 … span[1].

    Args:
        job: what to run.
        first: () uint32 number of the tile's first replica.
        count: () replicas that count; the others are padding.
        state: the replicas' states, batched (B, …); where generation 1 is to be done those of whatever run, or what `begun` made.
        span: (2,) last generation done and last to do.
        slots: (SEGMENT,) row of `kept` for each generation of the segment; `room` for none.
        room: rows of `kept`.
        kernel: whether a segment is one kernel, where it can be; see `_kernel.setting`.
    """
    width = len(state.first_error)
    lane = jnp.arange(width, dtype=jnp.uint32)
    if kernel == "off":
        begins = (span[0] == 0).astype(jnp.int32)  # a loop hands a pool on where it lies; a branch would copy it
        state = jax.lax.fori_loop(0, begins, lambda _, s: begun(job, first, s), state)
    out = TileResult.blank(job, width, room)

    def blocks(job: Job) -> Any:
        pairs = jax.default_backend() == "cpu" and kernel == "off"
        steps = Steps(job, jax.tree.map(lambda leaf: leaf[0], state), width, pairs)
        packed = jax.vmap(steps.carry.pack)(state)
        if kernel != "off":  # no branch and no loop comes between kernels: an accelerator would have to ask the host about it
            done = in_a_kernel(steps, BLOCK, first, count, packed, span, slots, room, kernel == "interpret")
            if done is not None:
                return jax.vmap(steps.unpack)(done[0]), TileResult(*done[1:])

        def generation(t: Any, carry: Any) -> Any:
            packed, out = carry
            here, many, _ = jax.lax.optimization_barrier((first, count, t))  # not hoisted: a core counts faster than it reads
            ids, valid = here + lane, lane.astype(jnp.int32) < many
            packed = jax.vmap(lambda i, go, p: steps.advance(t, i, go, p))(ids, valid & (t > 1), packed)
            packed = jax.tree.map(jax.lax.optimization_barrier, packed)
            rows, failed = jax.vmap(lambda p: steps.measure(t, p))(packed)
            return packed, out.put(t - span[0] - 1, rows, failed, valid, count, slots)

        def block(b: Any, carry: Any) -> Any:
            last = jnp.minimum(span[1], (b + 1) * BLOCK)
            packed, out = jax.lax.fori_loop(jnp.maximum(span[0], b * BLOCK) + 1, last + 1, generation, carry)
            return jax.vmap(lambda p: steps.fold(last % BLOCK == 0, p))(packed), out

        packed, result = jax.lax.fori_loop(span[0] // BLOCK, (span[1] + BLOCK - 1) // BLOCK, block, (packed, out))
        return jax.vmap(steps.unpack)(packed), result

    quick = job.plan.quick() if kernel == "off" else None
    if quick is None:
        state, result = blocks(job)
    else:
        state, result = jax.lax.cond(quick[0], lambda: blocks(eqx.tree_at(lambda j: j.plan, job, quick[1])), lambda: blocks(job))
    return state, TileResult(result.mean, result.m2, result.kept, result.failed, jnp.any(result.failed)[None])


class Steps:
    """The loop of one job on packed states: every function is for one replica."""

    def __init__(self, job: Job, state: State, width: int, pairs: bool) -> None:
        t, replica = jnp.int32(2), jnp.uint32(0)
        self.moving, self.measured = job.moving, job.width
        dim, most = job.plan.family.dim, SMALL_OF_POINTS if job.plan.rows else SMALL
        small = most if dim == 1 or (dim <= UNROLLED and width > HANDFUL) else 1
        self._advance = Entrywise(small, lambda t, i, s: advance(job, t, i, s), t, replica, state)
        self._measure = Entrywise(small, lambda t, s: (measure(job, t, s), failing(job, s)), t, state)
        self._fold = Entrywise(small, lambda frame: frame.fold() if self.moving else frame, state.frame)
        passed = [number == k + 2 for k, number in enumerate(self._advance.passed)]
        self.carry = Carry(state, small, passed, pairs)

    def advance(self, t: Any, replica: Any, due: Any, packed: Any) -> Any:
        """Generation t where it is due: not at t = 1, which `start` has done, and not for padding.

        That `due` differs between replicas keeps a branch out of the compiled loop: it would come between a chain of
        operations and another that a core could run meanwhile.
        """
        before = self.carry.unpack(packed)
        return self.carry.pack(_choose(due, self._advance(t, replica, before), before))

    def measure(self, t: Any, packed: Any) -> tuple[list[Any], Any]:
        """Measurements, one () per number, and whether the replica fails."""
        rows, failed = self._measure(t, self.carry.unpack(packed))
        return [x for row in rows for x in np.reshape(row, -1)], together(failed)

    def fold(self, due: Any, packed: Any) -> Any:
        """The frame folded, where that is due; in an open loop it never moves."""
        if not self.moving:
            return packed
        state = self.carry.unpack(packed)
        frame = _choose(due, self._fold(state.frame), state.frame)
        return self.carry.pack(State(frame, state.model, state.memory, state.first_error, state.surprise))

    def unpack(self, packed: Any) -> State:
        """The state as arrays."""
        return jax.tree.map(together, self.carry.unpack(packed))


def _choose(condition: Any, new: Any, old: Any) -> Any:
    """`new` where the condition holds, else `old`; numbers that are the same object cost nothing, nor does a pool."""

    def choose(new: Any, old: Any) -> Any:
        return new if new is old else jnp.where(condition, new, old)

    def leaf(new: Any, old: Any) -> Any:
        if is_pool(new):
            return new.counted(leaf(new.count, old.count))
        return _each(choose, new, old) if isinstance(new, np.ndarray) else choose(new, old)

    return jax.tree.map(leaf, new, old, is_leaf=is_pool)


def _each(function: Callable[..., Any], *arrays: Any) -> Any:
    """An array of scalars, entry by entry."""
    out = np.empty(arrays[0].shape, object)
    for place in np.ndindex(out.shape):
        out[place] = function(*(array[place] for array in arrays))
    return out


KEPT = 96  # compiled programs that a process keeps: each is some hundred memory maps, and a process may have 65,530


class Compiled(NamedTuple):
    """What runs a job on a device.

    Attributes:
        run: (arrays of the job, first, count, state, span, slots) → (state, result), as `tile`.
        begin: (arrays of the job, first, state) → state, to be called before `run` where generation 1 is to be done; `None`
            where `run` does that itself.
    """

    run: Any
    begin: Any


_compiled: dict[Any, Compiled] = {}  # the one used last comes last


def compiled(job: Job, state: State, devices: Sequence[Any], room: int, kernel: str = "off") -> list[Compiled]:
    """What runs `job` on each of these devices: the same program of one tile, compiled once for every device and shape.

    One program split over several devices would take other passes of XLA than a program of one device, and round otherwise.
    The state that a call is handed is used up: its memory becomes that of the state that comes back. Arguments as for `tile`.
    """
    arrays, rest = eqx.partition(job, eqx.is_array)
    numbers = np.uint32(0), np.int32(0), state, np.zeros(2, np.int32), np.zeros(SEGMENT, np.int32)
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), (arrays, *numbers))
    leaves, structure = jax.tree.flatten(rest)
    key = (room, kernel, structure, *leaves, jax.tree.structure(arrays), *((x.shape, x.dtype) for x in jax.tree.leaves(shapes)))
    missing = [device for device in devices if (device, key) not in _compiled]
    if missing:
        found = _compile(rest, shapes, missing, room, kernel)
        _compiled.update(((device, key), made) for device, made in zip(missing, found, strict=True))
    wanted = [_compiled.pop((device, key)) for device in devices]
    _compiled.update(((device, key), made) for device, made in zip(devices, wanted, strict=True))
    while len(_compiled) > KEPT:
        del _compiled[next(iter(_compiled))]
    return wanted


def forget() -> None:
    """Drop all compiled programs; they hold the functions that they were made from."""
    _compiled.clear()


def _compile(rest: Job, shapes: Any, devices: Sequence[Any], room: int, kernel: str) -> list[Compiled]:
    """Programs for devices, compiled side by side. A function of its own for each shape: its caches go when the program goes."""

    def run(arrays: Job, first: Any, count: Any, state: State, span: Any, slots: Any) -> Any:
        return tile(eqx.combine(arrays, rest), first, count, state, span, slots, room, kernel)

    def begin(arrays: Job, first: Any, state: State) -> Any:
        return begun(eqx.combine(arrays, rest), first, state)

    asked = [(jax.jit(run, donate_argnums=3), shapes)]
    asked += [] if kernel == "off" else [(jax.jit(begin, donate_argnums=2), (shapes[0], shapes[1], shapes[3]))]
    lowered = [program.lower(*_placed(arguments, device)) for device in devices for program, arguments in asked]
    with ThreadPoolExecutor(len(lowered)) as threads:
        made = threads.map(lambda program: program.compile(), lowered)
        return [Compiled(next(made), next(made) if kernel != "off" else None) for _ in devices]


def _placed(shapes: Any, device: Any) -> Any:
    there = jax.sharding.SingleDeviceSharding(device)
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=there), shapes)

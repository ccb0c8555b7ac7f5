"""Where tiles run: every device runs the program of one tile by itself, so that bits do not depend on how many there are."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from madtheory._kernel import setting
from madtheory._replica import Job
from madtheory._run._fit import bytes_needed
from madtheory.engine import Compiled, TileResult, compiled


class Place:
    """One device.

    Attributes:
        tiles: how many tiles run here at a time.
        bytes_needed: memory of one call on each device, where the compiler says it.
    """

    tiles = 1

    def __init__(self, job: Job, blank: Any, device: Any, compiled: Compiled) -> None:
        self.job, self.shape, self.device, self.compiled = job, blank, device, compiled
        self.bytes_needed = bytes_needed(compiled.run)
        self.state: Any = None

    def load(self) -> None:
        """Put what all tiles share on the device."""
        self.arrays = jax.device_put(eqx.filter(self.job, eqx.is_array), self.device)
        self.state = jax.device_put(self.shape, self.device, may_alias=False)

    def run(self, firsts: list[int], counts: list[int], span: np.ndarray, slots: np.ndarray) -> Any:
        """A segment of the tiles with these first replicas; returns before it is done.

        The program uses up the state that it is handed; generation 1 begins in the memory of the tile before.
        """
        begins = span[0] == 0
        first, count, span, slots = jax.device_put((np.uint32(firsts[0]), np.int32(counts[0]), span, slots), self.device)
        if begins and self.compiled.begin is not None:
            self.state = self.compiled.begin(self.arrays, first, self.state)
        self.state, out = self.compiled.run(self.arrays, first, count, self.state, span, slots)
        return out

    def fetch(self, out: Any) -> list[TileResult]:
        """The results of the tiles, once they are there."""
        return [_fetched(out)]


class Together(Place):
    """All devices in step, as `jax.pmap` has it, with results as arrays that are sharded over them.

    What `pmap` compiles is one program split over the devices, and XLA takes other passes for it: for some loops it rounds
    differently, in the last bit. So the program of one device runs on each, and only the results are put together.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self.places, self.tiles, self.bytes_needed = places, len(places), places[0].bytes_needed
        mesh = Mesh(np.array([place.device for place in places]), ("tile",), axis_types=(AxisType.Auto,))
        self.sharding = NamedSharding(mesh, PartitionSpec("tile"))

    def load(self) -> None:
        for place in self.places:
            place.load()

    def run(self, firsts: list[int], counts: list[int], span: np.ndarray, slots: np.ndarray) -> Any:
        """As on one device; where tiles are fewer than devices, the others repeat the last one with nothing that counts."""
        missing = self.tiles - len(firsts)
        shares = zip(self.places, [*firsts, *firsts[-1:] * missing], [*counts, *[0] * missing], strict=True)
        return jax.tree.map(self._joined, *(place.run([first], [count], span, slots) for place, first, count in shares))

    def _joined(self, *parts: Any) -> Any:
        """One array of the devices' arrays, end to end along their first axis."""
        shape = (self.tiles * len(parts[0]), *parts[0].shape[1:])
        return jax.make_array_from_single_device_arrays(shape, self.sharding, list(parts))

    def fetch(self, out: Any) -> list[TileResult]:
        arrays, structure = jax.tree.flatten(_fetched(out))
        return [structure.unflatten(parts) for parts in zip(*(np.split(array, self.tiles) for array in arrays), strict=True)]


def _fetched(out: TileResult) -> TileResult:
    """The results on the host; which replicas failed, most of the bytes that an accelerator would send, only where any did."""
    told = jax.device_get(TileResult(out.mean, out.m2, out.kept, None, out.failing))
    failed = jax.device_get(out.failed) if np.any(told.failing) else np.zeros(out.failed.shape, bool)
    return TileResult(told.mean, told.m2, told.kept, failed, told.failing)


def places(job: Job, width: int, room: int, devices: Sequence[Any], together: bool) -> list[Place]:
    """A place for each device, or one for all of them together; nothing is on them yet."""
    blank = jax.tree.map(lambda leaf: np.broadcast_to(np.asarray(leaf), (width, *leaf.shape)), job.blank())
    programs, job = _programs(job, blank, room, devices)
    each = [Place(job, blank, device, own) for device, own in zip(devices, programs, strict=True)]
    return [Together(each)] if together else each


def _programs(job: Job, blank: Any, room: int, devices: Sequence[Any]) -> tuple[list[Compiled], Job]:
    """What runs a job, and the job as it is run: with a kernel, where there are any and JAX can write this one."""
    kernel = setting(devices[0]) if job.plan.family.kernels and job.rules.steering is None else "off"
    if kernel != "off":
        decided = _decided(job)
        with contextlib.suppress(NotImplementedError):
            return compiled(decided, blank, devices, room, kernel), decided
    return compiled(job, blank, devices, room), job


def _decided(job: Job) -> Job:
    """The job with the plan that is good enough for it: decided here, where a kernel must not branch."""
    quick = job.plan.quick()
    return job if quick is None or not quick[0] else eqx.tree_at(lambda j: j.plan, job, quick[1])

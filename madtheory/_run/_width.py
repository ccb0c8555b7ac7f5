"""How many replicas a tile holds: enough to keep a device busy, few enough for its fast memory, and seldom another number."""

from __future__ import annotations

import math

import jax

from madtheory._replica import Job
from madtheory.models import UNROLLED

LEAST = 32  # where memory is short
FEW = 128  # as a rule: below, what a pool of points costs is the start of its loops
LARGE = 2**24  # numbers of a tile of so few
STEPS = ((128, 64), (1024, 1024), (2048, 2048), (4096, 4096), (32_768, 16_384), (524_288, 65_536))
"""Up to so many replicas, so many in a tile; few steps, to compile rarely."""
HANDY = (1024, 128)  # the same for replicas that are not light, where padding costs more than starting a tile
LARGEST = 65_536
LIGHT = 16  # numbers a replica carries where starting the loops of a generation costs more than running them: one dimension
BUDGETS = (2**20, 2**17)  # numbers that the light and the other replicas of a tile carry
WIDE = ((65_536, 65_536), (2**21, 2**19), (math.inf, 2**22))
"""The same for an accelerator whose kernel holds the state in registers: padding costs nothing until all cores work."""
ROOM = 2**25  # numbers that the replicas of a tile of an accelerator carry


def tile_width(job: Job, replicas: int, backend: str | None = None) -> int:
    """Replicas per tile: by what one replica carries, by how many there are, and by the backend.

    A power of two, so that few programs are compiled; few replicas are shared out evenly on a CPU instead, and none is padding.
    It does not depend on the number of devices: it is part of a run's identity, like the seed.
    """
    return (_of_cpu if (backend or jax.default_backend()) == "cpu" else _of_accelerator)(job, replicas)


def _of_cpu(job: Job, replicas: int) -> int:
    each = numbers(job)
    light, other = BUDGETS
    loops = job.plan.rows or job.plan.family.loops
    most = max((light if each <= LIGHT else other) // each, min(FEW, LARGE // each) if loops else LEAST, LEAST)
    steps = STEPS if each <= LIGHT else (STEPS[0], HANDY, *STEPS[2:])
    step = next((width for upto, width in steps if replicas <= upto), LARGEST)
    width = min(1 << most.bit_length() - 1, step)
    return -(-replicas // -(-replicas // width)) if replicas <= FEW else width


def _of_accelerator(job: Job, replicas: int) -> int:
    most = max(ROOM // numbers(job), LEAST)
    in_registers = job.plan.family.dim <= UNROLLED and not job.plan.rows
    enough = next(width for upto, width in WIDE if replicas <= upto) if in_registers else 1 << (replicas - 1).bit_length()
    return max(min(1 << most.bit_length() - 1, enough), LEAST)


def numbers(job: Job) -> int:
    """How many numbers a replica carries, or holds for a moment as points."""
    family = job.plan.family
    points = job.held * family.dim if family.keeps_points or job.plan.capacity or job.plan.data is not None else 0
    return sum(leaf.size for leaf in jax.tree.leaves(job.blank())) + points

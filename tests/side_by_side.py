"""Two devices that share two threads: `python -m tests.side_by_side` prints what one and what both of them got."""

from __future__ import annotations

import json
import os
from typing import Any

import jax

from madtheory.schedules import Accumulate, AccumulateSubsample
from madtheory.truth import Truth
from tests.engine_cases import OBSERVABLES, Case, fingerprint

DIM = 40
SCHEDULES = {"sums": Accumulate(n=1000), "few points": AccumulateSubsample(n=30), "points": AccumulateSubsample(n=90)}


def found(schedule: Any, devices: int) -> str:
    """Hash of a run in four tiles that factorises, solves and takes singular values."""
    measured = [*OBSERVABLES, "kl_forward", "w2_squared"]
    sizes = {"replicas": 128, "tile": 32, "generations": 40, "keep": [40]}
    return fingerprint(Case(schedule, DIM).run(1, truth=Truth.standard(DIM), devices=devices, observables=measured, **sizes))


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])  # as many threads as devices
    jax.config.update("jax_num_cpu_devices", 2)
    print("FOUND", json.dumps({name: [found(schedule, devices) for devices in (1, 2)] for name, schedule in SCHEDULES.items()}))

"""One GPU for each process that works on its own: several JAX processes on one would fight over its memory."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

PRESENT = Path("/proc/driver/nvidia/gpus")
VISIBLE = "CUDA_VISIBLE_DEVICES"
_held: list[Any] = []  # files whose locks this process keeps until it ends


def claim() -> str | None:
    """Take the first GPU that no other process of this machine has taken, before JAX looks for any; its name, or `None`.

    Nothing happens where there is no GPU or one, where JAX is running already, or where every one is taken: then JAX decides.
    """
    names = _names()
    if _held or len(names) < 2 or _jax_runs():
        return None
    for name in names:
        file = open(Path(tempfile.gettempdir()) / f"madtheory-{os.getuid()}-gpu-{name}.lock", "w")  # noqa: SIM115 (kept open)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        _held.append(file)
        os.environ[VISIBLE] = name
        return name
    return None


def _names() -> list[str]:
    if VISIBLE in os.environ:
        return [name for name in os.environ[VISIBLE].split(",") if name]
    return [str(k) for k, _ in enumerate(PRESENT.iterdir())] if PRESENT.exists() else []


def _jax_runs() -> bool:
    """Whether JAX has taken its devices in this process."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    return bool(bridge is not None and getattr(bridge, "_backends", None))

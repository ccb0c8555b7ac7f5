"""The machine that measures: its name, how busy it is, and what JAX spends on compiling."""

from __future__ import annotations

import functools
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

DEVICES = "JAX_NUM_CPU_DEVICES"
PACKAGES = ("madtheory", "jax", "jaxlib", "numpy", "scipy", "numba")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def a_device_per_core() -> None:
    """Let JAX see a CPU as so many devices, unless the user has said how many; before JAX is imported."""
    os.environ.setdefault(DEVICES, str(cores()))


def processor() -> str:
    """Name of the CPU."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.+)", info.read_text(encoding="utf-8")) if info.exists() else []
    return names[0] if names else platform.processor() or platform.machine()


def device() -> str:
    """Name of what JAX computes on."""
    import jax

    return f"cpu {processor()} {cores()} cores" if on_a_cpu() else jax.devices()[0].device_kind


def on_a_cpu() -> bool:
    """Whether JAX computes on a CPU."""
    import jax

    return jax.default_backend() == "cpu"


def roomy(small: int, factor: int) -> int:
    """A number of replicas that fills the device: `small` on a CPU, `factor` times as many on an accelerator."""
    return small if on_a_cpu() else small * factor


def slug(name: str) -> str:
    """A file name: lower case, words joined by dashes, no trade marks."""
    plain = re.sub(r"\((?:r|tm)\)|processor|\d+-core|cpu @ [\d.]+ghz", " ", name.lower())
    return "-".join(re.findall(r"[a-z0-9]+", plain))


def versions() -> dict[str, str]:
    """Version of everything that takes part."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def load() -> dict[str, Any]:
    """How busy the machine is: load averages, and the share of it (0…1) that was in use since the last call."""
    busy = None
    try:
        import psutil

        busy = psutil.cpu_percent() / 100
    except ImportError:
        pass
    return {"load_average": list(os.getloadavg()) if hasattr(os, "getloadavg") else None, "busy": busy}


def compiled() -> float:
    """Seconds that XLA has spent compiling in this process since the first call of this function."""
    return _compile_clock()[0]


@functools.cache
def _compile_clock() -> list[float]:
    import jax

    clock = [0.0]

    def listen(event: str, seconds: float, **_: Any) -> None:
        if event.endswith("/backend_compile_duration"):
            clock[0] += seconds

    jax.monitoring.register_event_duration_secs_listener(listen)
    return clock

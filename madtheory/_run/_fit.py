"""Whether a tile fits into a device's memory, asked of the compiler before anything is run."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax

from madtheory.errors import BadInput, Words

MEMINFO = Path("/proc/meminfo")


class TileHalved(UserWarning):
    """A tile did not fit into memory, and the run goes on with tiles half as wide."""


class TileTooLarge(Exception):
    """A tile of `width` replicas needs more bytes than a device has free; `None` is a number nobody knows."""

    def __init__(self, width: int, needed: int | None, free: int | None) -> None:
        self.width, self.needed, self.free = width, needed, free
        super().__init__(f"a tile of {width} replicas needs {_bytes(needed)} and {_bytes(free)} are free")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return TileTooLarge, (self.width, self.needed, self.free)  # so that another process can hand it on

    def refusal(self) -> BadInput:
        """For a tile that may not be halved."""
        got = f"a tile of {self.width} replicas, which needs {_bytes(self.needed)}"
        return BadInput("tile", f"a tile that fits into the {_bytes(self.free)} free", Words(got))


def _bytes(number: int | None) -> str:
    return "an unknown number of bytes" if number is None else f"{number} bytes"


_needed: weakref.WeakKeyDictionary[Any, int | None] = weakref.WeakKeyDictionary()


def bytes_needed(compiled: Any) -> int | None:
    """Bytes of a program's arguments, results and temporaries on each of its devices; asked once of each program.

    The compiler takes longer to say it than a small run takes.
    """
    if compiled not in _needed:
        _needed[compiled] = _bytes_needed(compiled)
    return _needed[compiled]


def _bytes_needed(compiled: Any) -> int | None:
    sizes = compiled.memory_analysis()
    if sizes is None:
        return None
    used = sizes.argument_size_in_bytes + sizes.output_size_in_bytes + sizes.temp_size_in_bytes
    return int(used - sizes.alias_size_in_bytes)


def bytes_free(devices: Sequence[Any]) -> int | None:
    """Bytes free on the fullest of these devices; CPU devices share what the machine has."""
    if devices[0].platform == "cpu":
        available = _available()
        return None if available is None else available // len(devices)
    stats = [device.memory_stats() or {} for device in devices]
    known = [int(one["bytes_limit"] - one.get("bytes_in_use", 0)) for one in stats if "bytes_limit" in one]
    return min(known, default=None)


def _available() -> int | None:
    """Bytes of memory that this machine can still give, where it says so."""
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
    except (OSError, ValueError):
        return None


def out_of_memory(error: Exception) -> bool:
    """Whether a device ran out of memory."""
    return isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" in str(error)

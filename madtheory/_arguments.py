"""What `predict`, `simulate` and `verify` refuse of their arguments, in the words that the command line uses too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from madtheory.errors import BadInput, did_you_mean

MAX_REPLICAS = 2**32
MAX_TILE = 2**24
DRAWS = ("statistics", "points")
PMAP = "pmap"
WITHOUT_FLOAT64 = ("tpu", "METAL")


def check_run(*, replicas: object, seed: object, draw: object) -> None:
    """Refuse a number of replicas (counts), a seed or a way to draw that no run can have."""
    whole("replicas", replicas, 1, MAX_REPLICAS)
    whole("seed", seed, 0, 2**64 - 1)
    if not isinstance(draw, str) or draw not in DRAWS:
        raise BadInput("draw", did_you_mean(draw, DRAWS), draw)


def check_level(level: object) -> None:
    """Refuse a false-alarm rate that is not strictly between 0 and 1."""
    if isinstance(level, bool) or not isinstance(level, (int, float, np.floating)) or not 0 < level < 1:
        raise BadInput("level", "a number between 0 and 1, both excluded", level)


def observables(names: str | Sequence[str] | None, known: Iterable[str], default: Sequence[str]) -> tuple[str, ...]:
    """Names of observables, in the order given and each once; a string is split at commas, `None` is `default`."""
    if names is None:
        return tuple(default)
    given = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    if not isinstance(given, Iterable) or not list(given):
        raise BadInput("observables", "a list of names", names)
    known = list(known)
    for name in given:
        if name not in known:
            raise BadInput("observables", did_you_mean(name, known), name)
    return tuple(dict.fromkeys(given))


def devices(chosen: int | str | Sequence[Any] | None) -> list[Any]:
    """Local JAX devices from a count, a list of indices or a list of devices; `None` and "pmap" stand for all there are."""
    import jax

    present = jax.local_devices()
    if chosen is None or (isinstance(chosen, str) and chosen == PMAP):
        return present
    if isinstance(chosen, str):
        raise BadInput("devices", f"a number of devices, a list of their numbers, or {did_you_mean(chosen, [PMAP])}", chosen)
    if not isinstance(chosen, (list, tuple)):
        return present[: whole("devices", chosen, 1, len(present))]
    picked = [one if one in present else present[whole("devices", one, 0, len(present) - 1)] for one in chosen]
    if not picked or len(set(picked)) != len(picked):
        raise BadInput("devices", "at least one device, each once", chosen)
    return picked


def check_tile(tile: object) -> None:
    """Refuse a tile width that is not a power of two; `None` is a width to be chosen."""
    if tile is not None and (width := whole("tile", tile, 1, MAX_TILE)) & (width - 1):
        raise BadInput("tile", f"a power of two from 1 to {MAX_TILE}", tile)


def check_precision(dtype: Any, devices: Sequence[Any]) -> None:
    """Refuse a precision that the engine has not, or the devices have not."""
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = ""
    known = ("float32",) if devices[0].platform in WITHOUT_FLOAT64 else ("float32", "float64")
    if name not in known:
        raise BadInput("dtype", f"{' or '.join(known)} on {devices[0].platform}", name or dtype)


def whole(name: str, value: object, least: int, most: int) -> int:
    """`value` as an int; raises `BadInput` unless it is a whole number from `least` to `most`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise BadInput(name, f"a whole number from {least} to {most}", value)
    return int(value)

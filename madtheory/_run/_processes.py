"""What the processes of a distributed run tell one another."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

_apart = False


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Within, runs of this process are its own, whatever the others do."""
    global _apart
    before, _apart = _apart, True
    try:
        yield
    finally:
        _apart = before


def members() -> tuple[int, int]:
    """This process's number among those that share a run, and how many they are."""
    return (0, 1) if _apart else (jax.process_index(), jax.process_count())


def gather(mine: Any) -> list[Any]:
    """What every process has to say, in the order of the processes and the same on each; all of them must take part.

    It travels as bytes: arrays would be cut to the precision that is switched on.
    """
    if members()[1] == 1:
        return [mine]
    from jax.experimental.multihost_utils import process_allgather

    data = np.frombuffer(pickle.dumps(mine), np.uint8)
    lengths = np.asarray(process_allgather(np.array([len(data)], np.int32))).ravel()
    room = 1 << int(lengths.max() - 1).bit_length()  # a power of two: few lengths to compile for
    rows = np.asarray(process_allgather(np.pad(data, (0, room - len(data))))).reshape(len(lengths), room)
    return [pickle.loads(row[:length].tobytes()) for row, length in zip(rows, lengths, strict=True)]

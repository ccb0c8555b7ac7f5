"""`--distributed`: one run in several processes, on one machine or many. Every process has the result, the first one tells it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from madtheory.errors import BadInput, Words

COORDINATOR = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")


@contextlib.contextmanager
def processes(asked: bool) -> Iterator[bool]:
    """Join the others where that is asked for; whether this process is the one that prints and writes.

    The libraries by which processes talk write to stdout; until the result is there, that goes to stderr.
    """
    if not asked:
        yield True
        return
    import jax

    with _stdout_is_stderr():
        _join()
        yield jax.process_index() == 0


def _join() -> None:
    """Find the other processes by what a launcher (Slurm, Open MPI, Kubernetes, Cloud TPU) or three variables say of them."""
    import jax

    address, *numbers = (os.environ.get(name) for name in COORDINATOR)
    try:
        count, rank = (None if number is None else int(number) for number in numbers)
        jax.distributed.initialize(address, count, rank)
    except (ValueError, RuntimeError, IndexError) as error:
        expected = f"a launcher that JAX knows, or {', '.join(COORDINATOR)}"
        raise BadInput("distributed", expected, Words(f"none ({str(error).splitlines()[0]})")) from None


@contextlib.contextmanager
def _stdout_is_stderr() -> Iterator[None]:
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)

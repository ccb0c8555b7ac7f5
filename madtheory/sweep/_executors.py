"""Who computes: this process, processes of this machine, a Dask cluster or Slurm, each as a `concurrent.futures` executor."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from madtheory import _arguments as arguments
from madtheory.errors import BadInput, Words, did_you_mean

KINDS = ("local", "processes", "dask", "slurm")
LOG = "slurm"  # folder of the jobs' output


class Processes:
    """Processes of this machine, begun anew after one has died. Each is started fresh: JAX must not be forked.

    They do not hear the terminal's Ctrl-C, not even while they start: the driver tells them when to stop.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.pool = self._new()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As `concurrent.futures` has it; this is where processes are started, and they inherit what is blocked here."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return self.pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self.pool.shutdown(wait=False)
            self.pool = self._new()
            return self.pool.submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As `concurrent.futures` has it."""
        self.pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))


class Jobs:
    """Jobs of a queue, each of which takes a while to start: so few, of many blocks each.

    Attributes:
        tasks: how many at most.
    """

    def __init__(self, queue: Any, tasks: int) -> None:
        self.queue, self.tasks = queue, tasks

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """As `concurrent.futures` has it."""
        return self.queue.submit(fn, *args, **kwargs)


Found = Iterator[tuple[Any, int | None]]


@contextlib.contextmanager
def executor(kind: str, folder: Path, workers: int | None = None, scheduler: str | None = None) -> Found:
    """An executor of that kind, and how many workers it has; `None` for this process.

    Args:
        kind: "local", "processes", "dask" or "slurm".
        folder: of the sweep; Slurm's logs go there.
        workers: how many; as many as there are cores by default, or as the cluster has.
        scheduler: address of a Dask scheduler; a cluster on this machine is started when not given.

    Raises:
        BadInput: for an unknown kind, or one whose package is not installed.
    """
    if kind not in KINDS:
        raise BadInput("executor", did_you_mean(kind, KINDS), kind)
    if scheduler is not None and kind != "dask":
        raise BadInput("scheduler", "nothing without --executor dask", scheduler)
    if workers is not None:
        arguments.whole("workers", workers, 1, 2**16)
    if kind == "local":
        if workers is not None:
            raise BadInput("workers", "nothing without --executor processes, dask or slurm", workers)
        yield None, None
        return
    make = {"processes": _processes, "dask": _dask, "slurm": _slurm}[kind]
    with make(folder, workers, scheduler) as (found, count):
        yield found, count


@contextlib.contextmanager
def _processes(folder: Path, workers: int | None, _: str | None) -> Found:
    count = workers or os.cpu_count() or 1
    pool = Processes(count)
    try:
        yield pool, count
    finally:
        pool.shutdown()


@contextlib.contextmanager
def _dask(folder: Path, workers: int | None, scheduler: str | None) -> Found:
    with _extra("dask"):
        from dask.distributed import Client, LocalCluster
    for name in logging.root.manager.loggerDict:  # what they have to say of a cluster that dies is pages long
        if name.startswith(("distributed", "asyncio")):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=10)
        except (OSError, ValueError) as error:
            raise BadInput("scheduler", "the address of a Dask scheduler", Words(f"{scheduler} ({error})")) from None
        with client:
            yield client.get_executor(pure=False), len(client.scheduler_info()["workers"]) or None
        return
    count = workers or os.cpu_count() or 1
    with LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        yield client.get_executor(pure=False), count


@contextlib.contextmanager
def _slurm(folder: Path, workers: int | None, _: str | None) -> Found:
    with _extra("slurm"):
        import submitit
    chosen = os.environ.get("MADTHEORY_SLURM", "slurm")  # "local" runs jobs on this machine
    jobs = submitit.AutoExecutor(folder=str(folder / LOG), cluster=None if chosen == "slurm" else chosen)
    yield Jobs(jobs, workers or 16), workers or 16


@contextlib.contextmanager
def _extra(name: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise BadInput("executor", f"the extra installed (pip install 'madtheory[{name}]')", Words(error.name)) from None

"""Experiments side by side, each in its own process: compiling takes most of their time, and a process compiles one by one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from madtheory.cli._experiments import Verdicts, perform
from madtheory.cli._interrupt import Interrupts
from madtheory.cli._options import Experiments

Tell = Callable[[str, int, int], None]
Worker = tuple[str, BaseProcess]


def side_by_side(chosen: dict[str, Path], options: Experiments, jobs: int, tell: Tell) -> Iterator[tuple[str, Verdicts]]:
    """(name, verdicts) of each experiment as it ends, `jobs` at a time.

    Raises:
        KeyboardInterrupt: after Ctrl-C, when all of them have stopped.
        Exception: what one of them raised.
    """
    waiting, running = list(chosen.items()), dict[Any, Worker]()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running |= _start(*waiting.pop(0), options)
            for results in wait(list(running)):
                yield from _read(results, running, tell)
    finally:
        _stop([process for _, process in running.values()])


def _start(name: str, path: Path, options: Experiments) -> dict[Any, Worker]:
    """One more process, by the connection it answers on."""
    spawn = multiprocessing.get_context("spawn")  # a fork would copy JAX's threads' locks
    results, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_work, args=(sender, name, path, options), daemon=True)
    process.start()
    sender.close()
    return {results: (name, process)}


def _read(results: Any, running: dict[Any, Worker], tell: Tell) -> Iterator[tuple[str, Verdicts]]:
    """One message: progress, verdicts or an exception."""
    name, process = running[results]
    try:
        kind, *content = results.recv()
    except EOFError:
        del running[results]
        process.join()
        raise RuntimeError(f"experiment {name}: its process ended with status {process.exitcode}") from None
    if kind == "progress":
        tell(name, *content)
        return
    del running[results]
    process.join()
    if kind == "raised":
        raise content[0]
    yield name, content[0]


def _stop(processes: list[BaseProcess]) -> None:
    """Interrupt what still runs, and wait for it to put away what it has."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGINT)  # type: ignore[arg-type]
    for process in processes:
        process.join()


def _work(sender: Connection, name: str, path: Path, options: Experiments) -> None:
    """In the process: run, and send what comes of it."""
    Interrupts(once=True).__enter__()  # to the end of the process
    try:
        answer = ("verdicts", perform(name, path, options, lambda done, total: sender.send(("progress", done, total))))
    except (Exception, KeyboardInterrupt) as error:
        error.add_note(traceback.format_exc())  # where it broke: the traceback itself stays behind
        answer = ("raised", error)
    with contextlib.suppress(BrokenPipeError):  # after an interrupt nobody listens
        sender.send(answer)

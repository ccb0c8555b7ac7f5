"""Progress bars with the time left, on stderr and only when somebody can see them."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

SELDOM = 30.0  # seconds between two lines
Progress = Callable[[int, int], None]


@contextlib.contextmanager
def bar(label: str, shown: bool = True) -> Iterator[Progress | None]:
    """A callback (done, total) that moves the bar, or `None` when it is not to be shown or stderr is not a terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    with _display() as moving:
        task = moving.add_task(label, total=None)
        yield lambda done, total: moving.update(task, completed=done, total=total)


@contextlib.contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """A callback (label, done, total) that moves the bar of that label; it does nothing when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda label, done, total: None
        return
    with _display() as moving:
        tasks: dict[str, Any] = {}

        def tell(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = moving.add_task(label, total=total)
            moving.update(tasks[label], completed=done, total=total)

        yield tell


@contextlib.contextmanager
def tally(label: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """A callback (done, words) that moves a bar with these words; where stderr is no terminal, a line now and then."""
    if sys.stderr.isatty():
        with _display() as moving:
            task = moving.add_task(label, total=total)
            yield lambda done, words: moving.update(task, completed=done, description=words)
        return
    told = time.monotonic()

    def line(done: int, words: str) -> None:
        nonlocal told
        if time.monotonic() - told > SELDOM:
            told = time.monotonic()
            print(f"{label}: {words}", file=sys.stderr, flush=True)

    yield line


def _display() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)

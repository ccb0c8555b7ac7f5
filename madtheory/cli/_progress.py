"""Progress bars with the time left, on stderr and only when somebody can see them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

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


def _display() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)

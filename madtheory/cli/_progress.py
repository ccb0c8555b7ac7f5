"""A progress bar with the time left, on stderr and only when somebody can see it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

Progress = Callable[[int, int], None]


@contextlib.contextmanager
def bar(label: str) -> Iterator[Progress | None]:
    """A callback (done, total) that moves the bar, or `None` when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as moving:
        task = moving.add_task(label, total=None)
        yield lambda done, total: moving.update(task, completed=done, total=total)

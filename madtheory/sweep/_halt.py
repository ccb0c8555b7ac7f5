"""Ctrl-C and SIGTERM during a sweep: the first asks for an end after the tiles under way, the second Ctrl-C ends at once."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any


class Halt:
    """While entered, a signal sets `asked` and leaves the file `path`, which processes on other machines look for.

    Attributes:
        asked: the number of the signal; `None` for none.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.before = path, dict[int, Any]()
        self.asked: int | None = None

    def __enter__(self) -> Halt:
        self.path.unlink(missing_ok=True)
        if threading.current_thread() is threading.main_thread():  # signals reach no other
            self.before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
        self.path.unlink(missing_ok=True)

    def __call__(self) -> bool:
        return self.asked is not None or self.path.exists()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked is not None and number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        self.asked = number
        self.path.touch()

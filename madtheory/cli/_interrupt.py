"""Ctrl-C: what is running stops and keeps what is done; here it is remembered, so that the exit status says so."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Interrupts:
    """While entered, Ctrl-C raises `KeyboardInterrupt` as ever, and `seen` stays true afterwards."""

    seen = False

    def __enter__(self) -> Interrupts:
        self.seen = False
        self.main = threading.current_thread() is threading.main_thread()  # signals reach no other thread
        if self.main:
            self.before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self.main:
            signal.signal(signal.SIGINT, self.before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        signal.default_int_handler(number, frame)


interrupts = Interrupts()

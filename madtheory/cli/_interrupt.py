"""Ctrl-C: what is running stops and keeps what is done; here it is remembered, so that the exit status says so."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any

SOON = 0.01  # seconds


class Interrupts:
    """While entered, Ctrl-C raises `KeyboardInterrupt` as ever, and `seen` stays true afterwards.

    With `once`, whatever comes after the first is not heard: a process among several gets one from the terminal and
    one from the process that started it.
    """

    def __init__(self, once: bool = False) -> None:
        self.once = once
        self.seen = self.raised = False

    def __enter__(self) -> Interrupts:
        self.seen = self.raised = False
        self.main = threading.current_thread() is threading.main_thread()  # signals reach no other thread
        if self.main:
            self.before = signal.signal(signal.SIGINT, self._note), sys.unraisablehook
            sys.unraisablehook = self._again
        return self

    def __exit__(self, *_: object) -> None:
        if self.main:
            handler, sys.unraisablehook = self.before
            signal.signal(signal.SIGINT, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.once and self.raised:
            return
        self.seen = self.raised = True
        signal.default_int_handler(number, frame)

    def _again(self, dropped: Any) -> None:
        """Python drops what is raised in a callback of its garbage collector, and JAX has one: raise it a moment later."""
        if dropped.exc_type is KeyboardInterrupt:
            self.raised = False
            threading.Timer(SOON, signal.pthread_kill, (threading.get_ident(), signal.SIGINT)).start()  # it also ends a wait
        else:
            self.before[1](dropped)


interrupts = Interrupts()

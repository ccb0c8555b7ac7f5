"""One driver per store: the lock is the system's own, and goes with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from madtheory.errors import BadInput, Words

STALE = 120.0  # seconds after which a lock of another machine that nobody renews is nobody's
NAME = "lock"


class Lock:
    """The lock of a folder, held.

    Args:
        path: the file.
    """

    def __init__(self, path: Path, file: Any) -> None:
        self.path, self.file, self.renewed = path, file, time.monotonic()

    def renew(self) -> None:
        """Say that the holder is alive; not more often than it matters."""
        if time.monotonic() - self.renewed > STALE / 8:
            self.renewed = time.monotonic()
            os.utime(self.path)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[Lock]:
    """Hold the lock of `folder`; raises `BadInput`, with the owner's name and the lock's age, where somebody else does.

    Ages are differences of two times of the file system, whatever the machines' clocks say.
    """
    path = folder / NAME
    with open(path, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _taken(path, folder) from None
        owner = _owner(path)
        if owner.get("host", socket.gethostname()) != socket.gethostname() and _silent(path, folder) < STALE:
            raise _taken(path, folder)
        _sign(file)
        try:
            yield Lock(path, file)
        finally:
            file.truncate(0)


def _sign(file: Any) -> None:
    file.seek(0)
    file.truncate()
    json.dump({"user": _user(), "host": socket.gethostname(), "process": os.getpid(), "since": time.time()}, file)
    file.flush()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this number
        return str(os.getuid())


def _owner(path: Path) -> dict[str, Any]:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _silent(path: Path, folder: Path) -> float:
    """Seconds since the lock was renewed, by the clock of the file system."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".now-") as now:
        return os.fstat(now.fileno()).st_mtime - path.stat().st_mtime


def owner(folder: Path) -> str | None:
    """Who holds the lock of a folder; `None` for nobody."""
    path = folder / NAME
    if not path.exists():
        return None
    with open(path, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return _words(_owner(path))
    return None


def _words(owner: dict[str, Any]) -> str:
    return f"{owner.get('user', 'somebody')} (process {owner.get('process', '?')} on {owner.get('host', 'some machine')})"


def _taken(path: Path, folder: Path) -> BadInput:
    age = f"renewed {_silent(path, folder):.0f} s ago"
    return BadInput("out", "a folder that no other sweep is writing to", Words(f"one held by {_words(_owner(path))}, {age}"))

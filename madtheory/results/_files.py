"""Files that are seen whole or not at all, whatever stops the program."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it takes the name `path` when the block ends well, and goes when not."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        yield part
        _to_disk(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write(path: Path | str, content: str | bytes) -> Path:
    """Write `content` to `path`, whole or not at all; text is UTF-8 with `\\n` at the ends of lines."""
    data = content.encode() if isinstance(content, str) else content
    with whole(path) as part:
        part.write_bytes(data)
    return Path(path)


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())

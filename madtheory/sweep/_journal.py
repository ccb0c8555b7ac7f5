"""What is done of a block, written down as it is done: records at the end of a file, each with its check sum.

A process that is killed loses the record it was writing and nothing before it. Every process writes a file of its own.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from madtheory._run import Summary

MARK = b"madT"
HEAD = struct.Struct("<4sIIQ")  # mark, check sum, kind, length
TILE = struct.Struct("<QQQQQQQB")  # point, width, tile, count, T, M, failed, bytes per number
POINT = struct.Struct("<Q")
TILES, POINTS = 1, 2


class Known:
    """What the files of a block say.

    Attributes:
        points: point → its record as bytes.
        tiles: (point, width) → tile → summary.
        torn: files that end, or go on, with something that is no record.
    """

    def __init__(self) -> None:
        self.points: dict[int, bytes] = {}
        self.tiles: dict[tuple[int, int], dict[int, Summary]] = {}
        self.torn: list[str] = []


class Journal:
    """The files of one block, and this process's own one, to be written to.

    Args:
        folder: where journals are.
        block: the block's number.
    """

    def __init__(self, folder: Path, block: int) -> None:
        self.folder, self.block = folder, block
        self.path = folder / f"{block}.{socket.gethostname()}.{os.getpid()}.{time.time_ns()}.log"
        self.file: Any = None

    def read(self) -> Known:
        """Everything that was written down, by whichever process."""
        known = Known()
        for path in self._files():
            data = path.read_bytes()
            records = list(_records(data))
            for kind, body, _ in records:
                _take(known, kind, body)
            if (records[-1][2] if records else 0) < len(data):
                known.torn.append(path.name)
        return known

    def tile(self, point: int, summary: Summary, width: int) -> None:
        """A tile of a point is done."""
        times, numbers = summary.mean.shape
        head = TILE.pack(point, width, summary.tile, summary.count, times, numbers, len(summary.failed), summary.mean.itemsize)
        failed = np.array(summary.failed, "<u8")
        self._write(TILES, b"".join([head, *(np.ascontiguousarray(x).tobytes() for x in (summary.mean, summary.m2, failed))]))

    def point(self, point: int, row: bytes) -> None:
        """A point is done."""
        self._write(POINTS, POINT.pack(point) + row)

    def remove(self) -> None:
        """The block is in the store: nothing of it needs to be written down any more."""
        self.close()
        for path in self._files():
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Write to it no more."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def _write(self, kind: int, body: bytes) -> None:
        if self.file is None:
            self.path.parent.mkdir(exist_ok=True)
            self.file = open(self.path, "ab", buffering=0)  # noqa: SIM115 (open while the block is under way)
        record = HEAD.pack(MARK, zlib.crc32(body), kind, len(body)) + body
        if self.file.write(record) < len(record):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"{self.block}.*.log"))


def _records(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Kind, body and end of each whole record, up to the first that is not."""
    place = 0
    while place + HEAD.size <= len(data):
        mark, total, kind, length = HEAD.unpack_from(data, place)
        start, stop = place + HEAD.size, place + HEAD.size + length
        if mark != MARK or stop > len(data) or zlib.crc32(data[start:stop]) != total:
            return
        place = stop
        yield kind, data[start:stop], place


def _take(known: Known, kind: int, body: bytes) -> None:
    if kind == POINTS:
        known.points[POINT.unpack_from(body)[0]] = body[POINT.size :]
        return
    point, width, tile, count, times, numbers, failing, size = TILE.unpack_from(body)
    place, cells = TILE.size, times * numbers
    mean, m2 = (np.frombuffer(body, f"<f{size}", cells, place + k * cells * size).reshape(times, numbers) for k in (0, 1))
    failed = np.frombuffer(body, "<u8", failing, place + 2 * cells * size)
    summary = Summary(tile, count, mean, m2, np.zeros((0, numbers, count)), failed.tolist())
    known.tiles.setdefault((point, width), {})[tile] = summary

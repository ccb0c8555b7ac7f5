"""A sweep on disk: labelled arrays that any reader of zarr opens, whole blocks of points at a time, `done` last.

A folder holds `sweep.zarr`, the specification `grid.json`, the `journal` of blocks under way and the `lock`. Chunks have check
sums, are written whole under another name, and exist for every point that is done: what is missing or damaged is noticed.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import math
import shutil
import warnings
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from madtheory.errors import BadInput, Words
from madtheory.results import now, provenance, to_json, write
from madtheory.sweep._axes import Axis, Table
from madtheory.sweep._grid import Grid
from madtheory.sweep._layout import Layout, Part, layout

if TYPE_CHECKING:
    import zarr

FORMAT = 1
DATA, SPEC, JOURNAL, HALT = "sweep.zarr", "grid.json", "journal", "halt"
KEYS = ("identity", "versions", "arrays", "grid")  # of the specification, besides its format
BLOCK = 64  # most points of a block in a grid of up to 2¹⁷
FEWEST, BLOCKS = 16, 2048  # blocks of a small grid at least, and of a large one about
HEAVY = 10**8  # replica-generations of a point beside which the time to store a block is nothing
SAME = ("madtheory", "jax", "jaxlib", "numpy")
"""Packages that a sweep must be resumed with in the version that it was begun with: others round otherwise."""


class Store:
    """A sweep's folder, opened.

    Attributes:
        folder: where it is.
        spec: what its specification says.
        grid: what is swept.
        layout: what a point leaves.
        group: the zarr group.
    """

    def __init__(self, folder: Path, spec: Table, grid: Grid, parts: Layout, group: zarr.Group) -> None:
        self.folder, self.spec, self.grid, self.layout, self.group = folder, spec, grid, parts, group
        self.shape, self.chunk = grid.shape, chunk_shape(grid)
        self.counts = tuple(-(-n // c) for n, c in zip(self.shape, self.chunk, strict=True))

    @staticmethod
    def create(folder: Path, grid: Grid) -> Store:
        """A new store in which nothing is done; the specification comes last, and says that the rest is there."""
        parts = layout(grid)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / DATA, ignore_errors=True)
        group = _arrays(folder / DATA, grid, parts)
        spec = {"format": FORMAT, "identity": grid.identity, "versions": versions(), "arrays": _described(folder / DATA),
                "created": now(), "grid": grid.to_dict()}  # fmt: skip
        write(folder / SPEC, json.dumps(spec))
        return Store(folder, spec, grid, parts, group)

    @staticmethod
    def open(folder: Path | str) -> Store:
        """The store in a folder; raises `BadInput` where there is none, or one of another format."""
        import zarr

        folder = Path(folder)
        spec = specification(folder)
        grid = Grid.stored(spec["grid"])
        if grid.identity != spec["identity"]:
            raise BadInput("identity", "the hash of the grid", spec["identity"], str(folder / SPEC))
        if _described(folder / DATA) != spec["arrays"]:
            raise BadInput("store", "the descriptions of arrays that it was begun with", Words("others"), str(folder / DATA))
        try:
            group = zarr.open_group(str(folder / DATA), mode="r+")
        except (OSError, ValueError, KeyError, FileNotFoundError) as error:
            raise BadInput("store", "a whole zarr group", Words(error), str(folder / DATA)) from None
        return Store(folder, spec, grid, layout(grid), group)

    @property
    def journal(self) -> Path:
        """The folder of the journals."""
        return self.folder / JOURNAL

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return math.prod(self.counts)

    def array(self, name: str) -> Any:
        """A zarr array by its name."""
        import zarr

        if name not in self._opened:
            with zarr.config.set({"array.write_empty_chunks": True}):  # a chunk that is there says that nothing was lost
                self._opened[name] = self.group[name]
        return self._opened[name]

    @functools.cached_property
    def _opened(self) -> dict[str, Any]:
        return {}

    def region(self, block: int) -> tuple[slice, ...]:
        """The grid's part that a block is."""
        place = np.unravel_index(block, self.counts)
        return tuple(slice(int(k) * c, min((int(k) + 1) * c, n)) for k, c, n in zip(place, self.chunk, self.shape, strict=True))

    def points(self, block: int) -> np.ndarray:
        """The block's points, in the block's shape."""
        axes = [np.arange(part.start, part.stop) for part in self.region(block)]
        return np.ravel_multi_index(np.meshgrid(*axes, indexing="ij"), self.shape)

    def done(self) -> np.ndarray:
        """Which points are done, in the grid's shape. Raises `BadInput` where that cannot be read."""
        return self._read("done", ...).astype(bool)

    def selected(self) -> np.ndarray:
        """Which points are wanted, in the grid's shape."""
        return self._read("selected", ...).astype(bool)

    def select(self, wanted: np.ndarray) -> None:
        """Say which points are wanted."""
        self.array("selected")[...] = wanted.astype(np.uint8)

    def read(self, block: int) -> np.ndarray:
        """The block's records, in its shape; raises `BadInput` where a chunk is damaged or missing though its points are done."""
        region = self.region(block)
        done = self._read("done", region).astype(bool)
        rows = np.full(done.shape, self.layout.blank())
        if done.any():
            for part in self.layout.parts:
                self._check_there(part.name, block)
                rows[part.name] = self._read(part.name, region)
        return rows

    def write(self, block: int, rows: Mapping[int, np.ndarray]) -> None:
        """Put records of points into a block, beside those that are there; which are done comes last."""
        region, points = self.region(block), self.points(block)
        found, done = self.read(block), self._read("done", region).astype(bool)
        for place in itertools.product(*map(range, points.shape)):
            if int(points[place]) in rows:
                found[place], done[place] = rows[int(points[place])], True
        for part in self.layout.parts:
            self.array(part.name)[region] = found[part.name]
        self.array("done")[region] = done.astype(np.uint8)

    def forget(self, block: int) -> None:
        """Nothing of this block is done: it is to be computed again."""
        for name in ("done", *(part.name for part in self.layout.parts)):
            self._chunk(name, block).unlink(missing_ok=True)

    def damaged(self, apart: Container[int] = ()) -> Iterator[tuple[int, str]]:
        """Blocks that cannot be read though something of them is said to be done, and what is wrong; without those in `apart`."""
        for block in (block for block in range(self.blocks) if block not in apart):
            try:
                self.read(block)
            except BadInput as error:
                yield block, str(error)

    def _read(self, name: str, region: Any) -> Any:
        try:
            return self.array(name)[region]
        except Exception as error:  # whatever a codec raises on damaged bytes
            raise BadInput(name, "chunks whose check sums are right", Words(error), str(self.folder / DATA)) from None

    def _check_there(self, name: str, block: int) -> None:
        if not self._chunk(name, block).exists():
            got = Words(f"none at {self._key(block)}")
            raise BadInput(name, "a chunk for every point that is done", got, str(self.folder / DATA))

    def _chunk(self, name: str, block: int) -> Path:
        inner = len(self.array(name).shape) - len(self.shape)
        return self.folder / DATA / name / "c" / "/".join([self._key(block), *["0"] * inner])

    def _key(self, block: int) -> str:
        return "/".join(str(int(k)) for k in np.unravel_index(block, self.counts))


def specification(folder: Path) -> Table:
    """What `grid.json` says; raises `BadInput` for a folder without a sweep, or with one of another format."""
    where = str(folder / SPEC)
    try:
        spec = json.loads((folder / SPEC).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput("folder", "one that a sweep was written to", Words(f"{folder}, without {SPEC}")) from None
    except (OSError, ValueError) as error:
        raise BadInput("file", "the specification of a sweep", Words(error), where) from None
    if not isinstance(spec, dict) or spec.get("format") != FORMAT:
        got = spec.get("format") if isinstance(spec, dict) else spec
        raise BadInput("format", f"{FORMAT}, which this version reads", got, where)
    for key in KEYS:
        if key not in spec:
            raise BadInput(key, "the specification of a sweep, whole", Words("nothing"), where)
    return spec


def _described(path: Path) -> str:
    """SHA-256 of what zarr writes about the arrays: their types and attributes never change once they are made."""
    files = (path / "zarr.json", *sorted(path.glob("*/zarr.json")))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files if file.exists())).hexdigest()


def versions() -> dict[str, str]:
    """Versions and the platform that the bits depend on."""
    import jax

    said = json.loads(provenance()["versions"])
    return {name: said[name] for name in SAME} | {"platform": jax.default_backend()}


def chunk_shape(grid: Grid) -> tuple[int, ...]:
    """The grid's part that is written at a time, by whole lines along the last axes where possible; one point if that is much."""
    heavy = grid.run.replicas * grid.generations >= HEAVY
    room = 1 if heavy else max(min(grid.size // FEWEST, BLOCK), grid.size // BLOCKS, 1)
    chunk = []
    for length in reversed(grid.shape):
        part = max(1, min(length, room))
        chunk.append(part)
        room //= part
    return tuple(reversed(chunk))


def _arrays(path: Path, grid: Grid, parts: Layout) -> zarr.Group:
    """The arrays of a store, preallocated, with coordinates and provenance."""
    import zarr

    where = {"grid": to_json(grid.to_dict()), "identity": grid.identity, "kind": "sweep"} | provenance()
    shape, chunk = grid.shape, chunk_shape(grid)
    group = zarr.create_group(str(path), attributes=where | {"coordinates": " ".join(_extra(grid))})
    for name, dim, values, attributes in _coordinates(grid):
        one = group.create_array(name, shape=values.shape, dtype=values.dtype, chunks=values.shape, dimension_names=[dim],
                                 attributes=attributes, compressors=_codecs())  # fmt: skip
        one[:] = values
    for part in parts.parts:
        _array(group, part, grid, chunk)
    for name, words, blocks in (("done", "1 where the point is done", chunk), ("selected", "1 where it is wanted", shape)):
        _array(group, Part(name, (), (), "|u1", 0, {"long_name": words}), grid, blocks)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Consolidated metadata")  # which zarr v3 has and its standard not yet
        zarr.consolidate_metadata(str(path))
    return zarr.open_group(str(path), mode="r+")


def _array(group: Any, part: Part, grid: Grid, chunk: tuple[int, ...]) -> None:
    """Room for one part of every point's record."""
    dims = [*(axis.name for axis in grid.fine), *part.dims]
    group.create_array(part.name, shape=(*grid.shape, *part.shape), chunks=(*chunk, *part.shape), dtype=part.dtype,
                       fill_value=part.fill, dimension_names=dims, attributes=part.attributes, compressors=_codecs())  # fmt: skip


def _codecs() -> list[Any]:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    return [ZstdCodec(level=1), Crc32cCodec()]


def _coordinates(grid: Grid) -> Iterator[tuple[str, str, np.ndarray, Table]]:
    """Name, dimension, values and attributes of every coordinate; values that are no numbers are numbered and named beside."""
    yield "generation", "generation", np.arange(grid.generations + 1), {"long_name": "generation; 0 is the truth"}
    for axis in grid.fine:
        for field, values in axis.fields.items():
            name = axis.name if len(axis.fields) == 1 else field
            yield name, axis.name, *_coordinate(axis, field, values)


def _coordinate(axis: Axis, field: str, values: tuple[Any, ...]) -> tuple[np.ndarray, Table]:
    words: Table = {"long_name": field}
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return np.array(values), words
    return np.arange(len(values)), words | {"labels": [value if isinstance(value, str) else to_json(value) for value in values]}


def _extra(grid: Grid) -> list[str]:
    """Coordinates that are not named after a dimension."""
    return [field for axis in grid.fine if len(axis.fields) > 1 for field in axis.fields]

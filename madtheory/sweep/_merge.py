"""One store of the parts of a sweep that different machines have computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from madtheory.errors import BadInput, Words
from madtheory.sweep._drive import Sweep, check_folder, differences, state
from madtheory.sweep._estimate import check_disk
from madtheory.sweep._lock import held
from madtheory.sweep._store import Store


def merge(parts: Sequence[Path | str], out: Path | str) -> Sweep:
    """Put what the sweeps in the folders `parts` have done into the folder `out`.

    Raises:
        BadInput: where they are not parts of one grid, made by the same versions, or disagree about a point; then `out` stays as
            it is.
    """
    if not parts:
        raise BadInput("parts", "at least one folder", list(parts))
    stores = [Store.open(part) for part in parts]
    first = stores[0]
    for store in stores[1:]:
        _check_alike(first, store)
    for store in stores:
        for _, why in store.damaged():
            raise BadInput("parts", "sweeps that are whole", Words(why), str(store.folder))
    folder = Path(out)
    check_folder(folder, first.grid, resume=False)
    check_disk(folder, first.grid)
    blocks = [_together(stores, block) for block in range(first.blocks)]  # before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder):
        target = Store.create(folder, first.grid)
        target.select(np.logical_or.reduce([store.selected() for store in stores]))
        for block, rows in enumerate(blocks):
            if rows:
                target.write(block, rows)
        return state(target)


def _check_alike(first: Store, other: Store) -> None:
    if other.grid.identity != first.grid.identity:
        what = differences(first.grid.to_dict(), other.grid.to_dict())
        raise BadInput("parts", f"sweeps of the grid in {first.folder}", Words(what), str(other.folder))
    ours, theirs = first.spec["versions"], other.spec["versions"]
    if ours != theirs:
        raise BadInput("parts", f"the versions of {first.folder}", Words(differences(ours, theirs)), str(other.folder))


def _together(stores: Sequence[Store], block: int) -> dict[int, Any]:
    """Point → record of a block, from whichever store has it; stores that both have a point must agree."""
    rows: dict[int, Any] = {}
    for store in stores:
        done = store.array("done")[store.region(block)].astype(bool)
        found, points = store.read(block), store.points(block)
        for place in zip(*np.nonzero(done), strict=True):
            index, row = int(points[place]), found[place]
            if index in rows and rows[index].tobytes() != row.tobytes():
                got = Words(f"another record of point {index}")
                raise BadInput("parts", "sweeps that agree where they meet", got, str(store.folder))
            rows[index] = row
    return rows

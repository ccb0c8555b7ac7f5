"""Which points are wanted: all of a grid, or, around a line on which an observable takes a value, more and more of a finer one.

Cells that the line crosses are cut in half along every axis, again and again. By a law that is bisection before anything is
simulated; by simulation every round looks at the means of the one before.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from madtheory.sweep._grid import Grid
from madtheory.sweep._measure import predictions
from madtheory.sweep._settings import Refine
from madtheory.sweep._store import Store

Side = Callable[[int], float]


def rounds(store: Store) -> Iterator[np.ndarray]:
    """Which points are wanted, in the grid's shape, round after round; the points of one are done when the next is asked for."""
    if store.grid.refine is None or store.grid.refine.by == "law":
        yield first_round(store.grid)
    else:
        yield from _by_simulation(store)


def first_round(grid: Grid) -> np.ndarray:
    """Which points are wanted before anything is simulated."""
    if grid.refine is None:
        return np.ones(grid.shape, bool)
    return _by_law(grid) if grid.refine.by == "law" else _corners_of(grid, _coarse(grid))


def _by_law(grid: Grid) -> np.ndarray:
    """The grid as it was given, and the corners of the finest cells that the line crosses."""
    refine, known = _refine(grid), {}
    t = refine.generation or grid.run.generations

    def side(index: int) -> float:
        if index not in known:
            said = predictions(grid, grid.point(index), [refine.observable])[refine.observable]
            known[index] = np.nan if said.mean is None else float(said.mean[t]) - refine.value
        return known[index]

    cells = _coarse(grid)
    wanted = _corners_of(grid, cells)
    for level in range(refine.rounds, -1, -1):
        cells = [cell for cell in cells if _crossed(grid, cell, level, side)]
        if level:
            cells = [small for cell in cells for small in _halves(grid, cell, level)]
    return wanted | _mask(grid, (corner for cell in cells for corner in _corners(grid, cell, 0)))


def _by_simulation(store: Store) -> Iterator[np.ndarray]:
    grid, refine = store.grid, _refine(store.grid)
    t = refine.generation or grid.run.generations
    cells = _coarse(grid)
    wanted = _corners_of(grid, cells)
    yield wanted
    for level in range(refine.rounds, 0, -1):
        means = (store.array(refine.observable)[...][..., t] - refine.value).ravel()
        crossed = [cell for cell in cells if _crossed(grid, cell, level, means.item)]
        cells = [small for cell in crossed for small in _halves(grid, cell, level)]
        wanted = wanted | _mask(grid, (corner for cell in cells for corner in _corners(grid, cell, level - 1)))
        yield wanted


def _refine(grid: Grid) -> Refine:
    assert grid.refine is not None
    return grid.refine


def _coarse(grid: Grid) -> list[tuple[int, ...]]:
    """The first corners of the cells of the grid as it was given, in places of the finest one."""
    step = 2 ** _refine(grid).rounds
    return list(itertools.product(*(range(0, max(n - 1, 1), step) for n in grid.shape)))


def _corners_of(grid: Grid, cells: list[tuple[int, ...]]) -> np.ndarray:
    return _mask(grid, (corner for cell in cells for corner in _corners(grid, cell, _refine(grid).rounds)))


def _corners(grid: Grid, cell: tuple[int, ...], level: int) -> list[tuple[int, ...]]:
    """Corners of a cell of 2^level places; an axis of one value has no width."""
    ends = [(k, k + 2**level) if n > 1 else (k,) for k, n in zip(cell, grid.shape, strict=True)]
    return list(itertools.product(*ends))


def _halves(grid: Grid, cell: tuple[int, ...], level: int) -> list[tuple[int, ...]]:
    half = 2 ** (level - 1)
    return list(itertools.product(*((k, k + half) if n > 1 else (k,) for k, n in zip(cell, grid.shape, strict=True))))


def _crossed(grid: Grid, cell: tuple[int, ...], level: int, side: Side) -> bool:
    """Whether the line passes between the corners of a cell: some lie on one side of it, some on the other or on it."""
    values = [side(int(np.ravel_multi_index(corner, grid.shape))) for corner in _corners(grid, cell, level)]
    return min(values) <= 0 <= max(values) if all(np.isfinite(values)) else False


def _mask(grid: Grid, places: Iterator[tuple[int, ...]]) -> np.ndarray:
    mask = np.zeros(grid.shape, bool)
    for place in places:
        mask[place] = True
    return mask

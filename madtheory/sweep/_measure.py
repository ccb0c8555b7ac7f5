"""One point: its prediction, its simulation tile by tile, and what the one says of the other."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from madtheory.errors import LawDoesNotApply
from madtheory.observables import catalogue
from madtheory.predict import Predicted, expectation
from madtheory.simulate import Simulation, Watch, simulate
from madtheory.sweep._confidence import half_width
from madtheory.sweep._grid import Grid, Point
from madtheory.sweep._layout import NONE, STATUS, Layout, law_names
from madtheory.verify import normal_level, raw_horizon, sidak

SOON = 2048  # replicas after which a point may stop
LEAST = 50  # expected events, and others, that a normal law of their number needs


class Notebook(Protocol):
    """Where tiles are written down, and were before."""

    def recall(self, tile: int, width: int) -> Any: ...

    def note(self, summary: Any, width: int) -> None: ...


@dataclasses.dataclass(frozen=True)
class Claims:
    """The means of a run that have an exact law, as the engine counts them: (T, M), generation 1 first.

    Attributes:
        expected: what the law says; NaN where nothing is tested.
        raw: whether the mean may be carried by rare paths.
        chance: whether it is the share of replicas with some property.
        horizon: last generation at which a raw mean can be tested.
        laws: whether some observable has an exact law at all.
    """

    expected: np.ndarray
    raw: np.ndarray
    chance: np.ndarray
    horizon: float
    laws: bool

    def testable(self, count: int, mean: np.ndarray, m2: np.ndarray) -> np.ndarray:
        """(T, M) which means can be tested after so many replicas."""
        times = np.arange(1, len(self.expected) + 1)[:, None]
        good = np.isfinite(self.expected) & np.isfinite(mean) & (m2 > 0) & ~(self.raw & (times > self.horizon))
        rare = np.minimum(self.expected, 1 - self.expected) * count < LEAST
        return good & ~(self.chance & rare)

    @property
    def cells(self) -> int:
        """Means that are tested at most."""
        return int(np.isfinite(self.expected).sum())


class Watcher(Watch):
    """Hands tiles to the notebook, and stops the run when the point is decided or known well enough."""

    def __init__(self, grid: Grid, point: Point, claims: Claims, notebook: Notebook | None) -> None:
        self.stop, self.claims, self.notebook = grid.stop, claims, notebook
        self.soon = None if grid.stop is None else SOON
        self.level = sidak(grid.level, grid.size) / max(claims.cells, 1)
        self.tuned = max(point.run.replicas // 4, 1)

    def recall(self, tile: int, width: int) -> Any:
        return None if self.notebook is None else self.notebook.recall(tile, width)

    def note(self, summary: Any, width: int) -> None:
        if self.notebook is not None:
            self.notebook.note(summary, width)

    def enough(self, count: int, mean: np.ndarray, m2: np.ndarray) -> bool:
        if self.stop is None or count < 2:
            return False
        good = self.claims.testable(count, mean, m2)
        return bool(np.any(self.outside(count, mean, m2) & good)) or self._precise(count, m2, good)

    def outside(self, count: int, mean: np.ndarray, m2: np.ndarray) -> np.ndarray:
        """(T, M) whether the law lies outside the confidence sequence."""
        with np.errstate(invalid="ignore"):
            return abs(mean - self.claims.expected) > half_width(count, m2, self.level, self.tuned)

    def _precise(self, count: int, m2: np.ndarray, good: np.ndarray) -> bool:
        assert self.stop is not None
        if not good.any():
            return False
        tests = []
        if self.stop.standard_error is not None:
            tests.append(np.sqrt(m2 / (count - 1) / count) <= self.stop.standard_error)
        if self.stop.resolution is not None:
            tests.append(half_width(count, m2, self.level, self.tuned) <= self.stop.resolution)
        return any(bool(np.all(test[good])) for test in tests)


def measure(grid: Grid, layout: Layout, point: Point, *, devices: Any = None, notebook: Notebook | None = None) -> np.ndarray:
    """() the record of a point; `notebook` keeps its tiles."""
    predicted = predictions(grid, point)
    claims = _claims(grid, point, predicted)
    watcher = Watcher(grid, point, claims, notebook)
    run, last = point.run, point.run.generations
    simulation = simulate(point.loop, generations=last, observables=grid.observables, replicas=run.replicas, seed=run.seed,
                          draw=run.draw, dtype=np.dtype(run.dtype), devices=devices, watch=watcher, roomy=True)  # fmt: skip
    row = layout.blank()
    for name in grid.observables:
        series, said = simulation.observables[name], predicted[name]
        columns = {"": series.mean, "_standard_error": series.standard_error, "_law": said.mean}
        for suffix, values in columns.items():
            if values is not None:
                _fill(row[name + suffix], values)
        known = law_names(name, point.claim.model)
        row[f"{name}_law_name"] = known.index(said.law) if said.law in known else NONE
    for name, value in _judged(grid, watcher, simulation).items():
        row[name] = value
    row["replicas"], row["failed"] = simulation.replicas, len(simulation.failed)
    row["seed"], row["tile"] = run.seed, simulation.provenance["tile"]
    return row


def predictions(grid: Grid, point: Point, names: Sequence[str] | None = None) -> dict[str, Predicted]:
    """Observable → what theory says of it at a point."""
    wanted = grid.observables if names is None else names
    return {name: _predicted(name, point) for name in wanted}


def _predicted(name: str, point: Point) -> Predicted:
    with contextlib.suppress(LawDoesNotApply):
        return expectation(name, point.claim, point.run.generations, point.laws.get(name))
    return Predicted()


def _fill(room: np.ndarray, values: np.ndarray) -> None:
    """Put values into the first places; a record has room for the longest run and the most components."""
    room[tuple(slice(length) for length in np.shape(values))] = values


def _claims(grid: Grid, point: Point, predicted: dict[str, Predicted]) -> Claims:
    """What exact laws say of generations 1, 2, 4, … and the last."""
    known, last, dim = catalogue(point.loop.model), point.run.generations, point.loop.dim
    tested = sorted({last, *(2**k for k in range(last.bit_length()) if 2**k <= last)})
    expected, raw, chance = [], [], []
    for name in grid.observables:
        observable, said = known[name](), predicted[name]
        wide = observable.width(dim)
        column = np.full((last, wide), np.nan)
        single = wide == 1 and not observable.vector
        if said.kind == "exact" and said.mean is not None and single:
            column[np.array(tested) - 1, 0] = said.mean[tested]
        expected.append(column)
        raw += [observable.scale == "raw"] * wide
        chance += [observable.scale == "indicator"] * wide
    exact = any(said.kind == "exact" for said in predicted.values())
    horizon = raw_horizon(point.loop, point.run.replicas)
    return Claims(np.concatenate(expected, axis=1), np.array(raw), np.array(chance), horizon, exact)


def _judged(grid: Grid, watcher: Watcher, simulation: Simulation) -> dict[str, Any]:
    """Status, the largest distance from a law, and the half-width of the confidence sequences."""
    claims, count = watcher.claims, simulation.replicas
    if not claims.laws:
        return {"status": STATUS.index("no_law")}
    mean, error = (_columns(grid, simulation, claims, part) for part in ("mean", "standard_error"))
    m2 = error**2 * count * (count - 1)
    good = claims.testable(count, mean, m2)
    if not good.any():
        return {"status": STATUS.index("untestable")}
    z = abs((mean - claims.expected)[good]) / error[good]
    wide = float(np.max(half_width(count, m2, watcher.level, watcher.tuned)[good]))
    status = _status(watcher, count, mean, m2, good, float(z.max()), wide)
    return {"status": STATUS.index(status), "statistic": z.max(), "half_width": wide}


def _columns(grid: Grid, simulation: Simulation, claims: Claims, part: str) -> np.ndarray:
    """(T, M) means or standard errors as in the claims; NaN for what is not one number per replica."""
    out = np.full(claims.expected.shape, np.nan)
    known, dim, start = catalogue(simulation.loop.model), simulation.loop.dim, 0
    for name in grid.observables:
        wide = known[name]().width(dim)
        values = getattr(simulation.observables[name], part)
        if wide == 1 and values.ndim == 1:
            out[:, start] = values[1:]
        start += wide
    return out


def _status(watcher: Watcher, count: int, mean: np.ndarray, m2: np.ndarray, good: np.ndarray, z: float, wide: float) -> str:
    """By the confidence sequence where the run could stop early; else by the largest z of a fixed number of replicas."""
    if watcher.stop is None:
        return "failed" if z > normal_level(watcher.level / 2) else "passed"
    if np.any(watcher.outside(count, mean, m2)[good]):
        return "failed"
    undecided = watcher.stop.resolution is not None and wide > watcher.stop.resolution
    return "undecided" if undecided and watcher.stop.standard_error is None else "passed"

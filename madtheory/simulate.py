"""`simulate`: thousands of replicas of a loop, tile by tile, with the replicas' moments kept and the rest let go."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory import _arguments as arguments
from madtheory.draws import plan
from madtheory.engine import SEGMENT, SURPRISES, Job, Rules, State, prepare, program
from madtheory.loop import Loop
from madtheory.observables import CATALOGUE, DEFAULT, World
from madtheory.random import seed_words

TILE = 1024
POINT_BUDGET = 2**24  # numbers that one tile may keep as points

Progress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True)
class Series:
    """One observable over the generations.

    Attributes:
        mean: (T+1,) or (T+1, k) mean over replicas; generation 0 is the truth.
        standard_error: of the mean, same shape.
        values: (C, R) or (C, R, k) every replica at the kept generations, or `None`.
    """

    mean: np.ndarray
    standard_error: np.ndarray
    values: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Simulation:
    """What a run measured.

    Attributes:
        loop: the loop that was run.
        generations: (T+1,) 0…T.
        observables: name → series.
        replicas: number of replicas.
        failed: numbers of the replicas in which something stopped being finite; they are in the means, not hidden.
        keep: generations at which every replica was kept.
        surprises: (T, 4, d) mean of the one-step surprises of mean and variance and of their squares, and (T, 4, d) its
            standard error, exact when the claim is true; or `None`.
        provenance: seed, draw, tile width, precision, versions, platform.
        complete: false when the run was interrupted; `replicas` says how many are in.
    """

    loop: Loop
    generations: np.ndarray
    observables: dict[str, Series]
    replicas: int
    failed: tuple[int, ...]
    keep: tuple[int, ...]
    surprises: tuple[np.ndarray, np.ndarray] | None
    provenance: dict[str, Any]
    complete: bool = True

    def to_dict(self) -> dict[str, Any]:
        """As the command line prints it: lists of numbers, `null` where a number is not finite."""
        series = {
            name: {"mean": jsonable(s.mean), "standard_error": jsonable(s.standard_error), "replicas": self.replicas,
                   "failed": len(self.failed)}
            for name, s in self.observables.items()
        }
        return {"loop": self.loop.to_dict(), "generations": self.generations.tolist(), "observables": series,
                "replicas": self.replicas, "failed": len(self.failed), "complete": self.complete, "provenance": self.provenance}


def simulate(
    loop: Loop,
    *,
    generations: int,
    observables: Sequence[str] | None = None,
    replicas: int = 10_000,
    seed: int = 0,
    draw: str = "statistics",
    devices: int | Sequence[Any] | None = None,
    keep: Sequence[int] = (),
    claim: Loop | None = None,
    tilt: float = 0.0,
    tile: int | None = None,
    dtype: Any = np.float32,
    progress: Progress | None = None,
) -> Simulation:
    """Run `replicas` independent copies of `loop` and report the mean of each observable per generation.

    The result depends on nothing but the loop, the seed, the tile width and the precision: the same bits for any
    number of devices. An interrupt (Ctrl-C) keeps the tiles that are done and returns them with `complete=False`.

    Args:
        loop: the specification.
        generations: T, the last generation.
        observables: names from `observables.CATALOGUE`; `observables.DEFAULT` when not given.
        replicas: R.
        seed: a whole number in [0, 2⁶⁴).
        draw: "statistics" draws sufficient statistics from their exact law, "points" draws every point.
        devices: how many local devices, or a list of them; all by default.
        keep: generations whose every replica is kept in `Series.values`.
        claim: a loop of the same kind of schedule; measure how each generation surprises its forecast (see `forecast`).
        tilt: θ; draw chi-squares from the law tilted by (χ²)^θ, for importance sampling of moments (replace, one dimension).
        tile: replicas per tile; part of the run's identity.
        dtype: float32 or float64.
        progress: called with (done, total) tile-generations.

    Raises:
        BadInput: naming the argument, before anything is compiled.
    """
    generations = loop.check_generations(generations)
    names = arguments.observables(observables, CATALOGUE, DEFAULT)
    arguments.check_run(replicas=replicas, seed=seed, draw=draw)
    chosen = arguments.devices(devices)
    keep = tuple(sorted({int(t) for t in keep}))
    with jax.enable_x64(np.dtype(dtype) == np.float64):
        job = make_job(loop, generations, names, seed, draw, dtype, claim, tilt)
        width = tile or tile_width(job)
        run = Run(job, generations, replicas, width, keep, chosen, progress)
        complete = run.all_tiles()
        how = "points" if loop.schedule.needs_points else draw
        return _report(loop, run, names, complete, _provenance(seed, how, width, dtype))


def make_job(loop: Loop, generations: int, names: Sequence[str], seed: int, draw: str, dtype: Any,
             claim: Loop | None = None, tilt: float = 0.0) -> Job:
    """The loop as arrays in the run's precision."""
    dtype = np.dtype(dtype)

    def cast(leaf: Any) -> Any:
        kind = leaf.dtype.kind if isinstance(leaf, np.ndarray) else ""
        return jnp.asarray(leaf, {"f": dtype, "i": np.int32}.get(kind, leaf.dtype)) if kind else leaf

    world = World.of(loop.truth.covariance, dtype)
    chosen = tuple(CATALOGUE[name]() for name in names)
    claimed = None if claim is None else rules(claim, generations)
    job = Job(rules(loop, generations), claimed, plan(loop, generations, draw, dtype, tilt), seed_words(seed), world, chosen)
    return jax.tree.map(cast, job)


def rules(loop: Loop, generations: int) -> Rules:
    """The part of a loop that the engine's generation step reads."""
    bias = np.array(loop.bias(generations))
    return Rules(loop.schedule, bias, reach(loop, generations), loop.bias_first_generation, loop.estimator)


def reach(loop: Loop, generations: int) -> np.ndarray:
    """(T,) real points drawn up to each generation, at most one more than dimensions: synthetic points lie in their span."""
    enough = loop.dim + 1
    if loop.composition(1).training_sizes()[0] >= enough:
        return np.full(generations, enough)
    table = loop.composition(min(generations, SEGMENT))
    real = (table.source == 0) & (table.weights > 0).any(axis=0)
    drawn = np.cumsum(np.bincount(table.born[real], table.size[real], minlength=table.generations + 1)[1:])
    return np.minimum(np.pad(drawn, (0, generations - len(drawn)), mode="edge"), enough).astype(int)


def tile_width(job: Job) -> int:
    """Replicas per tile: fewer where each one keeps many points."""
    numbers = max(job.plan.capacity, job.plan.rows) * job.plan.family.dim
    width = TILE
    while width > 32 and width * numbers > POINT_BUDGET:
        width //= 2
    return width


class Run:
    """The host's side of a run: hands out tiles, merges their moments in tile order in float64."""

    def __init__(self, job: Job, generations: int, replicas: int, width: int, keep: tuple[int, ...], devices: list[Any],
                 progress: Progress | None) -> None:
        self.job, self.generations, self.replicas, self.width, self.keep = job, generations, replicas, width, keep
        self.devices, self.progress = devices, progress
        self.tiles = -(-replicas // width)
        blank, self.truth = prepare(job, width)
        arrays, fixed = eqx.partition(job, eqx.is_array)
        self.blank = {device: jax.device_put(blank, device) for device in devices}
        self.jobs = {device: eqx.combine(jax.device_put(arrays, device), fixed) for device in devices}
        self.count = 0
        self.mean: Any = 0.0  # arrays from the first tile on
        self.m2: Any = 0.0
        self.kept: list[np.ndarray] = []
        self.failed: list[int] = []

    def all_tiles(self) -> bool:
        """Run every tile; false when interrupted, with the finished tiles kept."""
        try:
            for first in range(0, self.tiles, len(self.devices)):
                self._group(first)
        except KeyboardInterrupt:
            if self.count == 0:
                raise
            return False
        return True

    def _group(self, first: int) -> None:
        """One tile per device, all segments; at the end some devices may have nothing to do."""
        tiles = {device: first + k for k, device in enumerate(self.devices) if first + k < self.tiles}
        states, parts = {device: self.blank[device] for device in tiles}, []
        for start in range(0, self.generations, SEGMENT):
            stop = min(start + SEGMENT, self.generations)
            done = {device: self._call(device, tile, states[device], start, stop) for device, tile in tiles.items()}
            states = {device: state for device, (state, _) in done.items()}
            parts.append((stop - start, {device: jax.device_get(out) for device, (_, out) in done.items()}))
            self._tell(first, stop)
        for device, tile in tiles.items():
            valid = self._ids(tile) < self.replicas
            self._merge(int(valid.sum()), [(length, out[device]) for length, out in parts])
            failed = np.any([out[device].failed for _, out in parts], axis=0)
            self.failed += self._ids(tile)[valid & failed].tolist()

    def _ids(self, tile: int) -> np.ndarray:
        """Replica numbers of a tile; those from `replicas` on are padding."""
        return tile * self.width + np.arange(self.width)

    def _call(self, device: Any, tile: int, state: State, start: int, stop: int) -> Any:
        """Generations start+1 … stop of one tile; returns before they are done."""
        wanted = {t: row for row, t in enumerate(t for t in self.keep if start < t <= stop)}
        room = 1 << max(len(wanted) - 1, 1).bit_length() if self.keep else 0
        slots = np.array([wanted.get(start + 1 + k, room) for k in range(SEGMENT)], np.int32)
        first = tile * self.width
        count = min(self.replicas - first, self.width)
        inputs = jax.device_put((np.uint32(first), np.int32(count), np.array([start, stop], np.int32), slots), device)
        return program(room)(self.jobs[device], inputs[0], inputs[1], state, inputs[2], inputs[3])

    def _merge(self, count: int, parts: list[Any]) -> None:
        """Chan's update of mean and sum of squares by one tile."""
        mean = np.concatenate([np.asarray(out.mean[:n], np.float64) for n, out in parts])
        m2 = np.concatenate([np.asarray(out.m2[:n], np.float64) for n, out in parts])
        total = self.count + count
        with np.errstate(invalid="ignore"):  # an infinite mean stays infinite, and its spread is not a number
            self.m2 = self.m2 + m2 + (mean - self.mean) ** 2 * (self.count * count / total)
            self.mean = (self.count * self.mean + count * mean) / total
        self.count = total
        if self.keep:
            rows = [out.kept[: self._kept_rows(k)] for k, (_, out) in enumerate(parts)]
            self.kept.append(np.concatenate(rows)[:, :, :count])

    def _kept_rows(self, segment: int) -> int:
        return sum(segment * SEGMENT < t <= (segment + 1) * SEGMENT for t in self.keep)

    def _tell(self, first: int, stop: int) -> None:
        if self.progress:
            tiles = min(len(self.devices), self.tiles - first)
            self.progress(first * self.generations + tiles * stop, self.tiles * self.generations)


def _report(loop: Loop, run: Run, names: Sequence[str], complete: bool, provenance: dict[str, Any]) -> Simulation:
    dim = loop.dim
    error = np.sqrt(run.m2 / max(run.count - 1, 1) / run.count)
    truth = np.asarray(run.truth, np.float64)
    mean = np.concatenate([truth[None], run.mean[:, : len(truth)]])
    error = np.concatenate([np.zeros((1, error.shape[1])), error])
    kept = np.concatenate(run.kept, axis=2) if run.kept else None
    series, start = {}, 0
    for name, observable in zip(names, run.job.observables, strict=True):
        stop = start + observable.width(dim)
        values = None if kept is None else kept[:, start:stop]
        series[name] = _series(observable, mean[:, start:stop], error[:, start:stop], values)
        start = stop
    surprises = None if run.job.claim is None else _surprises(run.mean[:, start:].reshape(-1, SURPRISES, dim), run.count)
    generations = np.arange(run.generations + 1)
    return Simulation(loop, generations, series, run.count, tuple(run.failed), run.keep, surprises, provenance, complete)


def _surprises(mean: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Means (T, 4, d) and their standard errors: a surprise has variance 1, its square 2 + the excess kurtosis."""
    one, excess = np.ones_like(mean[:, :1]), mean[:, 4:]
    return mean[:, :4], np.sqrt(np.concatenate([one, one, 2 * one, 2 + excess], axis=1) / count)


def _series(observable: Any, mean: np.ndarray, error: np.ndarray, kept: np.ndarray | None) -> Series:
    reduced = observable.reduce(mean)
    if reduced.shape != mean.shape:
        error = np.full(reduced.shape, np.nan)
    values = None if kept is None else np.moveaxis(kept, 1, 2)
    if observable.vector:
        return Series(reduced, error, values)
    single = None if values is None or values.shape[2] > 1 else values[..., 0]
    return Series(reduced[:, 0], error[:, 0], single)


def _provenance(seed: int, draw: str, width: int, dtype: Any) -> dict[str, Any]:
    import jaxlib

    import madtheory

    return {"seed": seed, "draw": draw, "tile": width, "dtype": np.dtype(dtype).name, "generator": "philox4x32-10",
            "platform": jax.default_backend(), "madtheory": madtheory.__version__, "jax": jax.__version__,
            "jaxlib": jaxlib.__version__, "numpy": np.__version__}


def jsonable(values: np.ndarray) -> Any:
    """Nested lists with `None` in place of numbers that JSON does not have."""
    if values.ndim:
        return [jsonable(v) for v in values]
    return float(values) if np.isfinite(values) else None


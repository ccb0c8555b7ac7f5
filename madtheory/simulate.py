"""`simulate`: thousands of replicas of a loop, tile by tile, with the replicas' moments kept and the rest let go."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory import _arguments as arguments
from madtheory._jump import check_alone
from madtheory._jump import jump as jump_of
from madtheory._parts import reads
from madtheory._replica import Job, Rules, State
from madtheory._run import Progress as Progress
from madtheory._run import Run, run_tiles, tile_width
from madtheory._run import Watch as Watch
from madtheory._steering import steering
from madtheory.draws import plan
from madtheory.engine import SEGMENT
from madtheory.errors import BadInput, Words
from madtheory.loop import Loop
from madtheory.observables import catalogue, reported
from madtheory.random import ONE, Jump, seed_words


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
        surprises: (T, 2C, d) mean of the one-step surprises in the family's C channels and of their squares, and (T, 2C, d)
            its standard error, exact when the claim is true; or `None`.
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
    devices: int | str | Sequence[Any] | None = None,
    keep: Sequence[int] = (),
    claim: Loop | None = None,
    tilt: float = 0.0,
    jump: int = 1,
    tile: int | None = None,
    dtype: Any = np.float32,
    progress: Progress | None = None,
    watch: Watch | None = None,
    roomy: bool = False,
) -> Simulation:
    """Run `replicas` independent copies of `loop` and report the mean of each observable per generation.

    The result depends on nothing but the loop, the seed, the tile width and the precision: the same bits for any
    number of devices. An interrupt (Ctrl-C) keeps the tiles that are done and returns them with `complete=False`.

    Args:
        loop: the specification.
        generations: T, the last generation.
        observables: names from `observables.catalogue(loop.model)`; those that are reported when not given.
        replicas: R.
        seed: a whole number in [0, 2⁶⁴).
        draw: "statistics" draws sufficient statistics from their exact law, "points" draws every point.
        devices: how many local devices, or a list of them; "pmap" for all in step (see `_run._place.Together`); all by default,
            of every process where `jax.distributed` is initialised. Then every process returns the same.
        keep: generations whose every replica is kept in `Series.values`.
        claim: a loop of the same kind of schedule; measure how each generation surprises its forecast (see `forecast`).
        tilt: θ; draw chi-squares from the law tilted by (χ²)^θ, for importance sampling of moments (replace, one dimension).
        jump: k; take k generations at a step and report every k-th (replace, one dimension, observables of the variance alone).
        tile: replicas per tile, a power of two; part of the run's identity. By default it is chosen by size (`_run.tile_width`),
            and halved, with a warning, where memory is short.
        dtype: float32 or float64.
        progress: called with (done, total) tile-generations.
        roomy: make room for as many points as the next power of two, so that runs of other sizes share the program; it is part
            of the run's identity where all points are drawn.
        watch: told of every tile that is done; it may know tiles from an earlier run, and end the run when they are enough.

    Raises:
        BadInput: naming the argument, before anything is compiled.
    """
    generations = loop.check_generations(generations)
    names = arguments.observables(observables, catalogue(loop.model), reported(loop.model))
    arguments.check_run(replicas=replicas, seed=seed, draw=draw)
    arguments.check_tile(tile)
    chosen = arguments.devices(devices)
    arguments.check_precision(dtype, chosen)
    step = jump_of(loop, generations, jump)
    check_alone(step, draw=draw, claim=claim, tilt=tilt)
    if claim is not None and not (loop.forecasts and loop.schedule.forecast):
        raise BadInput("claim", f"nothing: there is no forecast of a {loop.model.kind} model here", Words("a loop"))
    keep = _steps(keep, step.generations)
    steps = generations // step.generations
    with jax.enable_x64(np.dtype(dtype) == np.float64), jax.default_matmul_precision("highest"):
        job = make_job(loop, steps, names, seed, draw, dtype, claim, tilt, step, roomy)
        if step.generations > 1:
            _check_variance_alone(job, names)
        soon = replicas if watch is None or watch.soon is None else watch.soon
        wanted, together = tile or tile_width(job, min(replicas, soon)), isinstance(devices, str)
        run, complete = run_tiles(job, steps, replicas, wanted, keep, chosen, progress, together, tile is not None, watch)
        how = "points" if loop.schedule.needs_points else draw
        provenance = _provenance(seed, how, run.width, dtype) | ({} if run.width == wanted else {"tile_wanted": wanted})
        return _report(loop, run, names, complete, provenance, step.generations)


def make_job(loop: Loop, generations: int, names: Sequence[str], seed: int, draw: str, dtype: Any,
             claim: Loop | None = None, tilt: float = 0.0, step: Jump = ONE, roomy: bool = False) -> Job:
    """The loop as arrays in the run's precision."""
    dtype = np.dtype(dtype)

    def cast(leaf: Any) -> Any:
        kind = leaf.dtype.kind if isinstance(leaf, np.ndarray | np.generic) else ""  # n + 1 of an array is no array
        return np.asarray(leaf, {"f": dtype, "i": np.int32}.get(kind, leaf.dtype)) if kind else leaf

    world = loop.model.world(loop.truth, dtype)
    chosen = tuple(catalogue(loop.model)[name]() for name in names)
    claimed = None if claim is None else rules(claim, generations)
    shared = plan(loop, generations, draw, dtype, tilt, step, roomy)
    return jax.tree.map(cast, Job(rules(loop, generations), claimed, shared, seed_words(seed), world, chosen))


def rules(loop: Loop, generations: int) -> Rules:
    """The part of a loop that the engine's generation step reads."""
    bias = np.array(loop.bias(generations))
    return Rules(loop.schedule, bias, reach(loop, generations), loop.bias_first_generation, loop.estimator, steering(loop))


def reach(loop: Loop, generations: int) -> np.ndarray:
    """(T,) real points drawn up to each generation, at most one more than dimensions: synthetic points lie in their span."""
    enough = loop.dim + 1
    if loop.composition(1).training_sizes()[0] >= enough:
        return np.full(generations, enough)
    table = loop.composition(min(generations, SEGMENT))
    real = (table.source == 0) & (table.weights > 0).any(axis=0)
    drawn = np.cumsum(np.bincount(table.born[real], table.size[real], minlength=table.generations + 1)[1:])
    return np.minimum(np.pad(drawn, (0, generations - len(drawn)), mode="edge"), enough).astype(int)


def _steps(keep: Sequence[int], k: int) -> tuple[int, ...]:
    """The steps that end at these generations."""
    for t in keep:
        if int(t) % k:
            raise BadInput("keep", f"generations that are multiples of the jump, {k}", int(t))
    return tuple(sorted({int(t) // k for t in keep}))


def _check_variance_alone(job: Job, names: Sequence[str]) -> None:
    """Refuse observables that read the mean, which is lost on the way, or the error of generation 1."""
    state = job.blank()

    def seen(mean: Any, first_error: Any, observable: Any) -> Any:
        frame = eqx.tree_at(lambda frame: frame.mean, state.frame, mean)
        return observable.value(job.plan.family.see(frame, state.model, first_error, jnp.int32(2), moving=True), job.world)

    for name, observable in zip(names, job.observables, strict=True):
        about = functools.partial(seen, observable=observable)
        if any(reads(about, state.frame.mean, state.first_error)):
            raise BadInput("jump", f"1 where {name} is observed, which depends on the mean", Words("more"))


def _report(loop: Loop, run: Run, names: Sequence[str], complete: bool, provenance: dict[str, Any], k: int) -> Simulation:
    dim = loop.dim
    error = np.sqrt(run.m2 / max(run.count - 1, 1) / run.count)
    truth = _truth_row(run.job)
    mean = np.concatenate([truth[None], run.mean[:, : len(truth)]])
    error = np.concatenate([np.zeros((1, error.shape[1])), error])
    kept = np.concatenate(run.kept, axis=2) if run.kept else None
    series, start = {}, 0
    for name, observable in zip(names, run.job.observables, strict=True):
        stop = start + observable.width(dim)
        values = None if kept is None else kept[:, start:stop]
        series[name] = _series(observable, mean[:, start:stop], error[:, start:stop], values)
        start = stop
    surprises = None if run.job.claim is None else _surprises(run.mean[:, start:].reshape(-1, *run.job.surprises), run.count)
    generations, keep = k * np.arange(run.generations + 1), tuple(k * step for step in run.keep)
    provenance = provenance if k == 1 else provenance | {"jump": k}
    return Simulation(loop, generations, series, run.count, tuple(run.failed), keep, surprises, provenance, complete)


def _surprises(mean: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Means (T, 2C, d) and their standard errors: a surprise has variance 1, its square 2 + the excess kurtosis."""
    channels = mean.shape[1] // 2
    variance = np.ones_like(mean[:, :-1])
    variance[:, channels:] = 2
    variance[:, -1] += mean[:, -1]
    return mean[:, :-1], np.sqrt(variance / count)


def _series(observable: Any, mean: np.ndarray, error: np.ndarray, kept: np.ndarray | None) -> Series:
    reduced = observable.reduce(mean)
    if reduced.shape != mean.shape:
        error = np.full(reduced.shape, np.nan)
    values = None if kept is None else np.moveaxis(kept, 1, 2)
    if observable.vector:
        return Series(reduced, error, values)
    single = None if values is None or values.shape[2] > 1 else values[..., 0]
    return Series(reduced[:, 0], error[:, 0], single)


def _truth_row(job: Job) -> np.ndarray:
    """Every observable at generation 0: the model is the truth."""
    return np.concatenate([np.atleast_1d(np.asarray(value, np.float64)) for value in _at_truth(job.blank(), job)])


@eqx.filter_jit  # one small program instead of one for every operation
def _at_truth(state: State, job: Job) -> list[Any]:
    seen = job.plan.family.see(state.frame, state.model, state.first_error, jnp.int32(0), moving=False)
    return [observable.value(seen, job.world) for observable in job.observables]


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


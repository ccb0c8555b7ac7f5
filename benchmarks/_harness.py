"""Interleaved timing of several ways to do the same work, and the closed form that all of them must meet."""

from __future__ import annotations

import dataclasses
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import _machine as machine

Z_BOUND = 5.0
"""Standard errors that a mean may be off: 6·10⁻⁷ per two-sided check, so that a run of some thousand checks is quiet."""
SKEWED, ENOUGH = {"mean_square_drift"}, 30
"""Observables whose mean over fewer than so many replicas is too skewed for a bound in standard errors."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Means over replicas, one per generation 1…T.

    Attributes:
        replicas: how many were averaged.
        mean: observable → (T,).
        sd: observable → (T,) standard deviation over replicas, where it was measured.
        tile: replicas per tile, where there are tiles.
    """

    replicas: int
    mean: Mapping[str, np.ndarray]
    sd: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    tile: int | None = None


@dataclasses.dataclass(frozen=True)
class Claim:
    """What a closed form says of the mean over replicas.

    Attributes:
        observable: its name.
        generation: t ≥ 1.
        mean: its expectation.
        sd: its standard deviation over replicas; `None` takes the one that our own run measured.
        part: which outcome it is about, where a run has several.
    """

    observable: str
    generation: int
    mean: float
    sd: float | None = None
    part: str = ""


@dataclasses.dataclass(frozen=True)
class Result:
    """What one call did.

    Attributes:
        outcomes: part → outcome, "" where there is one part only.
        seconds: what the call took, where that is not the time until it came back.
        extra: further numbers for the record.
    """

    outcomes: Mapping[str, Outcome]
    seconds: float | None = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to do the work.

    Attributes:
        name: as it is printed.
        call: does it with this seed, and comes back when it is done.
        work: units of work that one call does; a call that does 2 of 100 seeds does 0.02 of the whole.
        warm: whether an untimed call goes first; a fresh process has nothing to warm.
    """

    name: str
    call: Callable[[int], Result]
    work: float
    warm: bool = True


@dataclasses.dataclass
class Timing:
    """Seconds of one way: XLA's compilation in the first call, the rest of that call, and every later call."""

    name: str
    work: float
    compile: float | None = None
    first: float | None = None
    steady: list[float] = dataclasses.field(default_factory=list)
    results: list[Result] = dataclasses.field(default_factory=list)

    @property
    def each(self) -> list[float]:
        """Seconds per unit of work, one per round."""
        return [seconds / self.work for seconds in self.steady]

    @property
    def median(self) -> float:
        """Seconds per unit of work."""
        return statistics.median(self.each)

    def to_dict(self) -> dict[str, Any]:
        """Raw numbers for the record."""
        extra = [dict(result.extra) for result in self.results if result.extra]
        raw = {"name": self.name, "work_per_call": self.work, "compile_s": self.compile, "first_run_s": self.first}
        return raw | {"steady_s": self.steady, "median_s_per_work": self.median} | ({"extra": extra} if extra else {})


def interleave(ways: Sequence[Way], rounds: int, *, seed: int, patience: float = math.inf) -> list[Timing]:
    """Time the ways in turn, `rounds` times; past `patience` seconds no further round begins."""
    start, timings = time.perf_counter(), [Timing(way.name, way.work) for way in ways]
    for way, timing in zip(ways, timings, strict=True):
        if way.warm:
            _first(way, timing, seed)
    for turn in range(1, rounds + 1):
        for way, timing in zip(ways, timings, strict=True):
            _once(way, timing, seed + turn)
        if time.perf_counter() - start > patience:
            break
    return timings


def _first(way: Way, timing: Timing, seed: int) -> None:
    before, start = machine.compiled(), time.perf_counter()
    timing.results.append(way.call(seed))
    timing.compile = machine.compiled() - before
    timing.first = time.perf_counter() - start - timing.compile


def _once(way: Way, timing: Timing, seed: int) -> None:
    start = time.perf_counter()
    result = way.call(seed)
    seconds = time.perf_counter() - start
    timing.steady.append(seconds if result.seconds is None else result.seconds)
    timing.results.append(result)


@dataclasses.dataclass(frozen=True)
class Ratio:
    """Their seconds by ours for the same work: median, smallest and largest of the rounds."""

    median: float
    low: float
    high: float


def paired(ours: Timing, theirs: Timing) -> Ratio:
    """Ratio round by round, so that whatever slows the machine slows both."""
    each = [b / a for a, b in zip(ours.each, theirs.each, strict=True)]
    return Ratio(statistics.median(each), min(each), max(each))


@dataclasses.dataclass(frozen=True)
class Check:
    """The largest deviation from a closed form, in standard errors, over all calls of a way."""

    way: str
    claim: str
    z: float

    @property
    def passed(self) -> bool:
        """Whether the deviation is one that chance explains; what is not a number never passes."""
        return abs(self.z) <= Z_BOUND


def check(timings: Sequence[Timing], claims: Sequence[Claim]) -> list[Check]:
    """Hold every call of every way against every claim; standard deviations that no formula gives are those of the first way.

    Squares of a few replicas are far from normal: they are pooled over calls and parts before they are judged.
    """
    sds = [_measured_sd(timings[0], claim) if claim.sd is None else claim.sd for claim in claims]
    found = []
    for timing in timings:
        few: dict[str, list[tuple[int, float]]] = {}
        for claim, sd in zip(claims, sds, strict=True):
            alone = []
            for replicas, z in _deviations(timing, claim, sd):
                skewed = claim.observable in SKEWED and replicas < ENOUGH
                (few.setdefault(claim.observable, []) if skewed else alone).append((replicas, z))
            found += _alone(timing.name, claim, alone)
        found += [c for observable, zs in few.items() for c in _pooled(timing.name, observable, zs)]
    return found


def _alone(way: str, claim: Claim, zs: list[tuple[int, float]]) -> list[Check]:
    what = f"{claim.part} {claim.observable} t={claim.generation}".strip()
    return [Check(way, what, max((z for _, z in zs), key=lambda z: (math.isnan(z), abs(z))))] if zs else []


def _pooled(way: str, observable: str, zs: list[tuple[int, float]]) -> list[Check]:
    """Nothing where even all of them are too few."""
    if sum(replicas for replicas, _ in zs) < ENOUGH:
        return []
    return [Check(way, f"{observable}, {len(zs)} runs pooled", sum(z for _, z in zs) / math.sqrt(len(zs)))]


def _measured_sd(ours: Timing, claim: Claim) -> float:
    each = [r.outcomes[claim.part].sd[claim.observable][claim.generation - 1] for r in ours.results]
    return float(np.sqrt(np.mean(np.square(each))))


def _deviations(timing: Timing, claim: Claim, sd: float) -> Iterator[tuple[int, float]]:
    """Replicas and deviation in standard errors, of each call that ran this part for this long."""
    for result in timing.results:
        outcome = result.outcomes.get(claim.part)
        if outcome is not None and len(outcome.mean[claim.observable]) >= claim.generation:
            mean = float(outcome.mean[claim.observable][claim.generation - 1])
            yield outcome.replicas, (mean - claim.mean) / (sd / math.sqrt(outcome.replicas))

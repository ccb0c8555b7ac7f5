"""Lines of the table: a ratio or a measured number, its target, and whether closed forms were met."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from benchmarks import _machine as machine
from benchmarks._harness import Check, Claim, Ratio, Timing, Way, check, interleave, paired
from benchmarks._ours import Job, fresh, here
from benchmarks._run import Run


@dataclasses.dataclass(frozen=True)
class Target:
    """What a line must reach, and what would be better; `most` for numbers that should be small."""

    must: float
    stretch: float | None = None
    most: bool = False

    def met(self, value: float) -> bool:
        """Whether `value` is good enough."""
        return value <= self.must if self.most else value >= self.must

    def __str__(self) -> str:
        sign = "≤" if self.most else "≥"
        return f"{sign} {self.must:g}" + (f" ({self.stretch:g})" if self.stretch is not None else "")


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        group: the benchmark.
        name: what was compared.
        ours: our number, with its unit.
        theirs: the other's, with its unit and name.
        ratio: of the two, round by round.
        value: a number without a rival, in `unit`.
        unit: of `value`.
        target: for the ratio or the value.
        checks: closed forms.
        note: what a reader must know, such as extrapolation.
        raw: timings as they were taken.
        load: how busy the machine was until the line was made.
    """

    group: str
    name: str
    ours: str = ""
    theirs: str = ""
    ratio: Ratio | None = None
    value: float | None = None
    unit: str = ""
    target: Target | None = None
    checks: tuple[Check, ...] = ()
    note: str = ""
    raw: tuple[dict[str, Any], ...] = ()
    load: dict[str, Any] = dataclasses.field(default_factory=machine.load)

    @property
    def number(self) -> float | None:
        """What the target is about."""
        return self.ratio.median if self.ratio else self.value

    @property
    def hit(self) -> bool | None:
        """Whether the target is reached; `None` without one."""
        return None if self.target is None or self.number is None else self.target.met(self.number)

    @property
    def worst(self) -> Check | None:
        """The check that comes out worst."""
        return max(self.checks, key=lambda c: (math.isnan(c.z), abs(c.z)), default=None)

    @property
    def wrong(self) -> list[Check]:
        """Checks that failed."""
        return [c for c in self.checks if not c.passed]

    def to_dict(self) -> dict[str, Any]:
        """For the record."""
        plain = {key: getattr(self, key) for key in ("group", "name", "ours", "theirs", "value", "unit", "note", "hit", "load")}
        ratio = dataclasses.asdict(self.ratio) if self.ratio else None
        target = dataclasses.asdict(self.target) if self.target else None
        checks = [dataclasses.asdict(c) | {"passed": c.passed} for c in self.checks]
        return plain | {"ratio": ratio, "target": target, "checks": checks, "timings": list(self.raw)}


def rate(timing: Timing) -> str:
    """Replica-generations per second, in millions."""
    return f"{1e-6 / timing.median:.3g} M/s"


def duration(timing: Timing) -> str:
    """Seconds for the whole work."""
    return f"{timing.median:.3g} s"


def note(ways: Sequence[Way], timings: Sequence[Timing]) -> str:
    """What was extrapolated, and the number of rounds where it is not five or more."""
    said = [f"{w.name} ×{1 / w.work:.4g}" for w in ways if 0 < w.work < 1]
    rounds = len(timings[0].steady)
    return ", ".join(said + ([f"{rounds} round{'s' * (rounds > 1)}"] if rounds < 5 else []))


def with_compile(
    run: Run, group: str, name: str, jobs: dict[str, Job], theirs: Way, claims: Sequence[Claim], targets: Sequence[Target | None]
) -> list[Line]:
    """Two lines from the same rounds: ours warm, and ours in a fresh process that has to compile."""
    ways = [here(jobs), theirs, fresh(jobs)]
    (warm, _), timings = compare(group, name, ways, claims, targets=targets[:1], **run.how)
    cold, raw = timings[2], (timings[2].to_dict(), timings[1].to_dict())
    text, ratio = f"{name}: {cold.name} ÷ {theirs.name}", paired(cold, timings[1])
    target = targets[1] if len(targets) > 1 else None
    changed = {"name": text, "ours": duration(cold), "ratio": ratio, "target": target, "raw": raw}
    return [warm, dataclasses.replace(warm, **changed)]


def compare(
    group: str, name: str, ways: Sequence[Way], claims: Sequence[Claim], *, rounds: int, seed: int, show: Any = duration,
    targets: Sequence[Target | None] = (), patience: float = math.inf,
) -> tuple[list[Line], list[Timing]]:
    """Time the ways in turn; one line for each but the first, which is ours, and one for ours where it is alone."""
    timings = interleave(ways, rounds, seed=seed, patience=patience)
    checks, ours = check(timings, claims), timings[0]
    lines = []
    if len(timings) == 1:
        lines.append(Line(group, f"{name}: {ours.name}", show(ours), checks=tuple(checks), raw=(ours.to_dict(),)))
    for k, theirs in enumerate(timings[1:]):
        own = tuple(c for c in checks if c.way in (ours.name, theirs.name))
        line = Line(group, f"{name}: {ours.name} ÷ {theirs.name}", show(ours), show(theirs), paired(ours, theirs), checks=own)
        target = targets[k] if k < len(targets) else None
        used = (ways[0], ways[k + 1])
        raw = (ours.to_dict(), theirs.to_dict())
        lines.append(dataclasses.replace(line, target=target, note=note(used, (ours, theirs)), raw=raw))
    return lines, timings

"""What one experiment writes: verdicts of many loops, the numbers of its text, and how far it has come."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from madtheory.loop import Loop
from madtheory.results._dataset import to_dataset
from madtheory.results._files import write
from madtheory.results._numbers import numbers_tex
from madtheory.results._store import save
from madtheory.results._tables import verdicts_csv, verdicts_markdown, verdicts_tex
from madtheory.simulate import Simulation, simulate
from madtheory.verify import Verdict, verify

PARTS = 1_000
"""Marks of the progress bar per step."""
Progress = Callable[[int, int], None]
Loops = Mapping[str, Loop]


@dataclasses.dataclass
class Report:
    """The folder of one experiment, and how its loops are run.

    Attributes:
        out: the folder.
        steps: how many loops will be checked or run; each moves the bar by as much, and has its share of `level`.
        replicas: R of every verdict.
        seed: of the experiment; each loop's own follows from it and its label.
        devices: as in `simulate`.
        progress: as in `simulate`, over all steps.
        level: false-alarm rate of all verdicts together.
        verdicts: (loop's label, verdict), in the order they came.
        numbers: macro → number for the text.
        done: steps done.
    """

    out: Path
    steps: int
    replicas: int = 10_000
    seed: int = 0
    devices: int | str | Sequence[Any] | None = None
    progress: Progress | None = None
    level: float = 0.01
    verdicts: list[tuple[str, Verdict]] = dataclasses.field(default_factory=list)
    numbers: dict[str, Any] = dataclasses.field(default_factory=dict)
    done: int = 0

    def check(self, loops: Loops, generations: int, observables: Sequence[str] | None = None) -> dict[str, Simulation]:
        """Verify loops by label, each under its own seed, and hand on the runs; after each one, what is done is on disk."""
        runs = {}
        for label, loop in loops.items():
            level = self.level / self.steps
            found = verify(loop, generations=generations, observables=observables, level=level, **self._how(label))
            _go_on(found.simulation.complete)
            self.verdicts += [(label, verdict) for verdict in found]
            runs[label] = found.simulation
            self._step()
        return runs

    def simulate(self, loops: Loops, generations: int, observables: Sequence[str], **options: Any) -> dict[str, Simulation]:
        """Run loops for a figure; `options` as in `simulate`."""
        runs = {}
        for label, loop in loops.items():
            runs[label] = simulate(loop, generations=generations, observables=observables, **(self._how(label) | options))
            _go_on(runs[label].complete)
            self._step()
        return runs

    def keep(self, results: Mapping[str, Any]) -> None:
        """Save simulations and predictions as `NAME.nc`."""
        for name, result in results.items():
            save(to_dataset(result), self.out / f"{name}.nc")

    def seed_of(self, label: str) -> int:
        """The seed of one loop: different loops do not share random numbers."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}\0{label}".encode()).digest()[:7], "big")

    def finish(self) -> list[Verdict]:
        """Write verdicts and numbers, and hand the verdicts on."""
        states = [verdict.status for _, verdict in self.verdicts]
        counts = {"Verdicts": len(states), "Passed": states.count("passed"), "Failed": states.count("failed"),
                  "Untestable": states.count("untestable"), "Replicas": self.replicas}  # fmt: skip
        prefix = "".join(word.capitalize() for word in self.out.name.split("_"))
        self._write_verdicts()
        write(self.out / "numbers.tex", numbers_tex({prefix + name: value for name, value in (counts | self.numbers).items()}))
        return [verdict for _, verdict in self.verdicts]

    def _step(self) -> None:
        self.done += 1
        self._write_verdicts()
        if self.progress:
            self.progress(self.done * PARTS, self.steps * PARTS)

    def _write_verdicts(self) -> None:
        for ending, table in (("csv", verdicts_csv), ("md", verdicts_markdown), ("tex", verdicts_tex)):
            write(self.out / f"verdicts.{ending}", table(self.verdicts))

    def _how(self, label: str) -> dict[str, Any]:
        """Arguments that `verify` and `simulate` share."""
        return {"replicas": self.replicas, "seed": self.seed_of(label), "devices": self.devices, "progress": self._part()}

    def _part(self) -> Progress | None:
        """A callback for one step, in terms of all of them."""
        tell, done = self.progress, self.done
        if tell is None:
            return None
        return lambda part, total: tell(done * PARTS + PARTS * part // total, self.steps * PARTS)


def _go_on(complete: bool) -> None:
    """A run that Ctrl-C cut short ends the experiment; the verdicts before it are on disk."""
    if not complete:
        raise KeyboardInterrupt

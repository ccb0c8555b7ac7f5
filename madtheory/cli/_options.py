"""The flags, each group an extension of the one before. Numbers that are not numbers are handed on, to be refused below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter, Token


def number(_: Any, tokens: Sequence[Token]) -> Any:
    """A whole number, else a number, else the text itself: cyclopts would cut 2.5 down to 2."""
    for kind in (int, float):
        try:
            return kind(tokens[0].value)
        except ValueError:
            continue
    return tokens[0].value


def count_or_list(_: Any, tokens: Sequence[Token]) -> Any:
    """`2` is a number of devices, `0,1` are two of them."""
    parts = [number(None, [Token(value=part)]) for part in tokens[0].value.split(",")]
    return parts if len(parts) > 1 else parts[0]


Number = Parameter(converter=number)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a result goes.

    Attributes:
        json: Print exactly one JSON document.
        out: Folder to write the result to as well, as JSON and CSV.
    """

    json: Annotated[bool, Parameter(negative="")] = False
    out: str | None = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Span(Output):
    """What is looked at.

    Attributes:
        generations: T, the last generation; 20 unless the loop's own lists end earlier.
        observables: Names with commas between; all that are one number per generation by default.
    """

    generations: Annotated[int | None, Number] = None
    observables: str | None = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Run(Span):
    """How the loop is run.

    Attributes:
        replicas: Independent copies of the loop.
        seed: Any whole number from 0 to 2⁶⁴−1; the same seed gives the same numbers.
        draw: Draw sufficient `statistics` from their exact law, or all `points`.
        devices: How many devices, which ones (0,1), or `pmap` for all of them in step; all by default.
        distributed: Share the run with the other processes that a launcher has started; the first one prints.
    """

    replicas: Annotated[int, Number] = 10_000
    seed: Annotated[int, Number] = 0
    draw: str = "statistics"
    devices: Annotated[str | None, Parameter(converter=count_or_list)] = None
    distributed: Annotated[bool, Parameter(negative="")] = False


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Simulate(Run):
    """How a simulation is reported.

    Attributes:
        jump: Take so many generations at a step and report every one of these; for what depends on the variance alone.
    """

    jump: Annotated[int, Number] = 1


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Test(Run):
    """How prediction and simulation are compared.

    Attributes:
        level: False-alarm rate of all verdicts together.
        against: Test the simulation of LOOP against the laws of this other loop.
    """

    level: Annotated[float, Number] = 0.01
    against: str | None = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Listing(Output):
    """Which experiments.

    Attributes:
        experiments: Folder of experiments; ./experiments, else the bundled ones, by default.
    """

    experiments: str | None = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Experiments(Listing):
    """How experiments are run.

    Attributes:
        out: Folder for figures, tables and verdicts.
        smoke: A small run that ends in seconds: fewer replicas, fewer loops.
        replicas: Independent copies of each loop.
        seed: Any whole number from 0 to 2⁶⁴−1; the same seed gives the same numbers.
        devices: How many devices, or which ones (0,1); all by default.
        jobs: How many experiments run side by side; by default as many as there are cores, on a CPU, else one.
    """

    out: str = "results"
    smoke: Annotated[bool, Parameter(negative="")] = False
    replicas: Annotated[int, Number] = 10_000
    seed: Annotated[int, Number] = 0
    devices: Annotated[str | None, Parameter(converter=count_or_list)] = None
    jobs: Annotated[int | None, Number] = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Sweep(Output):
    """How a grid is swept.

    Attributes:
        out: Folder of the sweep.
        resume: Go on with the sweep in that folder, or begin one.
        dry_run: Say how many points, programs, bytes and seconds it will take, and do nothing.
        executor: Who computes: `local`, `processes`, `dask` or `slurm`.
        workers: How many of them; as many as there are cores by default.
        scheduler: Address of a Dask scheduler; a cluster on this machine is started by default.
        part: `K/N`: only the K-th of N parts, to be merged with the others.
        devices: How many devices of each process, or which ones (0,1); all by default.
        distributed: Share the points with the other processes that a launcher has started; the first one prints.
    """

    resume: Annotated[bool, Parameter(negative="")] = False
    dry_run: Annotated[bool, Parameter(negative="")] = False
    executor: str = "local"
    workers: Annotated[int | None, Number] = None
    scheduler: str | None = None
    part: str = "1/1"
    devices: Annotated[str | None, Parameter(converter=count_or_list)] = None
    distributed: Annotated[bool, Parameter(negative="")] = False


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Merge(Output):
    """Where parts are merged.

    Attributes:
        out: Folder of the whole sweep.
    """


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Export(Output):
    """What is exported.

    Attributes:
        to: File to write: .nc, .parquet or .csv.
        partial: Although points are missing.
    """

    to: str | None = None
    partial: Annotated[bool, Parameter(negative="")] = False


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Status(Output):
    """What is looked at.

    Attributes:
        check: Read every chunk, and name those that are damaged or missing.
    """

    check: Annotated[bool, Parameter(negative="")] = False


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ReportOptions(Output):
    """What a report shows.

    Attributes:
        out: Folder for the report; that of the sweep by default.
        observable: Whose means are shown; that of the refinement's line, or the first, by default.
        generation: At which; the last by default.
        partial: Although points are missing.
    """

    observable: str | None = None
    generation: Annotated[int | None, Number] = None
    partial: Annotated[bool, Parameter(negative="")] = False

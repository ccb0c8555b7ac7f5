"""The commands. Each one reads, calls one public function, and prints; heavy imports wait until one is run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from madtheory.cli import _experiments as experiments_
from madtheory.cli import _output as output
from madtheory.cli import _sweeps as sweeps
from madtheory.cli import _tables as tables
from madtheory.cli._distributed import processes
from madtheory.cli._experiments import Verdicts
from madtheory.cli._interrupt import interrupts
from madtheory.cli._options import Experiments, Listing, Output, Run, Simulate, Span, Test
from madtheory.cli._progress import bar, bars
from madtheory.cli._side_by_side import side_by_side
from madtheory.errors import BadInput

if TYPE_CHECKING:
    from madtheory.loop import Loop

GENERATIONS = 20
LoopFile = Annotated[str, Parameter(help="TOML file that describes the loop.")]
Name = Annotated[str, Parameter(help="Name of an experiment, or `all`.")]
OUTPUT, SPAN, TEST, LISTING, EXPERIMENTS = Output(), Span(), Test(), Listing(), Experiments()  # no flag given
SIMULATE = Simulate()


def _version() -> str:
    import madtheory

    return madtheory.__version__


app = App(
    name="madtheory",
    version=_version,
    help="The laboratory for the theory of self-consuming generative models.",
    result_action="return_value",
)


@app.command
def predict(loop: LoopFile, /, *, options: Span = SPAN) -> int:
    """What theory says of a loop, in closed form."""
    output.check_out(options.out)
    spec, generations = _read(loop, options.generations)
    from madtheory.predict import predict

    document = predict(spec, generations, _names(options)).to_dict()
    output.emit("predict", document, tables.series(document, "sd"), options)
    return 0


@app.command
def simulate(loop: LoopFile, /, *, options: Simulate = SIMULATE) -> int:
    """Run many replicas of a loop and measure."""
    with processes(options.distributed) as first, bar("simulate", first) as progress:
        spec, arguments = _prepare(loop, options)
        from madtheory.simulate import simulate

        document = simulate(spec, **arguments, jump=options.jump, progress=progress).to_dict()
    if first:
        output.emit("simulate", document, tables.series(document, "standard_error"), options)
    return 0


@app.command
def verify(loop: LoopFile, /, *, options: Test = TEST) -> int:
    """Say, with a stated error rate, whether simulation and theory agree."""
    with processes(options.distributed) as first, bar("verify", first) as progress:
        spec, arguments = _prepare(loop, options)
        against = None if options.against is None else _read(options.against, arguments["generations"])[0]
        from madtheory.verify import verify

        verdicts = verify(spec, **arguments, level=options.level, against=against, progress=progress)
    documents = [verdict.to_dict() for verdict in verdicts]
    if first:
        output.emit("verify", documents, tables.verdicts(documents), options)
    return _status(documents)


@app.command
def laws(*, options: Output = OUTPUT) -> int:
    """List the laws: name, kind, observable, models, hypotheses, source."""
    output.check_out(options.out)
    from madtheory.laws import ATLAS

    passport = ("name", "kind", "observable", "statement", "source")
    documents = [
        {key: getattr(law, key, None) for key in passport}
        | {"models": law.models(), "hypotheses": [hypothesis.text for hypothesis in law.hypotheses]}
        for law in ATLAS.values()
    ]
    output.emit("laws", documents, tables.atlas(documents), options)
    return 0


@app.command
def experiments(*, options: Listing = LISTING) -> int:
    """List the experiments and what each one claims."""
    output.check_out(options.out)
    every = experiments_.found(experiments_.folder(options.experiments))
    documents = [{"name": name, "claim": experiments_.claim(path)} for name, path in every.items()]
    output.emit("experiments", documents, tables.experiments(documents), options)
    return 0


@app.command
def run(name: Name, /, *, options: Experiments = EXPERIMENTS) -> int:
    """Run one experiment, or all: verdicts, figures and tables go to a folder."""
    from madtheory import _arguments

    chosen = experiments_.chosen(name, experiments_.folder(options.experiments))
    output.check_out(options.out)
    _arguments.check_run(replicas=options.replicas, seed=options.seed, draw="statistics")
    jobs = _jobs(options, _arguments.devices(options.devices))
    done: dict[str, Verdicts] = {}
    try:
        for one, verdicts in _in_turn(chosen, options) if min(jobs, len(chosen)) == 1 else _together(chosen, options, jobs):
            done[one] = verdicts
            output.save("verdicts", _in_order(done, chosen), tables.verdicts(_in_order(done, chosen)), options)
            if interrupts.seen:
                break
    except KeyboardInterrupt:
        interrupts.seen = True  # what is done is kept; `main` says that there was an interrupt
    output.emit("verdicts", _in_order(done, chosen), tables.verdicts(_in_order(done, chosen)), options)
    return _status(_in_order(done, chosen))


for _command in (sweeps.sweep, sweeps.status, sweeps.merge, sweeps.export, sweeps.report):
    app.command(_command)


def _jobs(options: Experiments, devices: list[Any]) -> int:
    """How many experiments run side by side: by default as many as there are cores, or one at a time on other devices."""
    from madtheory import _arguments

    if options.jobs is not None:
        return _arguments.whole("jobs", options.jobs, 1, 2**16)
    return (os.cpu_count() or 1) if devices[0].platform == "cpu" else 1


def _in_turn(chosen: dict[str, Path], options: Experiments) -> Iterator[tuple[str, Verdicts]]:
    for name, path in chosen.items():
        with bar(name) as progress:
            verdicts = experiments_.perform(name, path, options, progress)
        yield name, verdicts


def _together(chosen: dict[str, Path], options: Experiments, jobs: int) -> Iterator[tuple[str, Verdicts]]:
    with bars() as tell:
        yield from side_by_side(chosen, options, jobs, tell)


def _in_order(done: dict[str, Verdicts], chosen: dict[str, Path]) -> Verdicts:
    """All verdicts so far, in the order of the experiments' names, whichever ended first."""
    return [verdict for name in chosen for verdict in done.get(name, [])]


def _status(verdicts: Verdicts) -> int:
    """1 when some verdict failed; a run without any verdict shows nothing and is refused, unless it was cut short."""
    if not verdicts and not interrupts.seen:
        raise BadInput("observables", "at least one that some law predicts for this loop", [])
    return int(any(verdict["status"] == "failed" for verdict in verdicts))


def _prepare(path: str, options: Run) -> tuple[Loop, dict[str, Any]]:
    """The loop, and the arguments that `simulate` and `verify` share."""
    output.check_out(options.out)
    spec, generations = _read(path, options.generations)
    shared = ("replicas", "seed", "draw", "devices")
    return spec, {"generations": generations, "observables": _names(options)} | {name: getattr(options, name) for name in shared}


def _read(path: str, generations: int | None) -> tuple[Loop, int]:
    """The loop in a file and the last generation, checked; complaints name the file."""
    from madtheory.loop import Loop

    spec = Loop.from_toml(path)
    try:
        last = min(GENERATIONS, spec.horizon() or GENERATIONS) if generations is None else generations
        return spec, spec.check_generations(last)
    except BadInput as error:
        raise error.located(path) from None


def _names(options: Span) -> list[str] | None:
    return None if options.observables is None else [name.strip() for name in options.observables.split(",")]

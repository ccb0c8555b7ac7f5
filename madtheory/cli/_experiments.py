"""Experiments: Python files in a folder, found by name.

An experiment opens with a docstring whose first line is its claim, and has a function
`run(*, out: Path, replicas: int, seed: int, devices, progress) -> list[Verdict]` that writes figures and tables into `out`.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from madtheory.errors import BadInput, Words, did_you_mean

if TYPE_CHECKING:
    from madtheory.cli._options import Experiments
    from madtheory.cli._progress import Progress

Verdicts = list[dict[str, Any]]
BESIDE = Path(__file__).resolve().parents[2] / "experiments"


def folder(given: str | None) -> Path:
    """The folder that was named, else ./experiments, else the one beside the package."""
    choices = [Path(given)] if given is not None else [Path("experiments"), BESIDE]
    for choice in choices:
        if choice.is_dir():
            return choice.resolve()
    raise BadInput("experiments", "a folder", Words(given or "no folder named experiments"))


def found(where: Path) -> dict[str, Path]:
    """Name → file of every experiment in a folder."""
    return {path.stem: path for path in sorted(where.glob("*.py")) if not path.stem.startswith("_")}


def claim(path: Path) -> str:
    """The first line of an experiment's docstring, read without running it."""
    try:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    except (SyntaxError, ValueError) as error:
        raise BadInput("experiments", "Python files", Words(error), str(path)) from None
    return text.partition("\n")[0]


def chosen(name: str, where: Path) -> dict[str, Path]:
    """The experiment of that name, or every one for `all`."""
    every = found(where)
    if not every:
        raise BadInput("experiments", "a folder with experiments in it", str(where))
    if name != "all" and name not in every:
        raise BadInput("experiment", did_you_mean(name, [*every, "all"]), name)
    return every if name == "all" else {name: every[name]}


def load(path: Path) -> ModuleType:
    """The experiment's module; experiments may import one another from their folder."""
    if str(path.parent.parent) not in sys.path:
        sys.path.insert(0, str(path.parent.parent))
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, "run", None)):
        raise BadInput("run", "a function of that name", Words("none"), str(path))
    return module


def perform(name: str, path: Path, options: Experiments, progress: Progress | None) -> Verdicts:
    """Run one experiment into its folder; its verdicts as documents."""
    from madtheory import _arguments

    out, devices = Path(options.out) / name, _arguments.devices(options.devices)
    run = load(path).run
    verdicts = run(
        out=out, smoke=options.smoke, replicas=options.replicas, seed=options.seed, devices=devices, progress=progress
    )
    return [{"experiment": name, **verdict.to_dict()} for verdict in verdicts]

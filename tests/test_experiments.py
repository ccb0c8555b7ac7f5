"""Experiments: found by the command line, stated in one line; a small run of each writes everything and fails nothing."""

from __future__ import annotations

import csv
import inspect
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest

from madtheory.cli import _experiments as discovery
from madtheory.errors import BadInput
from madtheory.verify import verify

FOLDER = Path(__file__).resolve().parent.parent / "experiments"
FOUND = discovery.found(FOLDER)
ARGUMENTS = {"out", "smoke", "replicas", "seed", "devices", "progress"}
FALSE_ALARM = 1e-8  # of one check; a small run of all experiments has fewer than 1,000


def load(name: str) -> ModuleType:
    return discovery.load(FOUND[name])


def test_the_bundled_experiments_are_found() -> None:
    assert {"schedules", "mad_gaussian", "shumailov_gaussian", "collapse_or_thrive", "digits", "tails"} <= set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_an_experiment_states_its_claim(name: str) -> None:
    claim = discovery.claim(FOUND[name])
    assert claim.endswith(".")
    assert len(claim) <= 130
    assert name == load(name).NAME
    assert set(inspect.signature(load(name).run).parameters) == ARGUMENTS


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUND)
def test_a_small_run_writes_everything(name: str, tmp_path: Path, seed: int) -> None:
    told: list[tuple[int, int]] = []
    verdicts = load(name).run(out=tmp_path / name, smoke=True, seed=seed, progress=lambda done, total: told.append((done, total)))
    assert verdicts
    assert [verdict for verdict in verdicts if verdict.p_value is not None and verdict.p_value < FALSE_ALARM] == []
    assert told[-1][0] == told[-1][1]
    files = {path.name for path in (tmp_path / name).iterdir()}
    assert {"verdicts.csv", "verdicts.md", "verdicts.tex", "numbers.tex"} <= files
    drawn = {Path(file).stem for file in files if file.endswith(".png")}
    assert drawn
    assert {f"{one}.{ending}" for one in drawn for ending in ("pdf", "csv")} <= files
    rows = list(csv.DictReader(io.StringIO((tmp_path / name / "verdicts.csv").read_text(encoding="utf-8"))))
    assert len(rows) == len(verdicts)


@pytest.mark.slow
def test_a_wrong_claim_about_an_experiment_is_rejected(seed: int) -> None:
    module = load("schedules")
    right, wrong = (module.loop(module.Replace(n=n), 1) for n in (module.N, module.N + 4))
    verdicts = verify(right, generations=module.GENERATIONS, replicas=2_000, seed=seed, against=wrong)
    assert min(verdict.p_value for verdict in verdicts if verdict.p_value is not None) < FALSE_ALARM


def test_without_scikit_learn_the_digits_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(BadInput, match=r"scikit-learn.*pip install"):
        load("digits").run(out=tmp_path / "digits", smoke=True)
    assert not (tmp_path / "digits").exists()

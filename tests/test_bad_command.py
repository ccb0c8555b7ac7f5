"""Bad command lines, case by case: one line that names the flag or the file, exit status 2, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bad_input import complaint, fill, refused

ROOT = Path(__file__).resolve().parent.parent

CLI: dict[str, tuple[str, str]] = {  # what is typed, the place that is named
    "command unknown": ("predic loop.toml", "command"),
    "flag for a command": ("--replicas 5", "command"),
    "nothing to predict": ("predict", "LOOP"),
    "two loops": ("predict loop.toml loop.toml", "arguments"),
    "flag unknown": ("predict loop.toml --generation 5", "--generation"),
    "flag of another command": ("predict loop.toml --replicas 5", "--replicas"),
    "flag without value": ("predict loop.toml --generations", "--generations"),
    "flag twice": ("predict loop.toml --generations 5 --generations 6", "--generations"),
    "file missing": ("predict nothing.toml", "nothing.toml: file"),
    "file a folder": ("predict folder.csv", "folder.csv: file"),
    "file no TOML": ("predict points.csv", "points.csv: file"),
    "generations 0": ("predict loop.toml --generations 0", "loop.toml: generations"),
    "generations negative": ("predict loop.toml --generations -3", "loop.toml: generations"),
    "generations fraction": ("predict loop.toml --generations 2.5", "loop.toml: generations"),
    "generations text": ("predict loop.toml --generations ten", "loop.toml: generations"),
    "generations nan": ("predict loop.toml --generations nan", "loop.toml: generations"),
    "generations huge": ("predict loop.toml --generations 99999999999999999999", "loop.toml: generations"),
    "generations of many digits": (f"predict loop.toml --generations {'9' * 5000}", "loop.toml: generations"),
    "observable unknown": ("predict loop.toml --observables varianze", "observables"),
    "observable empty": ("predict loop.toml --observables variance,", "observables"),
    "observable unknown to simulate": ("simulate loop.toml --observables varianze", "observables"),
    "json with a value": ("predict loop.toml --json=perhaps", "--json"),
    "json denied": ("predict loop.toml --no-json", "--no-json"),
    "replicas 0": ("simulate loop.toml --replicas 0", "replicas"),
    "replicas negative": ("simulate loop.toml --replicas -5", "replicas"),
    "replicas fraction": ("simulate loop.toml --replicas 5.5", "replicas"),
    "replicas text": ("simulate loop.toml --replicas many", "replicas"),
    "replicas beyond 32 bits": ("simulate loop.toml --replicas 4294967297", "replicas"),
    "seed -1": ("simulate loop.toml --seed -1", "seed"),
    "seed 2**64": (f"simulate loop.toml --seed {2**64}", "seed"),
    "seed fraction": ("simulate loop.toml --seed 1.0", "seed"),
    "seed text": ("simulate loop.toml --seed tuesday", "seed"),
    "draw unknown": ("simulate loop.toml --draw point", "draw"),
    "devices 0": ("simulate loop.toml --devices 0", "devices"),
    "devices too many": ("simulate loop.toml --devices 1000000", "devices"),
    "devices twice the same": ("simulate loop.toml --devices 0,0", "devices"),
    "devices unknown": ("simulate loop.toml --devices gpu", "devices"),
    "devices misspelt": ("verify loop.toml --devices pmop", "devices"),
    "devices of one that is not there": ("simulate loop.toml --devices 0,99", "devices"),
    "distributed alone": ("simulate loop.toml --distributed", "distributed"),
    "distributed alone, to verify": ("verify loop.toml --distributed", "distributed"),
    "distributed with a value": ("verify loop.toml --distributed=perhaps", "--distributed"),
    "experiments, not distributed": ("run good --experiments experiments --distributed", "--distributed"),
    "out under a file": ("predict loop.toml --out loop.toml/out", "out"),
    "out is a file": ("predict loop.toml --out loop.toml", "out"),
    "out with a long name": (f"predict loop.toml --out {'a' * 5000}", "out"),
    "experiment unknown": ("run nothing --experiments experiments", "experiment"),
    "experiments missing": ("run all --experiments nowhere", "experiments"),
    "experiments a file": ("experiments --experiments loop.toml", "experiments"),
    "experiments empty": ("run all --experiments folder.csv", "experiments"),
    "experiments, replicas 0": ("run good --experiments experiments --replicas 0", "replicas"),
    "experiment without a run": ("run hollow --experiments experiments", "hollow.py: run"),
    "experiments that do not parse": ("experiments --experiments broken", "bad.py: experiments"),
    "laws with an argument": ("laws loop.toml", "arguments"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a good loop and good data."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("typed", "place"), CLI.values(), ids=list(CLI))
def test_a_command_line_is_refused(typed: str, place: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {"experiments/good.py": "def run(): pass", "experiments/hollow.py": "", "broken/bad.py": "def"}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    line = refused(typed.split(), capsys)
    named = complaint(line)[0]
    assert named == place or named.endswith(f"/{place}")


@pytest.mark.parametrize(
    "flag", ["--level 0", "--level 1", "--level nan", "--level high", "--against nothing.toml", "--against points.csv"]
)
@pytest.mark.usefixtures("folder")
def test_verify_refuses(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = complaint(refused(["verify", "loop.toml", *flag.split()], capsys))[0]
    assert place == ("level" if "level" in flag else f"{flag.split()[1]}: file")


@pytest.mark.parametrize("typed", ["predict nothing.toml", "predict loop.toml --generations 0", "predikt"])
def test_the_installed_command_is_refused_alike(typed: str, folder: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-m", "madtheory", *typed.split()]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    complaint(done.stderr.removesuffix("\n"))

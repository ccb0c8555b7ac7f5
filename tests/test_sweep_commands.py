"""The commands about sweeps: what they print, write and refuse, and the status they end with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from madtheory.cli import main
from tests.bad_input import complaint
from tests.commands import document
from tests.sweep_cases import grid, made_up

LAW = {"field": "law.loop.schedule.n", "values": [10, 20]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a grid in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid.toml").write_text(grid().to_toml(), encoding="utf-8")
    return tmp_path


@pytest.fixture
def swept(folder: Path) -> Path:
    """A folder with a sweep, whose records are made up, beside its grid."""
    from madtheory.sweep import sweep

    sweep(grid(), folder / "out", measure=made_up)
    return folder


def test_a_sweep_and_all_about_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "grid.toml", "--dry-run", "--json"]) == 0
    said = document(capsys)
    assert (said["points"], said["programs"], said["generations"]) == (12, 1, 12 * 500 * 8)
    assert said["seconds"] > 0
    assert sorted(path.name for path in folder.iterdir()) == ["grid.toml"]
    assert main(["sweep", "grid.toml", "--out", "out", "--json"]) == 0
    said = document(capsys)
    assert (said["points"], said["done"], said["passed"], said["complete"]) == (12, 12, 12, True)
    assert main(["sweep", "grid.toml", "--out", "out", "--resume", "--json"]) == 0
    assert document(capsys) == said
    assert main(["status", "out", "--check", "--json"]) == 0
    assert document(capsys) == said | {"held_by": None, "damaged": []}
    assert main(["export", "out", "--to", "out.csv", "--json"]) == 0
    assert document(capsys)["bytes"] == (folder / "out.csv").stat().st_size
    assert main(["report", "out", "--json"]) == 0
    assert document(capsys)["file"] == "out/report.html"
    assert main(["status", "out"]) == 0
    assert "complete" in capsys.readouterr().out


def test_parts_and_their_merger(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for k in (1, 2):
        assert main(["sweep", "grid.toml", "--out", f"part{k}", "--part", f"{k}/2", "--json"]) == 0
        assert document(capsys)["done"] == 6
    assert main(["merge", "part1", "part2", "--out", "out", "--json"]) == 0
    assert document(capsys)["complete"]


def test_a_rejected_law_is_a_failure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loop = grid().loop | {"schedule": {"kind": "replace", "n": 10}}
    (folder / "grid.toml").write_text(grid(loop=loop, axes=[LAW]).to_toml(), encoding="utf-8")
    assert main(["sweep", "grid.toml", "--out", "out", "--json"]) == 1
    assert document(capsys)["failed"] == 1


BAD = {
    "no such grid": (["sweep", "grids.toml", "--out", "new"], "grids.toml: file"),
    "no folder": (["sweep", "grid.toml"], "out"),
    "a sweep is there": (["sweep", "grid.toml", "--out", "out"], "out"),
    "part of nothing": (["sweep", "grid.toml", "--out", "new", "--part", "3"], "part"),
    "part beyond": (["sweep", "grid.toml", "--out", "new", "--part", "3/2"], "part"),
    "executor": (["sweep", "grid.toml", "--out", "new", "--executor", "dusk"], "executor"),
    "workers": (["sweep", "grid.toml", "--out", "new", "--executor", "processes", "--workers", "0"], "workers"),
    "devices": (["sweep", "grid.toml", "--out", "new", "--devices", "99"], "devices"),
    "no sweep": (["status", "."], "folder"),
    "nothing to merge": (["merge", "--out", "new"], "parts"),
    "merge into a sweep": (["merge", "out", "--out", "out"], "out"),
    "no file": (["export", "out"], "to"),
    "another ending": (["export", "out", "--to", "out.xls"], "to"),
    "another observable": (["report", "out", "--observable", "log_varience"], "observable"),
    "another generation": (["report", "out", "--generation", "9"], "generation"),
    "an option that is none": (["sweep", "grid.toml", "--resumee"], "--resumee"),
}


def times(folder: Path) -> dict[Path, int]:
    """When each file was written; the lock apart."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


@pytest.mark.parametrize(("arguments", "field"), BAD.values(), ids=BAD.keys())
def test_what_is_refused(swept: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], field: str) -> None:
    before = times(swept)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint(err.rstrip("\n"))[0] == field
    assert times(swept) == before


def test_a_damaged_sweep_has_a_status(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next(path for path in (swept / "out" / "sweep.zarr" / "status" / "c").rglob("*") if path.is_file()).unlink()
    assert main(["status", "out", "--check", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["damaged"]) == 1

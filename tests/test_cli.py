"""The command line: one JSON document or one readable table, honest exit statuses, nothing half-written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import madtheory
import madtheory.verify
from madtheory.cli import main
from madtheory.cli._output import strict
from tests.commands import LOOP, ROOT, Planned, document, python, read_csv, refuse_constant

# predict, laws


@pytest.mark.usefixtures("folder")
def test_predict_prints_the_document_of_the_python_function(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "loop.toml", "--generations", "3", "--observables", "variance,mean_square_drift", "--json"]) == 0
    said = document(capsys)
    assert list(said) == ["loop", "generations", "observables"]
    assert said["generations"] == [0, 1, 2, 3]
    assert list(said["observables"]) == ["variance", "mean_square_drift"]
    assert all({"law", "kind", "reference", "mean", "sd"} == set(entry) for entry in said["observables"].values())
    loop = madtheory.Loop.from_toml("loop.toml")
    assert said["loop"] == loop.to_dict()
    assert said == strict(madtheory.predict(loop, 3, ["variance", "mean_square_drift"]).to_dict())
    assert said["observables"]["variance"]["mean"][:2] == pytest.approx([1.5, 1.5], rel=1e-12)


@pytest.mark.usefixtures("folder")
def test_generations_are_twenty_unless_the_lists_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "loop.toml", "--json", "--observables", "variance"]) == 0
    assert document(capsys)["generations"][-1] == 20
    Path("short.toml").write_text(LOOP.replace("n_real = 10", "n_real = [10, 11, 12]"), encoding="utf-8")
    assert main(["predict", "short.toml", "--json", "--observables", "variance"]) == 0
    assert document(capsys)["generations"][-1] == 3


@pytest.mark.usefixtures("folder")
def test_predict_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "loop.toml", "--observables", "variance"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(word in out for word in ("variance", "exact", "t=0", "t=20"))
    assert "{" not in out


def test_laws_lists_the_atlas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["laws", "--json"]) == 0
    said = document(capsys)
    assert [law["name"] for law in said] == list(madtheory.laws.ATLAS)
    assert all({"name", "kind", "observable", "hypotheses", "source"} <= set(law) for law in said)
    assert main(["laws"]) == 0
    out = capsys.readouterr().out
    assert f"{len(said)} laws" in out
    assert all(law["name"][:20] in out for law in said)


# simulate, verify


@pytest.mark.usefixtures("folder")
def test_simulate_prints_means_with_their_errors(capsys: pytest.CaptureFixture[str]) -> None:
    loop = madtheory.Loop.from_toml("loop.toml").to_dict()
    loop |= {"model": {"kind": "gaussian", "dim": 1}, "truth": {"mean": [0.0], "covariance": [[1.0]]}}
    loop |= {"schedule": {"kind": "replace", "n": 10}}
    Path("small.toml").write_text(madtheory.Loop.from_dict(loop).to_toml(), encoding="utf-8")
    flags = ["--generations", "2", "--replicas", "64", "--seed", "5", "--observables", "variance,log_variance", "--devices", "1"]
    assert main(["simulate", "small.toml", *flags, "--json"]) == 0
    said = document(capsys)
    assert {"loop", "generations", "observables", "replicas", "failed"} <= set(said)
    assert (said["generations"], said["replicas"], said["failed"]) == ([0, 1, 2], 64, 0)
    assert list(said["observables"]) == ["variance", "log_variance"]
    for entry in said["observables"].values():
        assert {"mean", "standard_error", "replicas", "failed"} == set(entry)
        assert len(entry["mean"]) == len(entry["standard_error"]) == 3
    assert main(["simulate", "small.toml", *flags, "--json"]) == 0
    assert document(capsys) == said
    assert main(["simulate", "small.toml", *flags]) == 0
    assert "64 replicas, 0 failed" in capsys.readouterr().out


def plan(monkeypatch: pytest.MonkeyPatch, *states: str) -> dict[str, Any]:
    """Make `verify` return verdicts with these outcomes; what it was asked comes back."""
    asked: dict[str, Any] = {}

    def verify(loop: Any, **arguments: Any) -> list[Planned]:
        asked.update(arguments, loop=loop)
        return [Planned(state) for state in states]

    monkeypatch.setattr(sys.modules["madtheory.verify"], "verify", verify)
    return asked


@pytest.mark.parametrize(
    ("states", "status"),
    [(["passed", "passed"], 0), (["passed", "failed"], 1), (["passed", "untestable"], 0), (["failed", "untestable"], 1)],
)
@pytest.mark.usefixtures("folder")
def test_status_says_whether_a_verdict_failed(
    states: list[str], status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = plan(monkeypatch, *states)
    assert main(["verify", "loop.toml", "--json", "--level", "0.05", "--replicas", "50", "--draw", "points"]) == status
    said = document(capsys)
    assert [verdict["status"] for verdict in said] == states
    assert all(verdict["p_value"] is None for verdict in said)
    assert (asked["level"], asked["replicas"], asked["draw"], asked["generations"]) == (0.05, 50, "points", 20)
    assert asked["against"] is None
    assert main(["verify", "loop.toml"]) == status
    out = capsys.readouterr().out
    assert f"{states.count('passed')} passed, {states.count('failed')} failed, {states.count('untestable')} untestable" in out


@pytest.mark.usefixtures("folder")
def test_no_verdict_is_not_a_pass(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    plan(monkeypatch)
    assert main(["verify", "loop.toml"]) == 2
    assert capsys.readouterr().err.startswith("observables: expected at least one that some law predicts")


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_verify_passes_its_own_loop_and_rejects_a_wrong_one(capsys: pytest.CaptureFixture[str], seed: int) -> None:
    """A true loop fails with probability at most 1e-6, the chosen level; ten times the points are far from it."""
    small = LOOP.replace('"fresh"', '"replace"').replace("n_real = 10\nn_synthetic = 20", "n = 10")
    Path("loop.toml").write_text(small, encoding="utf-8")
    Path("other.toml").write_text(small.replace("n = 10", "n = 100"), encoding="utf-8")
    flags = ["--generations", "3", "--replicas", "500", "--seed", str(seed), "--level", "1e-6", "--json", "--devices", "1"]
    assert main(["verify", "loop.toml", *flags]) == 0
    keys = {"law", "observable", "check", "statistic", "level", "p_value", "power", "resolution", "status", "passed"}
    assert all(keys <= set(verdict) for verdict in document(capsys))
    assert main(["verify", "loop.toml", *flags, "--against", "other.toml"]) == 1
    assert any(verdict["status"] == "failed" for verdict in document(capsys))


@pytest.mark.usefixtures("folder")
def test_against_reads_another_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = plan(monkeypatch, "failed")
    Path("other.toml").write_text(LOOP.replace("n_real = 10", "n_real = 11"), encoding="utf-8")
    assert main(["verify", "loop.toml", "--against", "other.toml"]) == 1
    assert (asked["loop"].schedule.n_real, asked["against"].schedule.n_real) == (10, 11)


# output


def test_out_gets_the_same_numbers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "loop.toml", "--generations", "2", "--observables", "variance", "--json", "--out", "a/b"]) == 0
    said = document(capsys)
    assert sorted(path.name for path in (folder / "a" / "b").iterdir()) == ["predict.csv", "predict.json"]
    assert json.loads((folder / "a" / "b" / "predict.json").read_text()) == said
    rows = read_csv(folder / "a" / "b" / "predict.csv")
    assert [float(row["mean"]) for row in rows] == said["observables"]["variance"]["mean"]


def test_a_write_that_fails_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", replace)
    assert main(["laws", "--out", "full"]) == 2
    assert capsys.readouterr().err == "out: expected a folder that can be written to; got full (No space left on device)\n"
    assert list((folder / "full").iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float64("nan"), np.array([1.0, np.inf])])
def test_json_has_no_numbers_that_json_lacks(value: Any) -> None:
    text = json.dumps(strict({"a": [value, (1, 2.5)]}), allow_nan=False)
    assert json.loads(text, parse_constant=refuse_constant)["a"][1] == [1, 2.5]
    with pytest.raises(AssertionError):
        json.loads("[NaN]", parse_constant=refuse_constant)


@pytest.mark.usefixtures("folder")
def test_progress_goes_to_a_terminal_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def verify(loop: Any, *, progress: Any, **_: Any) -> list[Planned]:
        if progress is not None:
            progress(1, 2)
        return [Planned("passed")]

    monkeypatch.setattr(sys.modules["madtheory.verify"], "verify", verify)
    assert main(["verify", "loop.toml", "--json"]) == 0
    document(capsys)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["verify", "loop.toml", "--json"]) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)) == 1
    assert "verify" in err


@pytest.mark.parametrize("arguments", [["--help"], ["predict", "--help"], ["verify", "--help"], ["--version"], []])
def test_help_does_not_wait_for_jax(arguments: list[str]) -> None:
    code = (
        "import sys; from madtheory.cli import main; status = main(sys.argv[1:]); "
        "sys.stderr.write('jax' * ('jax' in sys.modules)); sys.exit(status)"
    )
    run = python("-c", code, *arguments)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip()


def test_a_command_does_import_jax() -> None:
    code = "import sys; from madtheory.cli import main; main(['laws']); sys.stderr.write('jax' * ('jax' in sys.modules))"
    assert python("-c", code).stderr == "jax"


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    code = "import sys, os; os.close(0); from madtheory.cli import main; sys.exit(main(['laws', '--json']))"
    env = os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    process = subprocess.Popen([sys.executable, "-c", code], env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=120) == 0


def test_the_package_offers_its_public_names() -> None:
    names = {"Loop", "Truth", "simulate", "predict", "models", "schedules", "laws", "observables", "random", "__version__"}
    assert names <= set(dir(madtheory))
    code = (
        "import madtheory.predict, madtheory.simulate, madtheory as mad; "
        "from madtheory import predict, simulate; "
        "assert callable(mad.predict) and callable(mad.simulate) and predict is mad.predict; "
        "print(mad.schedules.Replace(n=5).n, mad.Truth.standard(1).dim)"
    )
    assert python("-c", code).stdout == "5 1\n"
    with pytest.raises(AttributeError, match="no attribute 'predikt'"):
        _ = madtheory.predikt

"""`madtheory run` and `madtheory experiments`: found by name, one by one or side by side, and what an interrupt leaves."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from madtheory.cli import main
from madtheory.cli._interrupt import Interrupts
from tests.commands import ROOT, document, read_csv

EXPERIMENT = '''"""{claim}

And how.
"""
from tests.commands import Planned


def run(*, out, smoke, replicas, seed, devices, progress):
    out.mkdir(parents=True)
    (out / "figure.txt").write_text(str((replicas, seed)))
    {then}
'''


def write_experiments(folder: Path, **bodies: str) -> None:
    (folder / "experiments").mkdir()
    for name, then in bodies.items():
        text = EXPERIMENT.format(claim=f"{name} holds.", then=then)
        (folder / "experiments" / f"{name}.py").write_text(text, encoding="utf-8")


def test_experiments_are_found_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_experiments(folder, first="return [Planned('passed')]", second="return [Planned('failed')]", _shared="")
    assert main(["experiments", "--json"]) == 0
    assert document(capsys) == [{"name": "first", "claim": "first holds."}, {"name": "second", "claim": "second holds."}]
    assert main(["run", "first", "--json", "--replicas", "5", "--seed", "6"]) == 0
    assert [(verdict["experiment"], verdict["passed"]) for verdict in document(capsys)] == [("first", True)]
    assert (folder / "results" / "first" / "figure.txt").read_text() == "(5, 6)"
    assert not (folder / "results" / "second").exists()


def test_run_all_fails_with_the_worst(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_experiments(folder, first="return [Planned('passed')]", second="return [Planned('failed')]")
    assert main(["run", "all", "--experiments", "experiments", "--out", "elsewhere"]) == 1
    assert "1 passed, 1 failed" in capsys.readouterr().out
    rows = read_csv(folder / "elsewhere" / "verdicts.csv")
    assert [(row["experiment"], row["status"]) for row in rows] == [("first", "passed"), ("second", "failed")]


def test_an_interrupt_keeps_what_is_done(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = "return [Planned('passed')]"
    write_experiments(folder, first=good, second="raise KeyboardInterrupt", third=good)
    assert main(["run", "all", "--json", "--jobs", "1"]) == 130
    assert [verdict["experiment"] for verdict in document(capsys)] == ["first"]
    assert [verdict["experiment"] for verdict in json.loads((folder / "results" / "verdicts.json").read_text())] == ["first"]
    assert not (folder / "results" / "third").exists()


INTERRUPTED = """import os, signal
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        return [Planned('passed')]"""


class Dropped:
    """Where Python drops what is raised."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("once", [False, True])
def test_an_interrupt_that_python_drops_is_raised_again(once: bool) -> None:
    with Interrupts(once) as interrupts:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it is raised a moment later
            Dropped()
            time.sleep(20)
        with contextlib.nullcontext() if once else pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert interrupts.seen


def test_a_part_that_stops_at_an_interrupt_stops_the_rest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_experiments(folder, first=INTERRUPTED, second="return [Planned('passed')]")
    assert main(["run", "all", "--json", "--jobs", "1"]) == 130
    assert [verdict["experiment"] for verdict in document(capsys)] == ["first"]
    assert not (folder / "results" / "second").exists()
    assert main(["run", "second", "--json"]) == 0


SLEEPING = """import time
    (out / "started").touch()
    try:
        time.sleep(60)
    finally:
        (out / "ended").touch()"""


def start_run(*flags: str) -> subprocess.Popen[str]:
    """`madtheory run all` as a user starts it, with no part in the signals of the tests."""
    command = [sys.executable, "-m", "madtheory", "run", "all", "--json", "--jobs", "2", *flags]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_side_by_side_is_the_same_as_one_by_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = "return [Planned('passed')]", "return [Planned('failed')]"
    write_experiments(folder, first=good, second=bad, third=good)
    assert main(["run", "all", "--json", "--jobs", "1", "--out", "one"]) == 1
    one = document(capsys)
    assert main(["run", "all", "--json", "--jobs", "2", "--out", "two"]) == 1
    assert document(capsys) == one
    assert (folder / "one" / "verdicts.csv").read_bytes() == (folder / "two" / "verdicts.csv").read_bytes()


@pytest.mark.parametrize(("then", "status", "line"), [
    ("from madtheory.errors import BadInput; raise BadInput('data', 'something', 3)", 2, "data: expected something; got 3"),
    ("raise LookupError('lost')", 1, "LookupError: lost"),
    ("import os; os._exit(7)", 1, "experiment broken: its process ended with status 7"),
])  # fmt: skip
def test_one_that_cannot_go_on_stops_the_others(folder: Path, then: str, status: int, line: str) -> None:
    write_experiments(folder, broken=then, sleeping=SLEEPING)
    process = start_run()
    said = process.communicate(timeout=50)[1].strip()
    assert said.splitlines()[-1].endswith(line)
    assert ("broken.py" in said) == ("LookupError" in line)  # a broken experiment says where
    assert process.returncode == status
    assert (folder / "results" / "sleeping" / "started").exists() == (folder / "results" / "sleeping" / "ended").exists()


def test_an_interrupt_reaches_every_process(folder: Path) -> None:
    write_experiments(folder, first="return [Planned('passed')]", second=SLEEPING, third=SLEEPING, fourth=SLEEPING)
    process = start_run()
    results = folder / "results"
    while not (results / "verdicts.json").exists() or sum(one.exists() for one in results.glob("*/started")) < 2:
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == ""
    assert [verdict["experiment"] for verdict in json.loads(out)] == ["first"]
    assert len(list(results.glob("*/ended"))) == 2

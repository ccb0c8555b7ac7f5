"""Shared by the tests of bad input: what one line must look like, and a command that writes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from madtheory.cli import main

LONGEST = 400
GOOD = """sampling_bias = 0.9
bias_first_generation = false
estimator = "unbiased"
[model]
kind = "gaussian"
dim = 1
[truth]
mean = [0.0]
covariance = [[1.0]]
[schedule]
kind = "replace"
n = 100
"""
TRUTH = "mean = [0.0]\ncovariance = [[1.0]]"


def complaint(line: str) -> tuple[str, str, str]:
    """Place, expected and got of a one-line complaint."""
    assert "\n" not in line
    assert len(line) <= LONGEST
    found = re.fullmatch(r"(.+?): expected (.+?); got (.+)", line)
    assert found, line
    return found[1], found[2], found[3]


def fill(folder: Path) -> None:
    """A good loop, good data, and a folder with the name of a file."""
    (folder / "loop.toml").write_text(GOOD, encoding="utf-8")
    (folder / "points.csv").write_text("age,dose\n1,2\n3,5\n4,1\n", encoding="utf-8")
    (folder / "folder.csv").mkdir()


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr of a command that is refused and writes nothing."""
    before = sorted(Path().rglob("*"))
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert sorted(Path().rglob("*")) == before
    return err[:-1]

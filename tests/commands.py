"""What the tests of commands share: a folder with a loop in it, and readers of what a command leaves."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOOP = """
sampling_bias = 0.9
bias_first_generation = false
estimator = "unbiased"
[model]
kind = "gaussian"
dim = 2
[truth]
mean = [0.0, 1.0]
covariance = [[1.0, 0.5], [0.5, 2.0]]
[schedule]
kind = "fresh"
n_real = 10
n_synthetic = 20
"""


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    """The one JSON document on stdout, with nothing on stderr."""
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    return json.loads(out, parse_constant=refuse_constant)


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    return subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False)


@dataclass
class Planned:
    """A verdict with a given outcome."""

    status: str

    def to_dict(self) -> dict[str, Any]:
        keys = ("statistic", "level", "p_value", "power", "resolution", "generation")
        known = {"law": "a-law", "observable": "variance", "check": "end", "status": self.status}
        return known | {"passed": self.status == "passed"} | dict.fromkeys(keys, float("nan"))

"""What CONTRIBUTING.md and README.md show is run: the examples, put where they say, are found by everything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOOP = """
sampling_bias = 0.8
bias_first_generation = false
estimator = "unbiased"
[model]
kind = "gaussian"
dim = 1
[truth]
mean = [0.0]
covariance = [[1.0]]
[schedule]
kind = "alternate"
n = [5, 6, 7, 8, 9]
"""
CHECK = """
import sys
import numpy as np
from madtheory import schedules
from madtheory.laws import ATLAS, evaluate
from madtheory.loop import Loop
from madtheory.schedules._table import check_composition

assert schedules.KINDS["alternate"] is schedules.Alternate
loop = Loop.from_toml(sys.argv[1])
table = loop.composition(5)
check_composition(table)
assert table.source.tolist() == [0, 1, 0, 3, 0]
mine, general = (evaluate(ATLAS[name].mean, loop, 5) for name in ("alternate-variance", "composition-variance"))
assert np.max(abs(mine - general)) <= 8 * np.finfo(float).eps, (mine, general)
wrong = evaluate(ATLAS["alternate-variance"].mean, ATLAS["alternate-variance"].wrong(loop), 5)
assert np.max(abs(wrong - general)) > 0.01
"""


def blocks(text: str, language: str) -> list[str]:
    """The fenced code blocks of a Markdown text."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def follow(text: str, root: Path) -> None:
    """Do what CONTRIBUTING.md says: new files where their first line says, export lines among the others."""
    for block in blocks(text, "python"):
        path = root / block.split("\n", 1)[0].removeprefix("# ")
        if path.name != "__init__.py":
            path.write_text(block, encoding="utf-8")
            continue
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        last = max(i for i, line in enumerate(lines) if line.startswith("from "))
        path.write_text("".join([*lines[: last + 1], *block.splitlines(keepends=True)[1:], *lines[last + 1 :]]), encoding="utf-8")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the examples of CONTRIBUTING.md put in."""
    root = tmp_path_factory.mktemp("project")
    skip = shutil.ignore_patterns("__pycache__")
    for folder in ("madtheory", "tests", "experiments"):
        shutil.copytree(ROOT / folder, root / folder, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", root)
    follow((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), root)
    (root / "loop.toml").write_text(LOOP, encoding="utf-8")
    return root


def python(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """`python COMMAND` in `root`, with the package there."""
    env = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.run([sys.executable, *command], cwd=root, env=env, capture_output=True, text=True, check=False)


def test_the_examples_work(tree: Path) -> None:
    run = python(tree, "-c", CHECK, "loop.toml")
    assert run.returncode == 0, run.stderr


def test_the_examples_are_needed() -> None:
    run = python(ROOT, "-c", CHECK, "loop.toml")
    assert "KeyError: 'alternate'" in run.stderr


def test_the_command_line_finds_them(tree: Path) -> None:
    listed = python(tree, "-m", "madtheory", "laws", "--json")
    assert "alternate-variance" in listed.stdout, listed.stderr
    predicted = python(tree, "-m", "madtheory", "predict", "loop.toml", "--generations=5", "--observables=variance", "--json")
    assert '"exact"' in predicted.stdout, predicted.stderr


@pytest.mark.slow
def test_the_contract_tests_find_them(tree: Path, seed_base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADTHEORY_TEST_SEED", seed_base)
    contracts = ["tests/test_schedule_contract.py", "tests/laws/test_atlas_contract.py"]
    run = python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", *contracts, "-k", "alternate", "-rA")
    assert run.returncode == 0, run.stdout + run.stderr
    passed = re.findall(r"^PASSED (\S+)", run.stdout, flags=re.MULTILINE)
    assert any("test_schedule_contract" in name for name in passed), run.stdout
    assert any("alternate-variance" in name for name in passed), run.stdout


def test_the_examples_are_clean(tree: Path) -> None:
    files = [tree / "madtheory" / "schedules" / "alternate.py", tree / "madtheory" / "laws" / "alternate_variance.py"]
    run = python(tree, "-m", "ruff", "check", "--no-cache", *map(str, files))
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_loop_of_the_readme_is_one_loop(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,), (toml, *others) = blocks(text, "python"), blocks(text, "toml")
    names: dict[str, object] = {}
    exec(code, names)
    path = tmp_path / "loop.toml"
    path.write_text(toml, encoding="utf-8")
    loop = names["loop"]
    assert tomllib.loads(loop.to_toml()) == tomllib.loads(type(loop).from_toml(path).to_toml())
    assert names["verdicts"]
    for other in others:
        if "[[axes]]" in other:
            continue
        path.write_text(other, encoding="utf-8")
        assert type(loop).from_toml(path).check_generations(5) == 5


def test_the_grid_of_the_readme_is_swept(tmp_path: Path) -> None:
    """Its loop with that grid, a hundredth of the replicas: every point is done, and the page is written."""
    from madtheory.sweep import Grid, report, sweep

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    loops, (grid,) = ([block for block in blocks(text, "toml") if ("[[axes]]" in block) is swept] for swept in (False, True))
    (loop,) = (block for block in loops if 'kind = "fresh"' in block and "[curation]" not in block)
    (tmp_path / "fresh.toml").write_text(loop, encoding="utf-8")
    (tmp_path / "grid.toml").write_text(grid.replace("replicas = 100_000", "replicas = 1000"), encoding="utf-8")
    found = sweep(Grid.from_toml(tmp_path / "grid.toml"), tmp_path / "out")
    assert found.complete
    assert found.points > 50
    assert report(tmp_path / "out").exists()

"""The shape of the tree: who imports whom, how long things are, what an import costs. Every rule has a tree it must refuse."""

from __future__ import annotations

import ast
import io
import os
import re
import statistics
import subprocess
import sys
import tokenize
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    "errors",
    "_fields",
    "_arguments",
    "_tables",
    "_counting",
    "_entrywise",
    "_carry",
    "_contract",
    "_parts",
    "_kernel",
    "_fused",
    "_lapack",
    "random",
    "truth",
    "samplers",
    "curation",
    "models",
    "schedules",
    "loop",
    "data",
    "_spec",
    "_jump",
    "observables",
    "_steering",
    "forecast",
    "draws",
    "_replica",
    "engine",
    "_run",
    "simulate",
    "laws",
    "predict",
    "verify",
    "results",
    "figures",
    "sweep",
    "madtheory",  # the package's own __init__, which offers the public names
    "cli",
    "__main__",
)
"""The parts of the package; each may import only those above it."""

SIMULATION = {"draws", "_replica", "engine", "_run", "simulate"}
APART = {"schedules": {"models"}, "laws": SIMULATION, "predict": SIMULATION}
"""What the order would allow and the design does not: a schedule runs any model, and a law cannot peek."""

DOORS = {("loop", "_spec"), ("truth", "data"), ("simulate", "madtheory")}
"""Functions of a part that hand on to one below it (`Loop.from_toml`), or ask for the version: imported inside the function."""

OUTSIDE = {"experiments", "benchmarks", "paper", "tests", "conftest"}
LONGEST_FILE = 400
MEDIAN_FUNCTION = 9
FOLDERS = ("madtheory", "experiments", "benchmarks", "paper", "tests")


def plant(root: Path, files: dict[str, str]) -> Path:
    """A small tree with these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def sources(root: Path, *folders: str) -> list[Path]:
    """All Python files in these folders."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


# who imports whom


def part_of(path: Path, root: Path) -> str:
    """The part of the package a file belongs to: madtheory/laws/_law.py is `laws`."""
    first = path.relative_to(root / "madtheory").parts[0].removesuffix(".py")
    return "madtheory" if first == "__init__" else first


def imports(path: Path, root: Path) -> Iterator[tuple[str, bool]]:
    """Dotted name of each import of a file, and whether it stands inside a function."""
    package = ("madtheory", *path.relative_to(root / "madtheory").parts[:-1])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        yield from ((name, id(node) in inside) for name in imported_names(node, package))


def imported_names(node: ast.AST, package: tuple[str, ...]) -> list[str]:
    """Dotted names that one statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else ()
        module = ".".join([*base, *([node.module] if node.module else [])])
        return [f"{module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        return [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    return []


def imported_part(name: str) -> str | None:
    """The part of the package that a dotted name lies in; `None` outside the package."""
    parts = name.split(".")
    if parts[0] != "madtheory":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else "madtheory"


def complaint(importer: str, name: str, inside: bool) -> str | None:
    """Why `importer` may not import `name`."""
    if name.split(".")[0] in OUTSIDE:
        return "the package imports nothing that is built on it"
    target = imported_part(name)
    if target is None or target == importer or (inside and (importer, target) in DOORS):
        return None
    if LAYERS.index(target) >= LAYERS.index(importer):
        return "imports only point up"
    return "these two are kept apart" if target in APART.get(importer, set()) else None


def wrong_imports(root: Path) -> list[str]:
    """Every import that breaks the order of the layers, and every file that has no layer."""
    found = []
    for path in sources(root, "madtheory"):
        part, where = part_of(path, root), path.relative_to(root)
        if part not in LAYERS:
            found.append(f"{where}: '{part}' has no place in LAYERS")
            continue
        reasons = ((name, complaint(part, name, inside)) for name, inside in imports(path, root))
        found += [f"{where} imports {name}: {reason}" for name, reason in reasons if reason]
    return found


def test_imports_only_point_up() -> None:
    assert wrong_imports(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("errors.py", "from madtheory._fields import array"),
        ("laws/replace.py", "from madtheory.engine import run"),
        ("laws/replace.py", "from madtheory import simulate"),
        ("laws/replace.py", "from madtheory.verify import verify"),
        ("laws/replace.py", "def f():\n    import madtheory.simulate"),
        ("laws/replace.py", "import importlib\nimportlib.import_module('madtheory.simulate')"),
        ("laws/replace.py", "from ..engine import run"),
        ("laws/replace.py", "import madtheory as mad"),
        ("models/gaussian.py", "from madtheory.schedules import Replace"),
        ("schedules/replace.py", "from madtheory.models import Gaussian"),
        ("loop.py", "from madtheory import _spec"),
        ("truth.py", "def f():\n    from madtheory.loop import Loop"),
        ("verify/battery.py", "from madtheory.results import Verdict"),
        ("cli.py", "import experiments.gaussian"),
        ("cli.py", "from tests import conftest"),
        ("homeless.py", ""),
    ],
)
def test_a_wrong_import_is_refused(tmp_path: Path, file: str, line: str) -> None:
    good = {
        "madtheory/__init__.py": "from madtheory import laws",
        "madtheory/verify/__init__.py": "from madtheory.laws import ATLAS\nfrom . import battery",
        "madtheory/truth.py": "def fitted():\n    from madtheory.data import fitted",
    }
    assert wrong_imports(plant(tmp_path, good)) == []
    assert len(wrong_imports(plant(tmp_path, {f"madtheory/{file}": line}))) == 1


# how long things are


def code_lines(text: str) -> set[int]:
    """Numbers of the lines that hold code: not blank, not a comment alone."""
    idle = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {line for token in tokens if token.type not in idle for line in range(token.start[0], token.end[0] + 1)}


def function_lengths(root: Path, folder: str = "madtheory") -> list[int]:
    """Lines of code in the body of every function, its signature and docstring apart."""
    lengths = []
    for path in sources(root, folder):
        text = path.read_text(encoding="utf-8")
        code = code_lines(text)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[ast.get_docstring(node) is not None :]
                lengths.append(len(code & set(range(body[0].lineno, body[-1].end_lineno + 1))) if body else 0)
    return lengths


def long_files(root: Path) -> list[str]:
    """Files beyond the limit, with their length."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(root, *FOLDERS)}
    return [f"{path.relative_to(root)}: {length} lines" for path, length in lengths.items() if length > LONGEST_FILE]


def test_functions_are_short() -> None:
    assert statistics.median(function_lengths(ROOT)) <= MEDIAN_FUNCTION


def test_a_function_is_measured_by_its_code(tmp_path: Path) -> None:
    text = 'def f(\n    x,\n):\n    """Twelve\n\n    lines."""\n    # why\n    y = (\n        x\n    )\n\n    return y\n'
    long = "def g(x):\n" + "    x += 1\n" * 30
    plant(tmp_path, {"madtheory/a.py": text, "madtheory/b.py": long, "madtheory/c.py": long})
    assert function_lengths(tmp_path) == [4, 30, 30]
    assert statistics.median(function_lengths(tmp_path)) > MEDIAN_FUNCTION


def test_files_are_short() -> None:
    assert long_files(ROOT) == []


def test_a_long_file_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, {"tests/a.py": "x = 1\n" * LONGEST_FILE, "tests/b.py": "x = 1\n" * (LONGEST_FILE + 1)})
    assert long_files(tmp_path) == [f"tests/b.py: {LONGEST_FILE + 1} lines"]


def factorisations(root: Path) -> list[str]:
    """Files of what the engine runs that call LAPACK otherwise than matrix by matrix, which several devices need."""
    part = ("models", "observables", "schedules", "random")
    files = sources(root, *(f"madtheory/{name}" for name in part)) + sorted((root / "madtheory").glob("*.py"))
    called = re.compile(r"\b(jnp|lax|jax\.scipy)\.linalg\b")
    return [path.name for path in files if path.name != "_lapack.py" and called.search(path.read_text(encoding="utf-8"))]


def test_factorisations_go_through_one_file() -> None:
    assert factorisations(ROOT) == []


def test_another_factorisation_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, {"madtheory/models/a.py": "x = jnp.linalg.qr(y)\n", "madtheory/models/b.py": "x = np.linalg.qr(y)\n"})
    assert factorisations(tmp_path) == ["a.py"]


# what an import costs


def loads(root: Path, *command: str) -> set[str]:
    """Top-level names of all modules that `python COMMAND` imports when run in `root`."""
    env = os.environ | {"PYTHONPATH": str(root)}
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *command], cwd=root, env=env, capture_output=True, text=True, check=True
    )
    return {line.rpartition("|")[2].strip().split(".")[0] for line in run.stderr.splitlines() if line.startswith("import time:")}


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        (("-c", "import madtheory"), {"jax", "xarray", "seaborn", "matplotlib", "pandas", "scipy"}),
        (("-m", "madtheory", "--help"), {"jax", "xarray", "seaborn", "matplotlib", "pandas", "scipy"}),
    ],
    ids=["import", "help"],
)
def test_heavy_packages_wait(command: tuple[str, ...], heavy: set[str], tmp_path: Path) -> None:
    loaded = loads(ROOT, *command)
    assert "madtheory" in loaded
    assert not loaded & heavy
    eager = {"madtheory/__init__.py": "import jax", "madtheory/__main__.py": "", "jax.py": ""}
    assert loads(plant(tmp_path, eager), *command) & heavy == {"jax"}


# what is written where


MACHINE = re.compile(r"(?<![\w.])/(?:home|root|tmp|Users|mnt|work|scratch|opt)/|[A-Z]:\\\\?Users")
REGISTRY = re.compile(r"://|^\s*-|index-url|find-links", re.MULTILINE)


def machine_paths(root: Path) -> list[str]:
    """Files of the package that name a folder of somebody's machine."""
    found = [path for path in sources(root, *FOLDERS[:-1]) if MACHINE.search(path.read_text(encoding="utf-8"))]
    return [str(path.relative_to(root)) for path in found]


def test_no_machine_is_named() -> None:
    assert machine_paths(ROOT) == []
    assert not REGISTRY.search((ROOT / "constraints.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", ["x = '/home/me/data.csv'", r"x = 'C:\\Users\\me'", "# see /tmp/notes"])
def test_a_machine_path_is_refused(tmp_path: Path, line: str) -> None:
    plant(tmp_path, {"madtheory/a.py": line, "madtheory/b.py": "x = 'results/home/tmp'"})
    assert machine_paths(tmp_path) == ["madtheory/a.py"]


@pytest.mark.parametrize("line", ["--index-url x", "jax @ https://example.org/jax.whl", "-e ."])
def test_a_pin_with_an_address_is_refused(line: str) -> None:
    assert REGISTRY.search(f"numpy==2.4.6\n{line}\n")


def commands(text: str, start: str) -> list[str]:
    """Lines of a text that begin with `start`."""
    return [line for line in text.splitlines() if line.startswith(start)]


@pytest.mark.parametrize("start", ["python3 -m venv .venv ", ".venv/bin/pytest"])
def test_ci_runs_the_commands_of_the_readme(start: str) -> None:
    assert len(commands((ROOT / "README.md").read_text(encoding="utf-8"), start)) == 1
    assert f"'{start}'" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert commands("text\n  pytest\n", start) == []


def test_ci_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert subprocess.run(["bash", "-n"], input="if then", text=True, capture_output=True, check=False).returncode != 0


def test_one_version_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    places = {"CITATION.cff": f"\nversion: {version}\n", "CHANGELOG.md": f"\n## {version}"}
    assert {name for name, text in places.items() if text not in (ROOT / name).read_text(encoding="utf-8")} == set()


def test_only_the_package_is_shipped(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in names} == {"madtheory"}
    data = {str(path.relative_to(ROOT)) for path in (ROOT / "madtheory").rglob("*.bib")}
    assert data <= set(names)

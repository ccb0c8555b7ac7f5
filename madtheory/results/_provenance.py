"""Where a result comes from: everything that is needed to make it again."""

from __future__ import annotations

import datetime
import functools
import json
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("madtheory", "jax", "jaxlib", "equinox", "numpy", "scipy", "xarray", "h5netcdf")
ROOT = Path(__file__).resolve().parents[2]


def provenance(loop: Any = None, run: dict[str, Any] | None = None) -> dict[str, str]:
    """Attributes of a dataset: the loop, the run's own record (seed, tile, …), versions, machine and commit, as JSON."""
    said = {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()}
    place = {"system": platform.system(), "machine": platform.machine(), "commit": commit()}
    parts = {"loop": None if loop is None else loop.to_dict(), "run": run or {}, "versions": said, "place": place}
    return {name: to_json(part) for name, part in parts.items()}


def to_json(value: Any) -> str:
    """JSON in one fixed form: the same value gives the same text."""
    return json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@functools.cache
def commit() -> str:
    """The commit of the source tree, with a `+` where files differ from it; "unknown" for an installed package."""
    if not (ROOT / ".git").exists():
        return "unknown"
    name, changes = _git("rev-parse", "--verify", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    return "unknown" if name is None else name + ("+" if changes else "")


def _git(*command: str) -> str | None:
    try:
        run = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return run.stdout.strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"

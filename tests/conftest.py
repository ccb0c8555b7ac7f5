"""What all tests share: four CPU devices, a compilation cache, and fresh seeds that a failure prints."""

from __future__ import annotations

import ctypes
import gc
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

from madtheory import _arguments, engine
from tests.commands import LOOP

ROOT = Path(__file__).resolve().parent.parent
MAPS = Path("/proc/self/maps")
MOST_MAPS = 8_000  # a program takes some hundred memory maps and some MB; Linux kills a process at 65,530 maps

jax.config.update("jax_num_cpu_devices", 4)  # refused once a device has been touched, so before any test module is imported
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled programs between runs; one folder per worker, because JAX writes entries without a lock."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    cache = getattr(config, "cache", None)
    if cache is not None:
        jax.config.update("jax_compilation_cache_dir", str(cache.mkdir(f"jax-{worker}")))


@pytest.fixture(autouse=True, scope="session")
def one_device() -> Iterator[None]:
    """A run that names no devices takes one of the four: a program is compiled for every device that it is to run on."""
    with pytest.MonkeyPatch.context() as patch:
        found = _arguments.devices
        patch.setattr(_arguments, "devices", lambda chosen: found(1 if chosen is None else chosen))
        yield


@pytest.fixture(autouse=True)
def few_programs() -> Iterator[None]:
    """Drop the compiled programs of earlier tests before they are so many that the process is killed."""
    yield
    if MAPS.exists() and MAPS.read_bytes().count(b"\n") > MOST_MAPS:
        engine.forget()
        jax.clear_caches()
        gc.collect()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)  # else the C library keeps what the programs had


def commit() -> str:
    """The commit being tested, or a fixed word where there is none."""
    asked = subprocess.run(["git", "rev-parse", "--verify", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else "no-commit"


def derive_seed(base: str, test: str) -> int:
    """A seed in [0, 2⁶³) for one test: the same for the same base and test, unrelated otherwise."""
    return int.from_bytes(hashlib.sha256(f"{base}\0{test}".encode()).digest()[:8], "big") >> 1


@pytest.fixture(scope="session")
def seed_base() -> str:
    """`MADTHEORY_TEST_SEED`, or the commit id: a new commit tests with new numbers."""
    return os.environ.get("MADTHEORY_TEST_SEED") or commit()


@pytest.fixture
def seed(request: pytest.FixtureRequest, seed_base: str) -> int:
    """The seed of a statistical test. A failure prints how to get the same one again."""
    value = derive_seed(seed_base, request.node.nodeid)
    request.node.add_report_section("setup", "seed", f"{value}; the same again with MADTHEORY_TEST_SEED={seed_base}")
    return value


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a loop in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.toml").write_text(LOOP, encoding="utf-8")
    return tmp_path

"""Who computes does not matter: processes, a Dask cluster, Slurm's jobs and two hosts give the bits of one process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import madtheory as mad
from madtheory.sweep import _gpus as gpus
from madtheory.sweep import executor, sweep
from tests.commands import ROOT
from tests.sweep_cases import COUNTED, LARGE, TILES, digest, grid, made_up

ALONE = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def one_process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    sweep(grid(), folder)
    return folder


@pytest.fixture(autouse=True)
def workers_find_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JAX_PLATFORMS", "PYTHONPATH"):
        monkeypatch.setenv(name, ALONE[name])


@pytest.mark.parametrize("kind", ["processes", "dask", "slurm"])
def test_the_same_bits(tmp_path: Path, one_process: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With real simulations; Slurm's jobs run on this machine."""
    monkeypatch.setenv("MADTHEORY_SLURM", "local")
    told = []
    with executor(kind, tmp_path, 2) as (who, workers):
        found = sweep(grid(), tmp_path / "out", executor=who, workers=workers, tell=told.append)
    assert found.complete
    assert sum(news.points for news in told) == 12
    assert digest(tmp_path / "out") == digest(one_process)


def test_any_executor_will_do(tmp_path: Path, one_process: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert sweep(grid(), tmp_path, executor=pool, workers=3).complete
    assert digest(tmp_path) == digest(one_process)


def test_a_dask_worker_may_die(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle; the others go on from its last tile."""
    from dask.distributed import Client, LocalCluster

    tiles = tmp_path / "tiles"
    monkeypatch.setenv(COUNTED, str(tiles))
    found = grid(axes=LARGE)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        pids = list(client.run(os.getpid).values())

        def strike() -> None:
            while not (tiles.exists() and tiles.stat().st_size > 200):
                time.sleep(0.01)
            os.kill(pids[0], signal.SIGKILL)

        threading.Thread(target=strike).start()
        done = sweep(found, tmp_path / "out", executor=client.get_executor(pure=False), workers=2, measure=made_up)
    assert done.complete
    assert 0 <= tiles.stat().st_size - found.size * TILES <= 1  # at most the tile that died with it
    monkeypatch.delenv(COUNTED)
    sweep(found, tmp_path / "alone", measure=made_up)
    assert digest(tmp_path / "out") == digest(tmp_path / "alone")


@pytest.mark.slow
def test_a_dask_scheduler_may_die(tmp_path: Path) -> None:
    """One line, and the next command goes on without it."""
    (tmp_path / "grid.toml").write_text(grid(axes=LARGE, run={"replicas": 200_000}).to_toml(), encoding="utf-8")
    dask, where = [sys.executable, "-m", "dask"], {"cwd": tmp_path, "env": ALONE, "stderr": subprocess.DEVNULL}
    address = f"tcp://127.0.0.1:{free_port()}"
    scheduler = subprocess.Popen([*dask, "scheduler", "--port", address.rpartition(":")[2], "--no-dashboard"], **where)
    worker = subprocess.Popen([*dask, "worker", address, "--nthreads", "1", "--no-dashboard"], **where)
    command = [sys.executable, "-m", "madtheory", "sweep", "grid.toml", "--out=out", "--executor=dask", "--scheduler", address]
    try:
        time.sleep(8)
        with subprocess.Popen(command, cwd=tmp_path, env=ALONE, stderr=subprocess.PIPE, text=True) as process:
            journal = tmp_path / "out" / "journal"
            while process.poll() is None and not (journal.exists() and any(journal.iterdir())):
                time.sleep(0.02)
            scheduler.kill()
            _, err = process.communicate(timeout=120)
    finally:
        scheduler.kill()
        worker.kill()
        scheduler.wait()
        worker.wait()
    assert process.returncode == 2
    assert err == "executor: expected workers to the end (--resume goes on); got a cluster that is gone\n"


def test_two_hosts_are_one_sweep(tmp_path: Path, one_process: Path) -> None:
    """`--distributed`: two processes of `jax.distributed` share the blocks."""
    (tmp_path / "grid.toml").write_text(grid().to_toml(), encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "madtheory", "sweep", "grid.toml", "--out", "out", "--distributed", "--json"]
    where = {"JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}", "JAX_NUM_PROCESSES": "2"}
    both = [subprocess.Popen(command, cwd=tmp_path, env=ALONE | where | {"JAX_PROCESS_ID": str(rank)}, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True) for rank in (0, 1)]  # fmt: skip
    out = [process.communicate(timeout=200) for process in both]
    assert [process.returncode for process in both] == [0, 0], out
    said = json.loads(out[0][0])
    assert (said["done"], said["complete"], said["failed"]) == (12, True, 0)
    assert out[1][0] == ""
    assert digest(tmp_path / "out") == digest(one_process)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_ctrl_c_with_workers(tmp_path: Path) -> None:
    """The first one ends after the tiles under way and says how to go on."""
    (tmp_path / "grid.toml").write_text(grid(axes=LARGE, run={"replicas": 200_000}).to_toml(), encoding="utf-8")
    command = [sys.executable, "-m", "madtheory", "sweep", "grid.toml", "--out=out", "--executor=processes", "--workers=2"]
    with subprocess.Popen(command, cwd=tmp_path, env=ALONE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          start_new_session=True) as process:  # fmt: skip
        journal = tmp_path / "out" / "journal"
        while process.poll() is None and not (journal.exists() and any(journal.iterdir())):
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        _, err = process.communicate(timeout=100)
    assert process.returncode == 130, err
    assert "go on with: madtheory sweep grid.toml --out out --resume" in err
    assert "Traceback" not in err


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"kind": "ray"}, "executor: expected one of dask"),
    "no workers": ({"kind": "processes", "workers": 0}, "workers: expected a whole number"),
    "workers of none": ({"kind": "local", "workers": 2}, "workers: expected nothing"),
    "scheduler of none": ({"kind": "processes", "scheduler": "tcp://127.0.0.1:1"}, "scheduler: expected nothing"),
    "nobody there": ({"kind": "dask", "scheduler": "127.0.0.1"}, "scheduler: expected the address"),
}


@pytest.mark.parametrize(("arguments", "text"), BAD.values(), ids=BAD.keys())
def test_executors_that_are_refused(tmp_path: Path, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(mad.BadInput, match=text), executor(folder=tmp_path, **arguments):
        pass


def test_a_package_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(mad.BadInput, match=r"madtheory\[slurm\]"), executor("slurm", tmp_path):
        pass


def test_each_process_takes_a_gpu_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three processes and two GPUs: two take one each, and the third one is left to JAX."""
    code = ("import sys, time; from madtheory.sweep._gpus import claim; print(claim(), flush=True); sys.stdin.read()")
    env = ALONE | {gpus.VISIBLE: "4,7", "TMPDIR": str(tmp_path)}
    three = [subprocess.Popen([sys.executable, "-c", code], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
             for _ in range(3)]  # fmt: skip
    said = sorted(process.stdout.readline().strip() for process in three if process.stdout)
    assert said == ["4", "7", "None"]
    for process in three:
        process.communicate("")


def test_one_gpu_is_shared_with_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "_jax_runs", lambda: False)
    monkeypatch.setenv(gpus.VISIBLE, "0")
    assert gpus.claim() is None
    assert os.environ[gpus.VISIBLE] == "0"

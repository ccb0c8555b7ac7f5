"""What may go wrong with a folder or a process: nothing is lost, nothing counted twice, nothing damaged goes unseen."""

from __future__ import annotations

import contextlib
import errno
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import madtheory as mad
from madtheory.sweep import Damaged, Store, load, owner, sweep
from madtheory.sweep import _journal as journal
from madtheory.sweep import _lock as lock
from madtheory.sweep._estimate import size
from madtheory.sweep._store import DATA, SPEC
from tests.bad_input import complaint
from tests.commands import ROOT
from tests.sweep_cases import LARGE, TILES, digest, grid, made_up

ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole")
    sweep(grid(), folder, measure=made_up)
    return folder


def go_on(folder: Path) -> None:
    """Resume a sweep, with a note about what is damaged allowed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Damaged)
        assert sweep(grid(), folder, resume=True, measure=made_up).complete


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Twenty kills of drivers in their tiles, stores and starts: the results are those of a sweep that was let alone."""
    found = kills(tmp_path, 20)
    assert found["repeated"] <= found["drivers"]  # at most the tile under way


@pytest.mark.slow
def test_killed_with_its_workers(tmp_path: Path) -> None:
    found = kills(tmp_path, 8, "processes")
    assert found["workers"] > 0
    assert found["repeated"] <= 2 * found["drivers"] + found["workers"]


@pytest.mark.nightly
def test_killed_two_hundred_times(tmp_path: Path) -> None:
    found = kills(tmp_path, 200)
    assert found["repeated"] <= found["drivers"]


def kills(folder: Path, number: int, *more: str) -> dict[str, Any]:
    """Kill sweeps so often; all of them end well and come to what one that was let alone comes to."""
    command = [sys.executable, "-m", "tests.sweep_kills", str(folder), str(number), str(os.getpid()), *more]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ | {"JAX_PLATFORMS": "cpu"})
    found = json.loads(out.stdout)
    sweep(grid(axes=LARGE), folder / "alone", measure=made_up)
    assert (found["status"], found["hashes"]) == ([0], [digest(folder / "alone")])
    return found


@contextlib.contextmanager
def failing(at: int, number: int) -> Iterator[list[int]]:
    """The `at`-th write, flush or rename fails with this error; how many there were."""
    seen = [0]

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            seen[0] += 1
            if seen[0] == at:
                raise OSError(number, os.strerror(number))
            return real(*arguments, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for place, name in ((os, "replace"), (os, "fsync"), (Path, "write_bytes"), (Path, "replace")):
            patch.setattr(place, name, guarded(getattr(place, name)))
        patch.setattr(journal.Journal, "_write", guarded(journal.Journal._write))
        from zarr.storage import _local

        patch.setattr(_local, "_put", guarded(_local._put))
        yield seen


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_an_error_at_every_write(tmp_path: Path, whole: Path, every: bool) -> None:
    """Whichever write fails, the command says so in one line, and the next one completes the same sweep."""
    with failing(0, 0) as seen:
        sweep(grid(), tmp_path / "count", measure=made_up)
    assert seen[0] > 50
    draw, all_writes = random.Random(1), range(1, seen[0] + 1)
    for at in all_writes if every else {1, 2, seen[0], *draw.sample(all_writes, 12)}:
        folder = tmp_path / str(at)
        with failing(at, draw.choice(ERRORS)), pytest.raises(mad.BadInput) as caught:
            sweep(grid(), folder, measure=made_up)
        assert "out" in complaint(str(caught.value))[0]
        go_on(folder)
        assert digest(folder) == digest(whole)
        shutil.rmtree(folder)


def chunks(folder: Path) -> list[Path]:
    """Files of the arrays that points are in."""
    names = {"done", *(part.name for part in Store.open(folder).layout.parts)}
    return sorted(path for name in names for path in (folder / DATA / name / "c").rglob("*") if path.is_file())


@pytest.mark.parametrize("how", ["flip", "truncate", "zero", "delete"])
def test_damage_is_seen_and_mended(tmp_path: Path, whole: Path, how: str) -> None:
    """One bit, a missing end, zeros, or no file: reading refuses, resuming computes again what it must, and says so."""
    draw = random.Random(how)
    for path in draw.sample(chunks(whole), 12):
        folder = tmp_path / "copy"
        shutil.copytree(whole, folder)
        target = folder / path.relative_to(whole)
        data = bytearray(target.read_bytes())
        if how == "flip":
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        damaged = {"flip": data, "truncate": data[: draw.randrange(len(data))], "zero": bytes(len(data))}
        target.unlink() if how == "delete" else target.write_bytes(damaged[how])
        with pytest.raises(mad.BadInput):
            load(folder)
        missing_mark = how == "delete" and path.relative_to(whole / DATA).parts[0] == "done"
        with contextlib.nullcontext() if missing_mark else pytest.warns(Damaged):
            sweep(grid(), folder, resume=True, measure=made_up)
        assert digest(folder) == digest(whole)
        shutil.rmtree(folder)


@pytest.mark.slow
def test_a_thousand_flipped_bits_are_seen(tmp_path: Path, whole: Path) -> None:
    """One bit somewhere in any file of the arrays or of their descriptions: a thousand of a thousand."""
    shutil.copytree(whole, tmp_path / "copy")
    draw, seen = random.Random(2), 0
    files = sorted(path for path in (tmp_path / "copy" / DATA).rglob("*") if path.is_file() and "selected" not in path.parts)
    for _ in range(1000):
        path = draw.choice(files)
        data = path.read_bytes()
        changed = bytearray(data)
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        try:
            found = Store.open(tmp_path / "copy")
            coordinate = path.relative_to(tmp_path / "copy" / DATA).parts[0]
            seen += bool(list(found.damaged())) or _unreadable(found, coordinate)
        except mad.BadInput:
            seen += 1
        path.write_bytes(data)
    assert seen == 1000


def _unreadable(store: Store, name: str) -> bool:
    """Whether an array cannot be read."""
    try:
        store.array(name)[...]
    except Exception:  # whatever a codec raises on damaged bytes
        return True
    return False


def test_a_torn_journal_costs_its_last_record(tmp_path: Path, whole: Path) -> None:
    """A journal that ends within a record, or was flipped in one: the records before it count, the rest is computed again."""
    draw = random.Random(0)

    def stopping(grid: Any, layout: Any, point: Any, **options: Any) -> Any:
        note = options["notebook"].note

        def noted(summary: Any, width: int) -> None:
            note(summary, width)
            if (point.index, summary.tile) == (5, 2):
                raise KeyboardInterrupt

        options["notebook"].note = noted
        return made_up(grid, layout, point, **options)

    for change in ("cut", "flip"):
        folder = tmp_path / change
        with pytest.raises(KeyboardInterrupt):
            sweep(grid(), folder, measure=stopping)
        (path,) = [path for path in (folder / "journal").iterdir() if path.stat().st_size]
        data = bytearray(path.read_bytes())
        if change == "flip":
            data[draw.randrange(len(data))] ^= 1
        path.write_bytes(data if change == "flip" else data[:-3])
        with pytest.warns(Damaged, match="ends within a record"):
            sweep(grid(), folder, resume=True, measure=made_up)
        assert digest(folder) == digest(whole)


def test_missing_points_are_an_error(tmp_path: Path) -> None:
    sweep(grid(), tmp_path, part=(1, 2), measure=made_up)
    with pytest.raises(mad.BadInput, match="points missing"):
        load(tmp_path)
    data = load(tmp_path, partial=True)
    assert data["log_variance"].isnull().any()
    assert not (data["status"].where(data["done"] == 0, 0) != 0).any()


def test_another_driver_is_refused(tmp_path: Path) -> None:
    """By the owner's name and the age of the lock; the store is not touched."""
    sweep(grid(), tmp_path, part=(1, 2), measure=made_up)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != lock.NAME}
    names = "import sys; from pathlib import Path; from madtheory.sweep._lock import held"
    code = f"{names}\nwith held(Path(sys.argv[1])): print('held'), input()"
    command = [sys.executable, "-uc", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(mad.BadInput, match=rf"process {other.pid} on .*renewed \d+ s ago"):
            sweep(grid(), tmp_path, resume=True, measure=made_up)
        assert str(other.pid) in str(owner(tmp_path))
        assert {path: path.read_bytes() for path in before} == before
        other.kill()
    assert sweep(grid(), tmp_path, resume=True, measure=made_up).complete  # the lock went with its holder
    assert owner(tmp_path) is None


@pytest.mark.parametrize(("hours", "taken"), [(0.0, True), (-5.0, True), (5.0, False)])
def test_a_lock_of_another_machine(tmp_path: Path, hours: float, taken: bool) -> None:
    """It holds as long as it is renewed, by the clock of the file system; a clock that is ahead does not free it."""
    sweep(grid(), tmp_path, part=(1, 2), measure=made_up)
    path = tmp_path / lock.NAME
    path.write_text(json.dumps({"user": "ada", "host": "another", "process": 7}))
    now = time.time() - 3600 * hours
    os.utime(path, (now, now))
    if taken:
        with pytest.raises(mad.BadInput, match=r"ada \(process 7 on another\)"):
            sweep(grid(), tmp_path, resume=True, measure=made_up)
    else:
        assert sweep(grid(), tmp_path, resume=True, measure=made_up).complete


def test_what_a_folder_may_not_be(tmp_path: Path, whole: Path) -> None:
    """Each in one line, with the folder as it was."""
    copy = tmp_path / "copy"
    shutil.copytree(whole, copy)
    spec = json.loads((copy / SPEC).read_text())

    def refused(text: str, spec: object = spec, **options: Any) -> None:
        (copy / SPEC).write_text(spec if isinstance(spec, str) else json.dumps(spec))
        before = sorted(copy.rglob("*"))
        with pytest.raises(mad.BadInput, match=text) as caught:
            sweep(options.pop("grid", grid()), copy, **({"resume": True} | options), measure=made_up)
        complaint(str(caught.value))
        assert sorted(copy.rglob("*")) == before

    refused("--resume", resume=False)
    refused(r"run\.replicas: 501 in place of 500", grid=grid(run={"replicas": 501, "seed": 7}))
    refused("format: expected 1", spec | {"format": 0})
    refused("format: expected 1", spec | {"format": 2})
    refused("jax: ", spec | {"versions": spec["versions"] | {"jax": "0.0.1"}})
    refused("the specification of a sweep", "{")
    for key in ("identity", "versions", "arrays", "grid"):
        refused(f"{key}: expected the specification", {name: part for name, part in spec.items() if name != key})
    refused(r"part: expected K/N", part=(3, 2))


def test_a_disk_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=size(grid()) - 1))
    with pytest.raises(mad.BadInput, match=f"{size(grid())} bytes free for 12 points"):
        sweep(grid(), tmp_path / "out", measure=made_up)
    assert not list(tmp_path.iterdir())


def test_a_folder_under_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(mad.BadInput, match="a folder that can be written to"):
        sweep(grid(), tmp_path / "file" / "out", measure=made_up)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_after_the_tile_under_way(tmp_path: Path, whole: Path, number: int) -> None:
    tiles = []

    def signalled(grid: Any, layout: Any, point: Any, **options: Any) -> Any:
        note = options["notebook"].note

        def noted(summary: Any, width: int) -> None:
            tiles.append((point.index, summary.tile))
            if len(tiles) == 10:
                os.kill(os.getpid(), number)
            note(summary, width)

        options["notebook"].note = noted
        return made_up(grid, layout, point, **options)

    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    found = sweep(grid(), tmp_path, measure=signalled)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    assert found.signal == number
    assert len(tiles) == 10
    assert not found.complete
    assert sweep(grid(), tmp_path, resume=True, measure=signalled).complete
    assert len(tiles) == len(set(tiles)) == 12 * TILES  # nothing was computed twice
    assert digest(tmp_path) == digest(whole)


def test_the_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    def twice(*_: Any, **__: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sweep(grid(), tmp_path, measure=twice)
    assert time.monotonic() - started < 5
    assert sweep(grid(), tmp_path, resume=True, measure=made_up).complete


def test_a_record_is_what_was_written(tmp_path: Path) -> None:
    """Tiles and points come back from a journal bit for bit, and a second process adds to them."""
    import numpy as np

    from madtheory._run import Summary

    mean = np.arange(6, dtype=np.float32).reshape(3, 2) / 7
    first, second = (journal.Journal(tmp_path, 4) for _ in range(2))
    first.tile(9, Summary(2, 100, mean, mean + 1, np.zeros((0, 2, 100)), [3, 5]), 128)
    second.point(8, b"record")
    known = first.read()
    tile = known.tiles[9, 128][2]
    np.testing.assert_array_equal(tile.mean, mean)
    np.testing.assert_array_equal(tile.m2, mean + 1)
    assert (tile.count, tile.failed, known.points, known.torn) == (100, [3, 5], {8: b"record"}, [])
    second.close()
    first.remove()
    assert not list(tmp_path.iterdir())


def test_start_method_is_spawn() -> None:
    """JAX must not be forked once it runs."""
    from madtheory.sweep._executors import Processes

    pool = Processes(1)
    assert pool.pool._mp_context is multiprocessing.get_context("spawn")  # type: ignore[attr-defined]
    pool.shutdown()

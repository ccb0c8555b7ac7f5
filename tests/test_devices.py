"""Where tiles run: devices in step, several processes, widths that fit into memory."""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from madtheory import engine
from madtheory._run import Run, TileHalved, _fit, _place, tile_width
from madtheory.errors import BadInput
from madtheory.schedules import AccumulateSubsample, Replace
from tests.bad_input import complaint
from tests.engine_cases import OBSERVABLES, PLAIN, TILE, Case, T, fingerprint, recorded, spread, values
from tests.two_processes import NAMES

SIMULATE = importlib.import_module("madtheory.simulate")  # the attribute of that name is the function


def job(case: Case, draw: str = "statistics") -> Any:
    return SIMULATE.make_job(case.loop(0.9), T, OBSERVABLES, 1, draw, np.float32)


def alone() -> dict[str, str]:
    """The environment of a process that has the CPU for a device and finds the tests."""
    return os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(Path(__file__).parent.parent)}


# in step


@pytest.mark.parametrize("name", ["fresh-3", "window-1"])
def test_devices_in_step_give_the_bits_of_one(name: str) -> None:
    assert fingerprint(recorded(name, devices="pmap")) == fingerprint(recorded(name))


@pytest.mark.slow
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in (spread(0) | spread(1)).items()])
def test_devices_in_step_couple_nothing(case: Case) -> None:
    one, four = (case.run(1, bias=1.1, replicas=1100, devices=devices) for devices in (1, "pmap"))
    assert fingerprint(one) == fingerprint(four)


def test_results_in_step_are_one_sharded_array() -> None:
    run = Run(job(PLAIN["fresh-3"]), T, 600, TILE, (T,), jax.devices(), together=True)
    (place,) = run.places
    out = run._call(place, [0, 1, 2], 0, T)
    assert out.mean.sharding.device_set == set(jax.devices())
    assert len(place.fetch(out)) == 4


def test_large_matrices_on_two_devices_give_the_bits_of_one() -> None:
    """As many devices as threads: batches of matrices that are shared out among the threads would wait for ever."""
    done = subprocess.run([sys.executable, "-m", "tests.side_by_side"], env=alone(), capture_output=True, text=True, timeout=200)
    found = json.loads(done.stdout.partition("FOUND ")[2])
    assert len(found) == 3
    assert all(one == two for one, two in found.values())


# processes


@pytest.mark.slow
def test_two_processes_give_the_bits_of_one() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    commands = [[sys.executable, "-m", "tests.two_processes", port, rank] for rank in ("0", "1")]
    both = [subprocess.Popen(command, env=alone(), stdout=subprocess.PIPE, text=True) for command in commands]
    printed = [process.communicate(timeout=300)[0] for process in both]
    found = [json.loads(text.partition("FOUND ")[2].splitlines()[0]) for text in printed]
    assert found == [{name: fingerprint(recorded(name)) for name in NAMES}] * 2


# widths


@pytest.mark.parametrize(
    ("replicas", "width"),
    [(1, 1), (100, 50), (129, 1024), (2000, 2048), (2049, 4096), (4097, 16_384), (32_768, 16_384), (10**7, 65_536)],
)
def test_a_tile_grows_with_the_replicas(replicas: int, width: int) -> None:
    assert tile_width(job(PLAIN["replace-1"]), replicas, "cpu") == width


@pytest.mark.parametrize(("replicas", "width"), [(100, 50), (129, 128), (1024, 128), (1025, 2048)])
def test_larger_replicas_are_not_padded_much(replicas: int, width: int) -> None:
    assert tile_width(job(PLAIN["replace-3"]), replicas, "cpu") == width


def test_a_tile_shrinks_with_what_a_replica_carries() -> None:
    small, large = job(PLAIN["replace-3"]), job(Case(AccumulateSubsample(n=40), 3))
    assert 32 < tile_width(large, 10**6, "cpu") < tile_width(small, 10**6, "cpu") < tile_width(small, 10**6, "cuda")
    assert tile_width(job(Case(AccumulateSubsample(n=10**6), 1)), 10**6, "cpu") == 32
    assert tile_width(job(Case(AccumulateSubsample(n=10**6), 1)), 100, "cpu") == 25


def test_points_count() -> None:
    case = Case(Replace(n=1000), 3)
    assert tile_width(job(case, "points"), 10**6, "cpu") < tile_width(job(case), 10**6, "cpu")


def memory(monkeypatch: pytest.MonkeyPatch, replicas: int) -> None:
    """Room for one tile of that many replicas."""
    needed = Run(job(PLAIN["replace-1"]), T, 1, replicas, (T,), jax.devices()[:1]).places[0].bytes_needed
    monkeypatch.setattr(_fit, "_available", lambda: needed)


def small(**options: Any) -> Any:
    return PLAIN["replace-1"].run(1, replicas=600, **options)


def test_a_tile_that_does_not_fit_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SIMULATE, "tile_width", lambda *_: 512)
    memory(monkeypatch, 256)
    with pytest.warns(TileHalved, match=r"a tile of 512 replicas needs \d+ bytes and \d+ bytes are free: .* tiles of 256"):
        run = small(tile=None)
    assert run.provenance["tile"] == 256
    assert run.provenance["tile_wanted"] == 512
    assert fingerprint(run) == fingerprint(small(tile=256))


def test_a_tile_that_was_asked_for_is_not_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    memory(monkeypatch, 256)
    with pytest.raises(BadInput, match=r"a tile of 512 replicas, which needs \d+ bytes") as caught:
        small(tile=512)
    assert complaint(str(caught.value))[0] == "tile"


def test_the_smallest_tile_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SIMULATE, "tile_width", lambda *_: 64)
    monkeypatch.setattr(_fit, "_available", lambda: 1000)
    with pytest.warns(TileHalved), pytest.raises(BadInput, match="fits into the 1000 bytes free"):
        small(tile=None)


def test_memory_that_runs_out_on_the_way_halves_the_tile(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = _place.Place.fetch

    def exhausted(self: Any, out: Any) -> Any:
        if len(out.failed) > 256:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 123 bytes.")
        return fetch(self, out)

    monkeypatch.setattr(SIMULATE, "tile_width", lambda *_: 512)
    monkeypatch.setattr(_place.Place, "fetch", exhausted)
    with pytest.warns(TileHalved, match="tiles of 256"):
        run = small(tile=None)
    assert np.array_equal(values(run), values(small(tile=256)))


def test_other_errors_of_a_device_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any, out: Any) -> Any:
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")

    monkeypatch.setattr(_place.Place, "fetch", broken)
    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        small()


def test_unknown_memory_is_no_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _fit.bytes_free(jax.devices()) is not None
    monkeypatch.setattr(_fit, "MEMINFO", tmp_path / "nothing")
    assert _fit.bytes_free(jax.devices()) is None
    assert small().complete


def test_a_state_is_used_up() -> None:
    run = Run(job(PLAIN["fresh-3"]), T, 600, TILE, (), jax.devices()[:1])
    (place,) = run.places
    run._call(place, [0], 0, 2)
    before = jax.tree.leaves(place.state)
    run._call(place, [0], 2, T)
    assert any(leaf.is_deleted() for leaf in before)


def test_calls_are_sent_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    run, events = Run(job(PLAIN["fresh-3"]), T, 600, TILE, (), jax.devices()[:1]), []
    call, land = run._call, run._land
    monkeypatch.setattr(run, "_call", lambda *args: (events.append("call"), call(*args))[1])
    monkeypatch.setattr(run, "_land", lambda *args: (events.append("land"), land(*args))[1])
    assert run.all_tiles()
    assert events == ["call", "call", "land", "call", "land", "land"]


def test_programs_that_are_not_used_any_more_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds hundreds of memory maps, of which a process has 65,530: after many shapes it would crash."""
    monkeypatch.setattr(engine, "KEPT", 2)
    first = Case(Replace(n=6), 1).run(1, replicas=64, tile=64)
    gone = weakref.ref(list(engine._compiled.values())[-1].run)
    for tile in (32, 128, 256):
        Case(Replace(n=6), 1).run(1, replicas=64, tile=tile)
    gc.collect()
    assert len(engine._compiled) == 2
    assert gone() is None
    assert fingerprint(Case(Replace(n=6), 1).run(1, replicas=64, tile=64)) == fingerprint(first)

"""Same seed, same bits, for any devices, order, interruption, replicas, threads and flags; and one program for all values."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import chex
import equinox as eqx
import jax
import numpy as np
import pytest

from madtheory import engine
from madtheory.random import SYNTHETIC, Stream, seed_words
from madtheory.schedules import Fresh, Replace, Weighted
from madtheory.simulate import Run, make_job
from madtheory.verify import verify
from tests.engine_cases import (
    GOLDEN,
    OBSERVABLES,
    PLAIN,
    TILE,
    TRUTHS,
    Case,
    T,
    fingerprint,
    platform_class,
    recorded,
    spread,
    summary,
    values,
)

ULPS = 1e-5  # relative, in ln σ²: what other instruction sets and other programs may change
SEVERAL = ["replace-1", "fresh-3", "window-1"]
FAST = ["replace-1", "fresh-3", "window-1", "accumulate-3"]
MARKED = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in PLAIN]
every_plain = pytest.mark.parametrize("name", MARKED)
several = pytest.mark.parametrize("name", SEVERAL)


def last(run: Any, name: str = "log_variance") -> np.ndarray:
    return np.asarray(run.observables[name].values[-1], float)


def host(name: str, replicas: int = 600, devices: int = 1, progress: Any = None) -> Run:
    """The host's side of the recorded run of a plain loop, before its first tile."""
    job = make_job(PLAIN[name].loop(0.9), T, OBSERVABLES, 20_240_229, "statistics", np.float32)
    return Run(job, T, replicas, TILE, (T,), jax.devices()[:devices], progress)


# recorded bits


@every_plain
def test_recorded_values(name: str) -> None:
    """The recorded bits where this platform's are on record, else values within rounding of those of another one."""
    records = sorted(GOLDEN.glob("*.json"))
    own = GOLDEN / f"{platform_class()}.json"
    record = json.loads((own if own.exists() else records[0]).read_text(encoding="utf-8"))[name]
    found = summary(name)
    assert found["log_variance"] == pytest.approx(record["log_variance"], rel=ULPS, abs=ULPS)
    if own.exists():
        assert found["sha256"] == record["sha256"]


def test_the_fingerprint_sees_one_bit() -> None:
    run = recorded("replace-1")
    before = fingerprint(run)
    kept = run.observables["log_variance"].values.copy()
    kept[0, 599] = np.nextafter(kept[0, 599], np.float32(0))
    run.observables["log_variance"] = type(run.observables["log_variance"])(*vars(run.observables["log_variance"]).values())
    object.__setattr__(run.observables["log_variance"], "values", kept)
    assert fingerprint(run) != before


# devices, tiles, replicas


@several
def test_four_devices_give_the_bits_of_one(name: str) -> None:
    assert fingerprint(recorded(name, devices=4)) == fingerprint(recorded(name))


def test_two_devices_give_the_bits_of_one() -> None:
    assert fingerprint(recorded("fresh-3", devices=[3, 1])) == fingerprint(recorded("fresh-3"))


@pytest.mark.slow
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in spread(0).items()])
def test_sharding_couples_nothing(case: Case) -> None:
    one, four = (case.run(1, bias=1.1, replicas=600, devices=devices) for devices in (1, 4))
    assert fingerprint(one) == fingerprint(four)


@several
def test_tiles_may_run_in_any_order(name: str) -> None:
    forward, backward = ({s.tile: s for s in host(name)._finished(order)} for order in ([0, 1, 2], [2, 0, 1]))
    assert all(np.array_equal(forward[k].kept, backward[k].kept) for k in (0, 1, 2))


@several
@pytest.mark.parametrize("replicas", [1, 100, 256, 257])
def test_fewer_replicas_are_the_first_of_more(name: str, replicas: int) -> None:
    few = PLAIN[name].run(20_240_229, bias=0.9, replicas=replicas)
    assert np.array_equal(values(few), values(recorded(name))[:replicas])


def test_no_two_replicas_are_equal() -> None:
    kept = values(recorded("fresh-3"))
    assert len(np.unique(kept, axis=0)) == len(kept) == 600


def test_another_seed_gives_other_bits() -> None:
    assert fingerprint(PLAIN["replace-1"].run(1, bias=0.9, replicas=600)) != fingerprint(recorded("replace-1"))
    assert not np.any(values(PLAIN["replace-1"].run(2**32, replicas=64)) == values(PLAIN["replace-1"].run(0, replicas=64)))


# interruptions


def resumed(name: str, cuts: list[int]) -> tuple[list[np.ndarray], Any]:
    """Rows of means of the first tile run in several calls, and the last state."""
    run, rows = host(name), []
    (place,) = run.places
    for start, stop in zip([0, *cuts], [*cuts, T], strict=True):
        rows.append(np.asarray(run._call(place, [0], start, stop).mean[: stop - start]))
    return rows, place.state


@several
@pytest.mark.parametrize("cuts", [[1], [2], [3], [1, 2, 3]])
def test_a_run_resumed_anywhere_has_the_same_bits(name: str, cuts: list[int]) -> None:
    (whole, state), (parts, again) = resumed(name, []), resumed(name, cuts)
    assert np.array_equal(np.concatenate(whole), np.concatenate(parts))
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(state), jax.tree.leaves(again), strict=True))


@several
@pytest.mark.parametrize("devices", [1, 4])
def test_an_interrupt_keeps_the_finished_tiles(name: str, devices: int) -> None:
    tiles = 3 * devices

    def stop_late(done: int, total: int) -> None:
        assert total == tiles * T
        if done > 2 * devices * T:
            raise KeyboardInterrupt

    replicas = tiles * TILE
    whole = PLAIN[name].run(20_240_229, bias=0.9, replicas=replicas, devices=devices)
    part = PLAIN[name].run(20_240_229, bias=0.9, replicas=replicas, devices=devices, progress=stop_late)
    assert whole.complete
    assert not part.complete
    assert part.replicas == 2 * devices * TILE
    assert np.array_equal(values(part), values(whole)[: part.replicas])
    assert last(part).mean() == pytest.approx(part.observables["log_variance"].mean[T], rel=1e-6)


def test_an_interrupt_before_the_first_tile_is_passed_on() -> None:
    def stop_at_once(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PLAIN["replace-1"].run(1, replicas=600, progress=stop_at_once)


def test_progress_counts_every_tile_and_generation() -> None:
    told: list[tuple[int, int]] = []
    PLAIN["replace-1"].run(1, replicas=600, progress=lambda *at: told.append(at))
    assert told == [(4, 12), (8, 12), (12, 12)]


# flags and threads


@several
def test_the_64_bit_flag_changes_nothing(name: str) -> None:
    with jax.enable_x64(True):
        flagged = recorded(name)
    assert fingerprint(flagged) == fingerprint(recorded(name))
    assert values(flagged).dtype == np.float32


def elsewhere(name: str, flags: str) -> dict[str, Any]:
    """The summary of a recorded run made by another process."""
    return json.loads(another_process(flags, "-m", "tests.engine_cases", name))[name]


def another_process(flags: str, *arguments: str) -> str:
    """What Python prints when it is started with these flags of the compiler."""
    settings = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(GOLDEN.parent.parent)}
    return subprocess.run([sys.executable, *arguments], env=settings, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("flags", ["--xla_cpu_multi_thread_eigen=false"])
def test_one_thread_gives_the_same_bits(flags: str) -> None:
    assert elsewhere("accumulate-3", flags)["sha256"] == fingerprint(recorded("accumulate-3"))


@pytest.mark.slow
@every_plain
@pytest.mark.parametrize("isa", ["AVX2", "SSE4_2"])
def test_other_instructions_agree_within_rounding(name: str, isa: str) -> None:
    """Measured: at most 2e-6 in ln σ² after 4 generations."""
    found = elsewhere(name, f"--xla_cpu_max_isa={isa}")["log_variance"]
    assert found == pytest.approx(last(recorded(name))[:16], rel=ULPS, abs=ULPS)


WORDS = """
import hashlib, numpy as np
from tests.test_engine_bits import some_words
print(hashlib.sha256(some_words().tobytes()).hexdigest())
"""


def some_words() -> np.ndarray:
    return np.asarray(Stream(seed_words(5), np.uint32(3), np.uint32(2)).words(SYNTHETIC).many(4096))


@pytest.mark.slow
@pytest.mark.parametrize("isa", ["AVX2", "SSE4_2"])
def test_other_instructions_give_the_same_words(isa: str) -> None:
    found = another_process(f"--xla_cpu_max_isa={isa}", "-c", WORDS).strip()
    assert found == hashlib.sha256(some_words().tobytes()).hexdigest()


# what is measured beside, and what is kept, changes no law and no word


def test_what_else_is_measured_changes_rounding_at_most() -> None:
    alone = PLAIN["fresh-3"].run(20_240_229, bias=0.9, replicas=600, observables=["log_variance"], keep=[1, T])
    assert last(alone) == pytest.approx(last(recorded("fresh-3")), rel=ULPS, abs=ULPS)


# programs


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The engine, allowed to trace its tile once."""
    chex.clear_trace_counter()
    engine.forget()
    monkeypatch.setattr(engine, "tile", chex.assert_max_traces(engine.tile, n=1))
    yield
    engine.forget()
    chex.clear_trace_counter()


@pytest.mark.usefixtures("once")
def test_new_values_do_not_compile() -> None:
    for n in (6, 7, 10**6):
        Case(Replace(n=n), 1).run(n, replicas=3, bias=1 / n)
    Case(Replace(n=8), 1).run(1, replicas=1000, truth=type(TRUTHS[1])(mean=[-3.0], covariance=[[9.0]]), keep=[2])
    Case(Replace(n=8), 1).run(2**64 - 1, replicas=1, bias=[0.5, 0.6, 0.7, 0.8])


@pytest.mark.usefixtures("once")
def test_a_verdict_compiles_its_loop_once() -> None:
    verify(Case(Replace(n=100), 1).loop(), generations=20, replicas=200)


@pytest.mark.usefixtures("once")
def test_new_weights_do_not_compile() -> None:
    for weight in (0.2, 0.9):
        Case(Weighted(n_real=4, n_synthetic=6, weight=weight), 1).run(1, replicas=3)


@pytest.mark.usefixtures("once")
def test_a_new_estimator_compiles() -> None:
    Case(Replace(n=6), 1).run(1, replicas=3)
    with pytest.raises(AssertionError, match="traced"):
        Case(Replace(n=6), 1, estimator="mle").run(1, replicas=3)


def test_a_padded_replica_leaves_no_trace() -> None:
    """Padding gets numbers of replicas beyond R; the mean over one replica is that replica."""
    run = Case(Fresh(n_real=4, n_synthetic=6), 3).run(20_240_229, bias=0.9, replicas=1)
    for k, name in enumerate(OBSERVABLES):
        assert run.observables[name].mean[T] == values(run)[0, k]


def test_a_state_holds_arrays_only() -> None:
    assert all(eqx.is_array(leaf) for leaf in jax.tree.leaves(host("window-3").places[0].state))

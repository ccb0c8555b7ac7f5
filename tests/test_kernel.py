"""A segment as one kernel, run as ordinary code: it does what the ordinary loop does, and its parts do what they say.

On an accelerator the same kernel is compiled: tests/test_accelerator.py.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from madtheory import _kernel, engine
from madtheory._contract import MultiplyAdd, contract
from madtheory._kernel import Table, block_size
from madtheory._parts import NotNumbers, take_apart
from madtheory.schedules import AccumulateSubsample, FixedReal, Replace, Weighted
from tests.engine_cases import PLAIN, TILE, Case, fingerprint, values

LOOPS = {name: PLAIN[name] for name in ("replace-1", "fresh-1", "window-1", "accumulate-1", "replace-3")} | {
    "weighted-1": Case(Weighted(n_real=4, n_synthetic=6, weight=0.3), 1, estimator="mle"),
    "fixed-1": Case(FixedReal(n_real=4, n_synthetic=6), 1, bias_first=True),
}
ROUNDING = 2e-5  # relative to the spread over replicas, or in ln σ²


def both(monkeypatch: pytest.MonkeyPatch, case: Case, **options: Any) -> tuple[Any, Any]:
    """The same run by the ordinary loop and by the kernel."""
    runs = []
    for setting in ("off", "interpret"):
        monkeypatch.setenv(_kernel.SETTING, setting)
        runs.append(case.run(5, bias=0.9, replicas=600, **options))
    return runs[0], runs[1]


def apart(one: Any, other: Any) -> float:
    """The largest difference of two runs, in standard deviations over replicas and standard errors."""
    found = [np.max(abs(values(one) - values(other)) / np.std(values(one), axis=0))]
    for name, series in one.observables.items():
        error = series.standard_error[1:]
        found.append(np.max(abs(series.mean - other.observables[name].mean)[1:] / error))
        found.append(np.max(abs(other.observables[name].standard_error[1:] / error - 1)))
    return float(np.max(found))


@pytest.mark.parametrize("name", [n if n in ("replace-1", "fresh-1") else pytest.param(n, marks=pytest.mark.slow) for n in LOOPS])
def test_a_kernel_does_what_the_loop_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert apart(*both(monkeypatch, LOOPS[name])) < ROUNDING


def test_other_draws_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_kernel.SETTING, "interpret")
    one, other = (PLAIN["replace-1"].run(seed, bias=0.9, replicas=600) for seed in (5, 6))
    assert apart(one, other) > 0.1


def test_segments_folds_and_kept_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 generations: two segments, folds of the frame in both; kept generations at the ends of stretches and within."""
    case, keep = Case(Replace(n=40), 1), [1, 31, 32, 33, 256, 257, 300]
    runs = []
    for setting in ("off", "interpret"):
        monkeypatch.setenv(_kernel.SETTING, setting)
        runs.append(case.run(1, generations=300, replicas=100, tile=64, keep=keep))
    for name, series in runs[0].observables.items():
        other = runs[1].observables[name].values
        assert np.max(abs(series.values - other) / np.std(series.values, axis=1, keepdims=True)) < 1e-3, name


def test_dead_replicas_stay_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """One point has no spread: every log variance is −∞, in a kernel too, and nothing fails."""
    one, other = both(monkeypatch, Case(Replace(n=1), 1, estimator="mle"))
    for run in (one, other):
        assert np.all(run.observables["log_variance"].mean[1:] == -np.inf)
        assert not run.failed


def test_a_failing_replica_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """λ = 10³⁸ leaves single precision after a few generations: the same replicas are named."""
    case = Case(Replace(n=6), 1)
    runs = []
    for setting in ("off", "interpret"):
        monkeypatch.setenv(_kernel.SETTING, setting)
        runs.append(case.run(5, bias=1e38, replicas=300))
    assert runs[0].failed == runs[1].failed
    assert runs[0].failed


def test_what_cannot_be_a_kernel_runs_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(AccumulateSubsample(n=5), 1)
    one, other = both(monkeypatch, case)
    assert apart(one, other) < ROUNDING


def test_a_kernel_that_jax_cannot_write_is_an_ordinary_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = both(monkeypatch, PLAIN["replace-1"])[0]

    def refused(*_: Any) -> Any:
        raise NotImplementedError("Unimplemented primitive in Pallas Triton lowering: sort")

    engine.forget()
    monkeypatch.setattr(engine, "in_a_kernel", refused)
    monkeypatch.setenv(_kernel.SETTING, "interpret")
    assert fingerprint(PLAIN["replace-1"].run(5, bias=0.9, replicas=600)) == fingerprint(ordinary)
    engine.forget()


# parts


def test_what_all_share_is_worked_out_once() -> None:
    scale = jnp.asarray(3.0)

    def step(t: Any, x: Any) -> list[Any]:
        return [x * jnp.exp(scale) + jnp.cos(t.astype(jnp.float32)) * 2]

    parts = take_apart(False, step, jnp.int32(1), jnp.float32(0))
    fixed, now = parts.shared(jnp.int32(2))
    assert [len(fixed), len(now)] == [1, 1]
    (found,) = parts.own(fixed, now, jnp.float32(5))
    assert float(found) == pytest.approx(float(step(jnp.int32(2), jnp.float32(5))[0]), rel=1e-6)
    used = {e.primitive.name for e in jax.make_jaxpr(parts.own)(fixed, now, jnp.float32(5)).eqns}
    assert used <= {"mul", "add"}


def test_an_array_of_a_replica_is_no_number() -> None:
    with pytest.raises(NotNumbers):
        take_apart(False, lambda t, x: [jnp.sum(x * jnp.arange(3.0))], jnp.int32(1), jnp.float32(0))


def test_products_are_contracted_with_their_signs() -> None:
    def step(a: Any, b: Any, c: Any) -> list[Any]:
        return [a * b + c, a * b - c, c - a * b, c + a * b]

    numbers = jnp.float32(2), jnp.float32(3), jnp.float32(5)
    flat = jax.make_jaxpr(step)(*numbers).jaxpr
    done = contract(flat.eqns, flat.outvars)
    assert all(isinstance(e, MultiplyAdd) for e in done)
    known = dict(zip(flat.invars, numbers, strict=True))
    found = [float(e.value(*(known[v] for v in (*e.factors, e.plus)))) for e in done]
    assert found == [float(x) for x in step(*numbers)]


def test_a_product_that_is_needed_elsewhere_stays() -> None:
    flat = jax.make_jaxpr(lambda a, b: [a * b + 1, a * b])(jnp.float32(2), jnp.float32(3)).jaxpr
    shared = jax.make_jaxpr(lambda a, b: (lambda p: [p + 1, p])(a * b))(jnp.float32(2), jnp.float32(3)).jaxpr
    assert sum(isinstance(e, MultiplyAdd) for e in contract(flat.eqns, flat.outvars)) == 1
    assert not any(isinstance(e, MultiplyAdd) for e in contract(shared.eqns, shared.outvars))


def test_tables_give_back_what_they_hold() -> None:
    with jax.enable_x64(True):
        numbers = [jnp.float32(1.5), jnp.asarray(True), jnp.asarray(2**40 + 7, jnp.uint64), jnp.int32(-3), jnp.float32(2.5)]
    table = Table(numbers)
    found = table.read(table.arrays)
    with jax.enable_x64(True):
        assert [x.item() for x in found] == [1.5, True, 2**40 + 7, -3, 2.5]
        assert [x.dtype for x in found] == [x.dtype for x in numbers]


@pytest.mark.parametrize("count", [1, 31, 32, 33, 100, 128])
def test_moments_of_warps_are_merged(count: int) -> None:
    rng = np.random.default_rng(count)
    x = rng.normal(50, 1, 128).astype(np.float32)
    valid = np.arange(128) < count
    warps = [x[k : k + 32][valid[k : k + 32]] for k in range(0, 128, 32)]
    mean = np.array([w.mean() if len(w) else 0 for w in warps], np.float32)[:, None, None]
    m2 = np.array([((w - w.mean()) ** 2).sum() if len(w) else 0 for w in warps], np.float32)[:, None, None]
    found = _kernel.merged(jnp.asarray(mean), jnp.asarray(m2), jnp.int32(count), 32)
    exact = x[:count].astype(float)
    assert float(found[0][0, 0]) == pytest.approx(exact.mean(), abs=1e-5)
    assert float(found[1][0, 0]) == pytest.approx(((exact - exact.mean()) ** 2).sum(), rel=1e-4, abs=1e-6)


def test_blocks_are_powers_of_two_that_fill_the_device() -> None:
    for numbers in (1, 7, 13, 25, 300):
        for power in range(5, 24):
            block = block_size(numbers, 2**power)
            assert block & (block - 1) == 0
            assert 32 <= block <= 2**power
            assert block == 32 or 2**power // block >= _kernel.WARPS
    assert block_size(7, 2**22) > block_size(25, 2**22)
    assert TILE & (TILE - 1) == 0


class Device:
    """As much of a JAX device as is asked for."""

    def __init__(self, platform: str, version: str) -> None:
        self.platform, self.client = platform, self
        self.platform_version = version


def test_kernels_are_for_nvidia(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(_kernel.SETTING, raising=False)
    found = [_kernel.setting(Device(*about)) for about in (("gpu", "cuda 13000"), ("gpu", "ROCM 6"), ("cpu", ""), ("tpu", ""))]
    assert found == ["on", "off", "off", "off"]
    monkeypatch.setattr(_kernel, "one_warp", lambda: None)
    assert _kernel.setting(Device("gpu", "cuda 13000")) == "off"

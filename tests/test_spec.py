"""Loops as TOML and as nested tables: what is written is read back as the same loop, bit for bit."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, ClassVar

import equinox as eqx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madtheory._fields import sizes
from madtheory.errors import BadInput
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import KINDS, Custom, FixedReal, Replace, Schedule, Weighted, Window
from madtheory.truth import Truth

MORE = [
    FixedReal(n_real=4, n_synthetic=[5, 6], real="redrawn"),
    Weighted(n_real=3, n_synthetic=4, weight=[1 / 3, 2 / 3]),
    Window(n=10, window=3, n_real=4, n_initial=5),
    Custom(source=[0, 1, 0], size=[5, 6, 7], weights=[[1, 0, 0], [0.25, 0.5, 0.25]], bias=[1.0, 0.9, 1 / 7]),
]
EVERY = [case for cls in KINDS.values() for case in cls.cases()] + MORE


def loop_with(schedule: Schedule, dim: int = 2, **others: Any) -> Loop:
    given_ = {"sampling_bias": 0.9, "bias_first_generation": True, "estimator": "mle"} | others
    return Loop(model=Gaussian(dim=dim), truth=Truth.standard(dim), schedule=schedule, **given_)


def through_toml(loop: Loop, folder: Path) -> Loop:
    (folder / "loop.toml").write_text(loop.to_toml(), encoding="utf-8")
    return Loop.from_toml(folder / "loop.toml")


@pytest.mark.parametrize("schedule", EVERY, ids=lambda schedule: schedule.kind)
def test_every_schedule_comes_back_the_same(schedule: Schedule, tmp_path: Path) -> None:
    loop = loop_with(schedule)
    assert eqx.tree_equal(through_toml(loop, tmp_path), loop)
    assert eqx.tree_equal(Loop.from_dict(loop.to_dict()), loop)
    assert eqx.tree_equal(Loop.from_dict(json.loads(json.dumps(loop.to_dict(), allow_nan=False))), loop)
    assert tomllib.loads(loop.to_toml()) == loop.to_dict()


def test_another_loop_is_not_the_same(tmp_path: Path) -> None:
    one, other = loop_with(Replace(n=7)), loop_with(Replace(n=7), sampling_bias=np.nextafter(0.9, 1))
    assert not eqx.tree_equal(through_toml(one, tmp_path), other)
    assert not eqx.tree_equal(through_toml(one, tmp_path), loop_with(Replace(n=8)))
    assert not eqx.tree_equal(through_toml(one, tmp_path), loop_with(Replace(n=7), estimator="unbiased"))


finite = st.floats(-1e150, 1e150)
positive = st.floats(1e-150, 1e150)


@settings(max_examples=50, deadline=None)
@given(n=st.integers(2, 2**31 - 1), bias=st.lists(positive, min_size=1, max_size=4), mean=finite, variance=positive)
def test_every_bit_of_a_number_survives(n: int, bias: list[float], mean: float, variance: float) -> None:
    truth = Truth(mean=[mean], covariance=[[variance]])
    loop = Loop(model=Gaussian(dim=1), truth=truth, schedule=Replace(n=n), sampling_bias=bias, bias_first_generation=False,
                estimator="unbiased")  # fmt: skip
    assert eqx.tree_equal(Loop.from_dict(tomllib.loads(loop.to_toml())), loop)


class Mine(Schedule):
    """A newcomer's schedule: its own file and an export line, and nothing about TOML."""

    kind: ClassVar[str] = "mine"
    points: Any = sizes()

    def composition(self, generations: int) -> Any:
        return Replace(n=self.points).composition(generations)


def test_a_new_schedule_needs_no_more_than_its_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loop = loop_with(Mine(points=[4, 5]))
    with pytest.raises(BadInput, match=r"schedule.kind: expected one of accumulate"):
        through_toml(loop, tmp_path)
    monkeypatch.setitem(KINDS, "mine", Mine)
    assert eqx.tree_equal(through_toml(loop, tmp_path), loop)


def test_switches_have_no_hidden_default() -> None:
    table = loop_with(Replace(n=7)).to_dict()
    for switch in ("estimator", "bias_first_generation"):
        with pytest.raises(BadInput, match=f"^{switch}: expected .*; got nothing$"):
            Loop.from_dict({key: value for key, value in table.items() if key != switch})


@pytest.mark.parametrize("bias", [{}, {"sampling_bias": 1}, {"sampling_bias": [1.0, 1.0]}])
def test_a_switch_that_changes_nothing_may_be_left_out(bias: dict[str, Any]) -> None:
    table = {key: value for key, value in loop_with(Replace(n=7)).to_dict().items() if "bias" not in key}
    assert Loop.from_dict(table | bias).bias_first_generation is False


def test_a_missing_key_is_named_with_what_it_should_be() -> None:
    table = loop_with(Replace(n=7)).to_dict()
    with pytest.raises(BadInput, match=r"^schedule.n: expected a whole number from 1 to \d+, or a list .*; got nothing$"):
        Loop.from_dict(table | {"schedule": {"kind": "replace"}})


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    text = """
sampling_bias = 0.9            # λ multiplies the covariance of synthetic draws
bias_first_generation = false  # the switch
estimator = "unbiased"         # or "mle"
[model]
kind = "gaussian"
dim = 1
[truth]
mean = [0.0]
covariance = [[1.0]]
[schedule]
kind = "replace"
n = 100
"""
    (tmp_path / "loop.toml").write_text(text, encoding="utf-8")
    loop = Loop.from_toml(tmp_path / "loop.toml")
    same = loop_with(Replace(n=100), dim=1, bias_first_generation=False, estimator="unbiased")
    assert eqx.tree_equal(loop, same)

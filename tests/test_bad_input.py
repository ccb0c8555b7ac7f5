"""Bad input in Python, case by case: one line that names the field, what was expected and what was got."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import madtheory as mad
from madtheory import _arguments
from madtheory.errors import BadInput
from madtheory.models import Gaussian
from madtheory.schedules import Accumulate, AccumulateSubsample, Custom, FixedReal, Fresh, Replace, Weighted, Window
from madtheory.truth import Truth
from tests.bad_input import complaint

NAN, INF = float("nan"), float("inf")
I2 = [[1.0, 0.0], [0.0, 1.0]]


def loop(schedule: Any = None, **others: Any) -> Any:
    values = {"model": Gaussian(dim=1), "truth": Truth.standard(1), "estimator": "unbiased", "bias_first_generation": False}
    return mad.Loop(**values | {"schedule": schedule or Replace(n=10)} | others)


def matrix(weights: Any, **others: Any) -> Custom:
    return Custom(**{"source": [0, 1], "size": [5, 5], "weights": weights} | others)


# Python

API: dict[str, tuple[str, Callable[[], Any]]] = {
    **{
        f"n={value!r}"[:40]: ("n", lambda value=value: Replace(n=value))
        for value in (
            -5, 0, 2.5, True, "10", None, NAN, INF, 3 + 4j, [], [5, 0], [5, True], [[5]], [5, "6"], {}, 2**31, 10**400,
            np.array([1.5]), np.array(["a"]), np.array([True]), [1e300], b"7", range, Ellipsis, [NAN, 3], [[[[[[5]]]]]],
        )
    },
    **{
        f"sampling_bias={value!r}": ("sampling_bias", lambda value=value: loop(sampling_bias=value))
        for value in (0, -1, NAN, INF, 1j, "0.9", True, None, [], [0.9, 0], [[0.9]])
    },
    "n of thousands of digits": ("n", lambda: Replace(n=10**5000)),
    "n=1 unbiased": ("schedule", lambda: loop(Replace(n=1))),
    "n=1 later, unbiased": ("schedule", lambda: loop(Replace(n=[5, 1])).check_generations(2)),
    "accumulate n=1 unbiased": ("schedule", lambda: loop(Accumulate(n=1))),
    "accumulate n_initial=0": ("n_initial", lambda: Accumulate(n=5, n_initial=0)),
    "fixed_real n_real list": ("n_real", lambda: FixedReal(n_real=[5, 5], n_synthetic=5)),
    "fixed_real n_synthetic": ("n_synthetic", lambda: FixedReal(n_real=5, n_synthetic=-1)),
    "fixed_real real": ("real", lambda: FixedReal(n_real=5, n_synthetic=5, real="reuse")),
    "fresh n_initial list": ("n_initial", lambda: Fresh(n_real=5, n_synthetic=5, n_initial=[5, 5])),
    "subsample flag": ("with_replacement", lambda: AccumulateSubsample(n=5, with_replacement="no")),
    "weight 0": ("weight", lambda: Weighted(n_real=5, n_synthetic=5, weight=0)),
    "weight above 1": ("weight", lambda: Weighted(n_real=5, n_synthetic=5, weight=1.5)),
    "weight nan": ("weight", lambda: Weighted(n_real=5, n_synthetic=5, weight=NAN)),
    "weight name": ("weight", lambda: Weighted(n_real=5, n_synthetic=5, weight="gold")),
    "window 0": ("window", lambda: Window(n=10, window=0)),
    "window fraction": ("window", lambda: Window(n=10, window=2.5)),
    "window list": ("window", lambda: Window(n=10, window=[2])),
    "window larger than n": ("n", lambda: Window(n=2, window=3)),
    "weights do not sum to 1": ("weights", lambda: matrix([[1, 0], [0.5, 0.6]])),
    "weights almost sum to 1": ("weights", lambda: matrix([[1, 0], [0.5, 0.5 + 3e-9]])),
    "negative weight": ("weights", lambda: matrix([[1, 0], [1.5, -0.5]])),
    "weights look into the future": ("weights", lambda: matrix([[0.5, 0.5], [0.5, 0.5]])),
    "weights of its own model": ("weights", lambda: matrix([[1, 0], [0, 1]], source=[0, 2])),
    "weights ragged": ("weights", lambda: matrix([[1, 0], [1]])),
    "weights too wide": ("weights", lambda: matrix([[1, 0, 0], [1, 0, 0]])),
    "weights a vector": ("weights", lambda: matrix([1, 0])),
    "weights nan": ("weights", lambda: matrix([[1, 0], [NAN, 1]])),
    "batch sizes": ("size", lambda: matrix([[1, 0], [0, 1]], size=[5, 0])),
    "batch sizes too few": ("size", lambda: matrix([[1, 0], [0, 1]], size=[5])),
    "source negative": ("source", lambda: matrix([[1, 0], [0, 1]], source=[0, -1])),
    "source fraction": ("source", lambda: matrix([[1, 0], [0, 1]], source=[0, 0.5])),
    "batch bias": ("bias", lambda: matrix([[1, 0], [0, 1]], bias=[1, 0])),
    "dim 0": ("dim", lambda: Gaussian(dim=0)),
    "dim fraction": ("dim", lambda: Gaussian(dim=1.5)),
    "dim true": ("dim", lambda: Gaussian(dim=True)),
    "dim does not match": ("truth.mean", lambda: loop(model=Gaussian(dim=2))),
    "mean and covariance disagree": ("mean", lambda: Truth(mean=[0.0], covariance=I2)),
    "mean a number": ("mean", lambda: Truth(mean=0.0, covariance=[[1.0]])),
    "mean empty": ("mean", lambda: Truth(mean=[], covariance=[[1.0]])),
    "mean nan": ("mean", lambda: Truth(mean=[NAN], covariance=[[1.0]])),
    "mean infinite": ("mean", lambda: Truth(mean=[INF, 0], covariance=I2)),
    "mean complex": ("mean", lambda: Truth(mean=[1j], covariance=[[1.0]])),
    "mean text": ("mean", lambda: Truth(mean=["0"], covariance=[[1.0]])),
    "covariance a vector": ("covariance", lambda: Truth(mean=[0.0], covariance=[1.0])),
    "covariance not square": ("covariance", lambda: Truth(mean=[0.0, 0], covariance=[[1.0, 0]])),
    "covariance ragged": ("covariance", lambda: Truth(mean=[0.0, 0], covariance=[[1.0, 0], [0]])),
    "covariance not symmetric": ("covariance", lambda: Truth(mean=[0.0, 0], covariance=[[1, 0.5], [0.4, 1]])),
    "covariance indefinite": ("covariance", lambda: Truth(mean=[0.0, 0], covariance=[[1, 2], [2, 1]])),
    "covariance singular": ("covariance", lambda: Truth(mean=[0.0, 0], covariance=[[1, 1], [1, 1]])),
    "covariance zero": ("covariance", lambda: Truth(mean=[0.0], covariance=[[0]])),
    "covariance negative": ("covariance", lambda: Truth(mean=[0.0], covariance=[[-1]])),
    "covariance nan": ("covariance", lambda: Truth(mean=[0.0], covariance=[[NAN]])),
    "covariance infinite": ("covariance", lambda: Truth(mean=[0.0], covariance=[[INF]])),
    "covariance huge and indefinite": ("covariance", lambda: Truth(mean=[0.0, 0], covariance=[[1e308, -1e308], [1e308, 1e308]])),
    "bootstrap without data": ("real_draws", lambda: Truth(mean=[0.0], covariance=[[1.0]], real_draws="bootstrap")),
    "real_draws unknown": ("real_draws", lambda: Truth(mean=[0.0], covariance=[[1.0]], real_draws="parametrik")),
    "points of another dimension": ("points", lambda: Truth(mean=[0.0], covariance=[[1.0]], points=[[1.0, 2.0]])),
    "components without data": ("components", lambda: Truth(mean=[0.0], covariance=[[1.0]], components=1)),
    "estimator": ("estimator", lambda: loop(estimator="unbiassed")),
    "estimator a number": ("estimator", lambda: loop(estimator=1)),
    "bias_first_generation": ("bias_first_generation", lambda: loop(bias_first_generation="false")),
    "bias_first_generation 0": ("bias_first_generation", lambda: loop(bias_first_generation=0)),
    "schedule a name": ("schedule", lambda: loop("replace")),
    "truth a table": ("truth", lambda: loop(truth={})),
    **{
        f"generations={value!r}": ("generations", lambda value=value: loop().check_generations(value))
        for value in (0, -1, 2.0, "5", True, None, NAN, 10**9, 10**400)
    },
    "generations beyond the sizes": ("generations", lambda: loop(Replace(n=[5, 6])).check_generations(3)),
    "generations beyond the biases": ("generations", lambda: loop(sampling_bias=[0.9, 0.8]).check_generations(3)),
    "generations beyond the matrix": ("generations", lambda: loop(matrix([[1, 0], [0, 1]])).check_generations(3)),
    **{
        f"replicas={value!r}": ("replicas", lambda value=value: run(replicas=value))
        for value in (0, -1, 2.5, 10.0, True, "100", None, 2**32 + 1, NAN)
    },
    **{f"seed={value!r}": ("seed", lambda value=value: run(seed=value)) for value in (-1, 2**64, 0.0, "0", None, True, NAN)},
    **{f"draw={value!r}": ("draw", lambda value=value: run(draw=value)) for value in ("point", "", None, 1, ["points"])},
    **{
        f"devices={value!r}": ("devices", lambda value=value: run(devices=value))
        for value in (0, -1, 10**6, 1.5, True, [], [0, 0], [99], "x", "pmop", "gpu", "")
    },
    **{f"tile={value!r}": ("tile", lambda value=value: run(tile=value)) for value in (0, -2, 3, 1000, 2.0, "64", True, 2**30)},
    **{f"dtype={value!r}": ("dtype", lambda value=value: run(dtype=value)) for value in ("float16", np.int32, "x", [])},
    **{
        f"observables={value!r}": ("observables", lambda value=value: run(observables=value))
        for value in (["varianze"], "variance,,", [], 7, [None])
    },
    **{
        f"level={value!r}": ("level", lambda value=value: _arguments.check_level(value))
        for value in (0, 1, -0.1, NAN, "0.05", None, True)
    },
    "predict an unknown observable": ("observables", lambda: mad.predict(loop(), 2, ["varianze"])),
    "predict no generation": ("generations", lambda: mad.predict(loop(), 0)),
}  # fmt: skip


def test_a_misspelt_word_gets_a_hint() -> None:
    with pytest.raises(BadInput, match="did you mean 'pmap'"):
        run(devices="pmop")


def test_float64_is_refused_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_arguments, "WITHOUT_FLOAT64", ("cpu",))
    with pytest.raises(BadInput, match="dtype: expected float32 on cpu; got 'float64'"):
        run(dtype=np.float64)


def run(**arguments: Any) -> Any:
    return mad.simulate(loop(), **{"generations": 1, "replicas": 2} | arguments)


@pytest.mark.parametrize(("field", "make"), API.values(), ids=list(API))
def test_python_refuses(field: str, make: Callable[[], Any]) -> None:
    with pytest.raises(BadInput) as caught:
        make()
    assert complaint(str(caught.value))[0] == field
    assert caught.value.field == field


def test_python_accepts_what_is_good() -> None:
    assert loop(Replace(n=np.int32(5)), sampling_bias=np.float32(0.5)).check_generations(np.int64(3)) == 3
    assert loop(matrix([[1, 0], [0.5, 0.5]]), sampling_bias=[0.9, 1]).check_generations(2) == 2
    assert loop(Replace(n=[5.0, 2**31 - 1])).horizon() == 2
    assert Truth(mean=(0, 1), covariance=[[1e300, 1e299], [1e299, 1e300]]).dim == 2
    _arguments.check_run(replicas=2**32, seed=2**64 - 1, draw="points")
    _arguments.check_level(0.5)


# anything at all

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(1, 20), st.floats(), st.floats(0, 2), st.text(max_size=5),
    st.sampled_from(["replace", "weighted", "golden", "composition", "mle", "unbiased", "gaussian"]),
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2), max_leaves=6
)
keys = ["kind", "n", "n_real", "n_synthetic", "weight", "window", "source", "size", "weights", "dim", "mean", "covariance"]


@settings(max_examples=400, deadline=None)
@given(
    top=st.dictionaries(st.sampled_from(["sampling_bias", "bias_first_generation", "estimator", "x"]), values, max_size=2),
    section=st.sampled_from(["model", "truth", "schedule"]),
    inside=st.dictionaries(st.sampled_from(keys), values, max_size=3),
    fresh=st.booleans(),
)
def test_anything_is_a_loop_or_one_line(top: dict[str, Any], section: str, inside: dict[str, Any], fresh: bool) -> None:
    table = loop().to_dict() | top
    table[section] = inside if fresh else table[section] | inside
    try:
        made = mad.Loop.from_dict(table)
    except BadInput as error:
        complaint(str(error))
    else:
        assert made.horizon() is None or made.horizon() >= 1

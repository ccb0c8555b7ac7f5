"""Grids: axes, points, designs, refinement, seeds, and everything that is refused of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

import madtheory as mad
from madtheory.sweep import Grid
from madtheory.sweep._refine import first_round
from tests.bad_input import complaint
from tests.sweep_cases import BIAS, LOOP, N, grid, table


def test_points_are_the_product_of_the_axes() -> None:
    found = grid()
    assert found.shape == (3, 4)
    assert [found.values(k)["schedule.n"] for k in range(12)] == [5] * 4 + [10] * 4 + [20] * 4
    point = found.point(7)
    assert int(point.loop.schedule.n) == 10
    assert float(point.loop.sampling_bias) == 1.0
    assert point.claim is point.loop


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_ranges_hit_both_ends(scale: str) -> None:
    one = {"field": "schedule.n", "from": 3, "to": 1000, "steps": 7, "scale": scale}
    other = {"field": "sampling_bias", "from": 0.1, "to": 1.0, "steps": 4, "scale": scale}
    whole, real = (axis.numbers for axis in grid(axes=[one, other]).axes)
    assert whole is not None
    assert real is not None
    assert (whole[0], whole[-1], real[0], real[-1]) == (3, 1000, 0.1, 1.0)
    assert whole.dtype.kind == "i"
    steps = np.diff(np.log(real) if scale == "log" else real)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-12)


def test_whole_ranges_have_each_number_once() -> None:
    (axis,) = grid(axes=[{"field": "schedule.n", "from": 2, "to": 8, "steps": 50}]).axes
    assert axis.fields["schedule.n"] == (2, 3, 4, 5, 6, 7, 8)


def test_fields_may_move_together() -> None:
    fields = {"schedule.n": [5, 10], "estimator": ["mle", "unbiased"]}
    found = grid(axes=[{"name": "case", "fields": fields}, BIAS])
    assert found.shape == (2, 4)
    assert [point.loop.estimator for point in found.points()][::4] == ["mle", "unbiased"]


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_designs_fill_the_box(design: str) -> None:
    fields = {"schedule.n": {"from": 10, "to": 1000, "scale": "log"}, "sampling_bias": {"from": 0.5, "to": 1.0}}
    axes = [{"design": design, "points": 64, "seed": 3, "fields": fields}]
    (axis,) = grid(axes=axes).axes
    n, bias = (np.array(values) for values in axis.fields.values())
    assert n.dtype.kind == "i"
    for unit in (np.log(n / 10) / np.log(100), (bias - 0.5) / 0.5):
        counts = np.histogram(unit, 8, (0, 1))[0]
        assert counts.min() >= (6 if design == "sobol" else 1)  # a Sobol sequence has eight in each, but for rounding
    assert grid(axes=axes).to_dict() == grid(axes=axes).to_dict()
    assert grid(axes=[axes[0] | {"seed": 4}]).identity != grid(axes=axes).identity


def test_a_grid_survives_being_written() -> None:
    found = grid(stop={"resolution": 0.1}, refine={"observable": "log_variance", "value": -1.0}, axes=[N, BIAS])
    again = Grid.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.identity == found.identity
    assert again.fine == found.fine


def test_a_grid_from_toml(tmp_path: Path) -> None:
    (tmp_path / "loop.toml").write_text(tomli_w.dumps(LOOP))
    (tmp_path / "grid.toml").write_text(tomli_w.dumps(table(loop="loop.toml")))
    assert Grid.from_toml(tmp_path / "grid.toml").identity == grid().identity


def test_a_loop_is_a_base() -> None:
    loop = grid().point(0).loop
    assert mad.Grid.from_dict(table(loop=loop)).point(5).loop.to_dict() == grid().point(5).loop.to_dict()


def test_data_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "points.csv").write_text("x\n1\n2\n4\n", encoding="utf-8")
    loop = LOOP | {"truth": {"data": "points.csv"}}
    found = Grid.from_dict(table(loop=loop), tmp_path)
    monkeypatch.chdir("/")
    assert len(Grid.stored(found.to_dict()).point(0).loop.truth.points) == 3
    (tmp_path / "points.csv").write_text("x\n1\n2\n5\n", encoding="utf-8")
    with pytest.raises(mad.BadInput, match=r"truth\.data"):
        Grid.stored(found.to_dict())


def test_seeds_follow_from_the_point() -> None:
    """A point keeps its seed in a larger grid, and no two points share one."""
    small, large = grid(), grid(axes=[N | {"values": [10, 20, 40, 80]}, BIAS])
    seeds = {json.dumps(small.values(k)): small.point(k).run.seed for k in range(small.size)}
    more = {json.dumps(large.values(k)): large.point(k).run.seed for k in range(large.size)}
    assert len(set(seeds.values())) == small.size
    shared = seeds.keys() & more.keys()
    assert len(shared) == 8
    assert all(seeds[key] == more[key] for key in shared)
    assert grid(run={"seed": 8}).point(0).run.seed != small.point(0).run.seed


def test_runs_and_laws_may_be_axes() -> None:
    axes = [{"field": "run.replicas", "values": [100, 200]}, {"field": "run.generations", "values": [3, 8]},
            {"field": "law.loop.schedule.n", "values": [10, 11]}]  # fmt: skip
    loop = LOOP | {"schedule": {"kind": "replace", "n": 10}}
    points = list(grid(loop=loop, axes=axes).points())
    assert {(p.run.replicas, p.run.generations, int(p.claim.schedule.n)) for p in points} == {
        (r, t, n) for r in (100, 200) for t in (3, 8) for n in (10, 11)
    }
    assert {int(p.loop.schedule.n) for p in points} == {10}
    assert len({p.run.seed for p in points}) == 1  # the same loop: more replicas, or another law, of the same paths


def test_a_law_has_parameters() -> None:
    loop = LOOP | {"schedule": {"kind": "replace", "n": 10}}
    axes = [{"field": "law.replace-tail-probability.epsilon", "values": [0.1, 0.5]}]
    points = list(grid(loop=loop, axes=axes, observables=["tail_probability"]).points())
    assert [point.laws["tail_probability"].epsilon for point in points] == [0.1, 0.5]  # type: ignore[attr-defined]


def test_refinement_by_a_law_follows_its_line() -> None:
    """Every cell of the finest grid that the line crosses has its corners in; far from it only the first grid is."""
    axes = [{"field": "schedule.n", "from": 10, "to": 640, "steps": 4, "scale": "log"}, BIAS | {"from": 0.9, "steps": 4}]
    found = grid(axes=axes, refine={"observable": "log_variance", "value": -0.3, "rounds": 2})
    wanted = first_round(found)
    assert found.shape == wanted.shape == (13, 13)
    assert wanted[::4, ::4].all()
    law = np.array([mad.predict(p.loop, 8, ["log_variance"]).observables["log_variance"].mean[8] for p in found.points()])  # type: ignore[index]
    above = (law > -0.3).reshape(13, 13)
    corners = [above[:-1, :-1], above[1:, :-1], above[:-1, 1:], above[1:, 1:]]
    crossed = ~(np.all(corners, axis=0) | ~np.any(corners, axis=0))
    cells = [wanted[:-1, :-1], wanted[1:, :-1], wanted[:-1, 1:], wanted[1:, 1:]]
    assert np.all(np.all(cells, axis=0)[crossed])
    assert 25 < wanted.sum() < wanted.size / 2


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no axes": ({"axes": []}, "axes"),
    "axes no list": ({"axes": 3}, "axes"),
    "an axis no table": ({"axes": [3]}, "axes[1].axis"),
    "unknown field": ({"axes": [{"field": "schedule.m", "values": [1]}]}, "schedule.m"),
    "unknown table": ({"axes": [{"field": "shedule.n", "values": [1]}]}, "schedule.n"),
    "field of a value": ({"axes": [{"field": "estimator.n", "values": [1]}]}, "estimator.n"),
    "unknown run": ({"axes": [N, {"field": "run.replica", "values": [1]}]}, "run.replica"),
    "unknown law": ({"axes": [N, {"field": "law.replace.epsilon", "values": [1]}]}, "law.replace.epsilon"),
    "unknown parameter": ({"axes": [N, {"field": "law.replace-tail-probability.eps", "values": [1]}]},
                          "law.replace-tail-probability.eps"),
    "empty values": ({"axes": [{"field": "schedule.n", "values": []}]}, "axes[1].values"),
    "values twice": ({"axes": [{"field": "schedule.n", "values": [5, 6, 5]}]}, "axes[1].schedule.n"),
    "infinite value": ({"axes": [{"field": "sampling_bias", "values": [0.5, np.inf]}, N]}, "axes[1].values"),
    "infinite range": ({"axes": [{"field": "sampling_bias", "from": 0.5, "to": np.inf, "steps": 3}, N]}, "axes[1].to"),
    "no steps": ({"axes": [{"field": "sampling_bias", "from": 0.5, "to": 1.0}, N]}, "axes[1].steps"),
    "too many steps": ({"axes": [{"field": "sampling_bias", "from": 0.5, "to": 1.0, "steps": 10**9}, N]}, "axes[1].steps"),
    "too many points": ({"axes": [{"field": "sampling_bias", "from": 0.5, "to": 1.0, "steps": 10**4},
                                  {"field": "schedule.n", "from": 2, "to": 10**6, "steps": 10**4}]}, "axes"),
    "log from zero": ({"axes": [BIAS | {"from": 0.0, "scale": "log"}, N]}, "axes[1].from"),
    "unknown scale": ({"axes": [BIAS | {"scale": "ln"}, N]}, "axes[1].scale"),
    "unknown key": ({"axes": [N | {"step": 3}]}, "axes[1].step"),
    "unknown design": ({"axes": [{"design": "soboll", "points": 4, "fields": {"schedule.n": {"from": 2, "to": 9}}}]},
                       "axes[1].design"),
    "lengths differ": ({"axes": [{"fields": {"schedule.n": [5, 6], "sampling_bias": [0.5]}}]}, "axes[1].fields"),
    "one field twice": ({"axes": [N, N | {"name": "again"}]}, "axes"),
    "a field and its table": ({"axes": [N, {"field": "schedule", "name": "s", "values": [{"kind": "replace", "n": 4}]}]}, "axes"),
    "one name twice": ({"axes": [N, BIAS | {"name": "n"}]}, "axes"),
    "a bad value": ({"axes": [{"field": "schedule.n", "values": [5, 0]}]}, "schedule.n"),
    "a bad value inside": ({"axes": [N, {"field": "sampling_bias", "values": [0.5, -1.0]}]}, "sampling_bias"),
    "no loop": ({"loop": None}, "loop"),
    "unknown observable": ({"observables": ["log_varianse"]}, "observables"),
    "unknown top key": ({"axis": []}, "axis"),
    "level one": ({"level": 1.0}, "level"),
    "run no table": ({"run": 3}, "run"),
    "replicas zero": ({"run": {"replicas": 0}}, "run.replicas"),
    "seed negative": ({"run": {"seed": -1}}, "run.seed"),
    "unknown run key": ({"run": {"replica": 10}}, "run.replica"),
    "stop at zero": ({"stop": {"resolution": 0.0}}, "stop.resolution"),
    "stop unknown": ({"stop": {"resolutoin": 0.1}}, "stop.resolutoin"),
    "refine nothing": ({"refine": {}}, "refine.observable"),
    "refine another": ({"refine": {"observable": "variance", "value": 1.0}}, "refine.observable"),
    "refine by hand": ({"refine": {"observable": "log_variance", "value": 1.0, "by": "hand"}}, "refine.by"),
    "refine too late": ({"refine": {"observable": "log_variance", "value": 1.0, "generation": 9}}, "refine.generation"),
    "refine words": ({"axes": [N, {"field": "estimator", "values": ["mle", "unbiased"]}],
                      "refine": {"observable": "log_variance", "value": 1.0}}, "refine.axes"),
    "refine too fine": ({"axes": [N], "refine": {"observable": "log_variance", "value": 1.0, "rounds": 5}}, "schedule.n"),
    "generations zero": ({"generations": 0}, "generations"),
}


@pytest.mark.parametrize(("changes", "field"), BAD.values(), ids=BAD.keys())
def test_bad_grids_are_refused_in_one_line(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(mad.BadInput) as caught:
        grid(**changes)
    assert complaint(str(caught.value))[0] == field


def test_a_complaint_says_what_was_meant() -> None:
    with pytest.raises(mad.BadInput, match="did you mean 'n_real'"):
        grid(axes=[{"field": "schedule.n_reel", "values": [3]}], loop=LOOP | {"schedule": {"kind": "fresh", "n_synthetic": 5}})

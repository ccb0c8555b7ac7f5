"""Sweeps: the numbers of `simulate`, one program for all points, verdicts, early stops, parts, exports and pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import chex
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import madtheory as mad
from madtheory import _spec, engine
from madtheory.laws import ATLAS
from madtheory.sweep import Grid, Store, estimate, export, load, merge, report, sweep
from madtheory.sweep._store import DATA
from tests.bad_input import complaint
from tests.false_alarms import z_bound
from tests.sweep_cases import BIAS, LOOP, N, digest, grid, made_up, simulated

NAMES = ("log_variance", "variance", "drift")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that is complete."""
    folder = tmp_path_factory.mktemp("swept")
    assert sweep(grid(observables=NAMES), folder).complete
    return folder


def test_points_are_simulations(swept: Path) -> None:
    """Every number of a point is the number that `simulate` and `predict` give."""
    data, found = load(swept), grid(observables=NAMES)
    for index in (0, 5, 11):
        point, place = found.point(index), np.unravel_index(index, found.shape)
        run = simulated(point, NAMES)
        one = data.isel(n=place[0], sampling_bias=place[1])
        for name in NAMES:
            np.testing.assert_array_equal(one[name].squeeze(), run.observables[name].mean.squeeze())
            np.testing.assert_array_equal(one[f"{name}_standard_error"].squeeze(), run.observables[name].standard_error.squeeze())
        law = mad.predict(point.loop, 8, ["variance"]).observables["variance"]
        np.testing.assert_array_equal(one["variance_law"], law.mean)
        names = data["variance_law_name"].attrs["flag_meanings"].split()
        assert names[int(one["variance_law_name"])] == law.law
        assert int(one["seed"]) == point.run.seed
        assert int(one["replicas"]) == 500


def test_dimensions_are_named(swept: Path) -> None:
    data = load(swept)
    assert data["variance"].dims == ("n", "sampling_bias", "generation")
    assert data["drift"].dims == ("n", "sampling_bias", "generation", "component_1")
    assert data["n"].values.tolist() == [5, 10, 20]
    assert data["variance"].attrs["units"]
    assert json.loads(data.attrs["grid"])["axes"]
    assert (data["status"] == 1).all()
    assert bool(data["done"].all())


def test_the_store_opens_outside_the_package(swept: Path) -> None:
    """In a process that never imports madtheory."""
    code = (f"import warnings; warnings.simplefilter('error'); import xarray as xr; d = xr.open_zarr(r'{swept / DATA}');"
            "import sys; assert 'madtheory' not in sys.modules; print(float(d['variance'].sel(n=10).isel(sampling_bias=3)[-1]))")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(out) == float(load(swept)["variance"][1, 3, -1])


def test_a_thousand_points_compile_once(tmp_path: Path) -> None:
    """Over (n, λ, n_s): 1,000 points, one program; points whose two sizes are equal are among them."""
    loop = LOOP | {"schedule": {"kind": "fresh"}}
    sizes = [5, 6, 8, 10, 13, 17, 25, 40, 80, 200]
    axes = [*({"field": f"schedule.{name}", "values": sizes} for name in ("n_real", "n_synthetic")), BIAS | {"steps": 10}]
    found = grid(loop=loop, axes=axes, run={"replicas": 32}, generations=2)
    assert estimate(found, tmp_path, trial=False).programs == 1
    engine.forget()
    chex.clear_trace_counter()
    counted = chex.assert_max_traces(engine.tile, n=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "tile", counted)
        assert sweep(found, tmp_path / "out").done == 1000
    engine.forget()


def test_other_shapes_are_other_programs(tmp_path: Path) -> None:
    axes = [{"field": "schedule.n", "values": [10, 20]}, {"field": "estimator", "values": ["mle", "unbiased"]}]
    assert estimate(grid(axes=axes), tmp_path, trial=False).programs == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("model", "run"), [({"kind": "kde", "dim": 1, "bandwidth": 0.3}, {}),
                                            ({"kind": "gaussian", "dim": 1}, {"draw": "points"})])  # fmt: skip
def test_sizes_of_points_share_a_program(tmp_path: Path, model: dict[str, object], run: dict[str, object]) -> None:
    """Where points are kept, room is made for the next power of two; the numbers are those of such a run."""
    axes = [{"field": "schedule.n", "values": [33, 40, 64]}]
    name = "variance"
    loop, run = LOOP | {"model": model, "estimator": "mle"}, {"replicas": 200} | run
    found = grid(loop=loop, axes=axes, observables=[name], run=run, generations=3)
    assert estimate(found, tmp_path, trial=False).programs == 1
    sweep(found, tmp_path / "out")
    data = load(tmp_path / "out")[name]
    for point, mean in zip(found.points(), data.values, strict=True):
        how = {"generations": 3, "observables": [name], "replicas": 200, "seed": point.run.seed, "draw": point.run.draw}
        np.testing.assert_array_equal(mean, mad.simulate(point.loop, roomy=True, **how).observables[name].mean)


def test_words_name_places_on_an_axis(tmp_path: Path) -> None:
    axes = [{"field": "estimator", "values": ["mle", "unbiased"]}, N]
    sweep(grid(axes=axes), tmp_path)
    data = load(tmp_path)
    assert data["estimator"].values.tolist() == ["mle", "unbiased"]
    mle, unbiased = (data["log_variance_law"].sel(estimator=name, n=5).values[-1] for name in ("mle", "unbiased"))
    assert mle < unbiased


def test_padding_stays_unknown(tmp_path: Path) -> None:
    """Points with fewer generations, or without a law, hold NaN where others hold numbers."""
    axes = [{"field": "run.generations", "values": [3, 8]}, N]
    sweep(grid(axes=axes), tmp_path)
    data = load(tmp_path)
    assert np.isnan(data["log_variance"].sel({"run.generations": 3})[:, 4:]).all()
    assert np.isfinite(data["log_variance"].sel({"run.generations": 8})).all()
    assert (data["status"] == 1).all()


def test_a_wrong_law_is_rejected(tmp_path: Path, seed: int) -> None:
    """The laws of another sample size fail, those of the loop's own pass: planted along an axis."""
    loop = LOOP | {"schedule": {"kind": "replace", "n": 10}}
    axes = [{"field": "law.loop.schedule.n", "values": [10, 13]}]
    sweep(grid(loop=loop, axes=axes, run={"replicas": 4000, "seed": seed}, level=1e-6), tmp_path)
    assert load(tmp_path)["status"].values.tolist() == [1, 2]


def test_residuals_are_standard_normal(tmp_path: Path, seed: int) -> None:
    """Means of 64 points against their laws."""
    axes = [{"field": "schedule.n", "from": 4, "to": 40, "steps": 16}, BIAS]
    sweep(grid(axes=axes, run={"replicas": 1000, "seed": seed}), tmp_path)
    data = load(tmp_path).isel(generation=8)
    z = ((data["log_variance"] - data["log_variance_law"]) / data["log_variance_standard_error"]).values
    assert abs(z).max() < z_bound(z.size)
    assert abs(z.mean()) * np.sqrt(z.size) < z_bound(1)


def test_points_stop_when_decided(tmp_path: Path, seed: int) -> None:
    """A law that is far off is rejected after the first look, a true one passes once it is known well enough."""
    loop = LOOP | {"schedule": {"kind": "replace", "n": 10}}
    axes = [{"field": "law.loop.schedule.n", "values": [10, 20]}, {"field": "run.replicas", "values": [4096, 40_000]}]
    stop = {"resolution": 0.08}
    sweep(grid(loop=loop, axes=axes, stop=stop, run={"seed": seed}, level=1e-6), tmp_path)
    data = load(tmp_path)
    true, false = (data.sel({"law.loop.schedule.n": n}) for n in (10, 20))
    assert false["status"].values.tolist() == [2, 2]
    assert false["replicas"].values.tolist() == [2048, 2048]
    assert true["status"].values.tolist() == [3, 1]  # 4,096 are too few for that resolution: undecided
    assert true["replicas"].values[0] == 4096
    assert 4096 < true["replicas"].values[1] < 40_000
    assert true["half_width"].values[1] <= 0.08 < true["half_width"].values[0]


def test_points_stop_when_precise(tmp_path: Path) -> None:
    sweep(grid(stop={"standard_error": 0.02}, run={"replicas": 40_000}), tmp_path)
    data = load(tmp_path)
    error = data["log_variance_standard_error"].isel(generation=[1, 2, 4, 8]).max("generation")
    assert (error <= 0.02).all()
    assert len(np.unique(data["replicas"])) > 1
    assert int(data["replicas"].max()) < 40_000


def test_stopping_does_not_change_a_replica(tmp_path: Path) -> None:
    """The replicas of a point that stopped are the first ones of a longer run."""
    found = grid(stop={"standard_error": 0.02}, run={"replicas": 40_000}, axes=[N])
    sweep(found, tmp_path)
    one = load(tmp_path).isel(n=0)
    point = found.point(0)
    run = mad.simulate(point.loop, generations=8, observables=["log_variance"], replicas=int(one["replicas"]),
                       seed=point.run.seed, tile=int(one["tile"]))  # fmt: skip
    np.testing.assert_array_equal(one["log_variance"], run.observables["log_variance"].mean)


def test_refinement_by_simulation_finds_the_line_of_the_law(tmp_path: Path) -> None:
    axes = [{"field": "schedule.n", "from": 10, "to": 640, "steps": 4, "scale": "log"}, BIAS | {"from": 0.9, "steps": 4}]
    refine = {"observable": "log_variance", "value": -0.3, "rounds": 2}
    run = {"replicas": 20_000}
    by_law = sweep(grid(axes=axes, refine=refine, run=run), tmp_path / "law")
    by_run = sweep(grid(axes=axes, refine=refine | {"by": "simulation"}, run=run), tmp_path / "run")
    assert by_run.complete
    ours, theirs = (Store.open(found.folder).selected() for found in (by_run, by_law))
    assert (ours & theirs).sum() > 0.8 * theirs.sum()
    data = load(tmp_path / "run")
    assert np.isnan(data["log_variance"].values[~ours]).all()
    assert (data["status"].values[~ours] == 0).all()
    again = sweep(grid(axes=axes, refine=refine | {"by": "simulation"}, run=run), tmp_path / "run", resume=True)
    assert (again.done, again.news.points) == (by_run.done, 0)


def test_phase_diagrams_agree_with_the_laws(tmp_path: Path, seed: int) -> None:
    """Fresh data (n_s against λ) and weights: where a simulated mean crosses a value, the law does."""
    cases = {
        "fresh": (LOOP | {"schedule": {"kind": "fresh", "n_real": 10}},
                  [{"field": "schedule.n_synthetic", "values": [5, 20, 80]}, BIAS], "variance"),
        "weights": (LOOP | {"schedule": {"kind": "weighted", "n_real": 20, "n_synthetic": 20}},
                    [{"field": "schedule.weight", "values": [0.2, 0.5, 0.8]}, BIAS], "variance"),
    }  # fmt: skip
    for name, (loop, axes, observable) in cases.items():
        found = grid(loop=loop, axes=axes, observables=[observable], run={"replicas": 4000, "seed": seed}, level=1e-6)
        sweep(found, tmp_path / name)
        data = load(tmp_path / name)
        assert (data["status"] == 1).all(), name
        law, run = data[f"{observable}_law"].isel(generation=-1), data[observable].isel(generation=-1)
        error = data[f"{observable}_standard_error"].isel(generation=-1)
        middle = float(law.median())
        clear = abs(law - middle) > z_bound(law.size) * error
        assert ((law > middle) == (run > middle)).values[clear.values].all(), name
        assert clear.any(), name


def test_the_phase_diagram_of_temperature_has_its_threshold(tmp_path: Path) -> None:
    """An even alphabet stays even where the share r of real data is above 1 − T, and gathers on few symbols where it is below."""
    shares, points = (0.1, 0.3, 0.5, 0.7, 0.9), 4000
    fields = {"schedule.n_real": [round(r * points) for r in shares],
              "schedule.n_synthetic": [points - round(r * points) for r in shares]}  # fmt: skip
    axes = [{"name": "share", "fields": fields}, {"field": "sampling_bias", "values": [0.3, 0.5, 0.7]}]
    loop = {"estimator": "mle", "bias_first_generation": False, "model": {"kind": "categorical"},
            "truth": {"probabilities": [0.2] * 5}, "schedule": {"kind": "fresh"}}  # fmt: skip
    found = grid(loop=loop, axes=axes, observables=["heterozygosity"], generations=200, run={"replicas": 128})
    sweep(found, tmp_path)
    even = load(tmp_path)["heterozygosity"].isel(generation=-1).values > 0.95 * 0.8
    threshold = ATLAS["temperature-threshold"]
    for point in found.points():
        r, place = shares[point.index // 3], divmod(point.index, 3)
        critical = float(threshold.value(point.loop))  # type: ignore[attr-defined]
        if abs(r - critical) > 0.15:
            assert even[place] == (r > critical), (r, critical)


def test_parts_make_the_whole(tmp_path: Path) -> None:
    whole, found = tmp_path / "whole", grid()
    sweep(found, whole, measure=made_up)
    for k in (1, 2, 3):
        part = sweep(found, tmp_path / str(k), part=(k, 3), measure=made_up)
        assert not part.complete
    merged = merge([tmp_path / "1", tmp_path / "3", tmp_path / "2", tmp_path / "1"], tmp_path / "merged")
    assert merged.complete
    assert digest(tmp_path / "merged") == digest(whole)


def test_other_parts_are_refused(tmp_path: Path) -> None:
    sweep(grid(), tmp_path / "1", part=(1, 2), measure=made_up)
    sweep(grid(run={"replicas": 501}), tmp_path / "2", part=(2, 2), measure=made_up)
    with pytest.raises(mad.BadInput, match=r"run\.replicas: 501 in place of 500"):
        merge([tmp_path / "1", tmp_path / "2"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("ending", [".nc", ".csv", ".parquet"])
def test_exports_hold_the_numbers(swept: Path, tmp_path: Path, ending: str) -> None:
    path, data = export(swept, tmp_path / f"out{ending}"), load(swept)
    if ending == ".nc":
        xr.testing.assert_equal(xr.load_dataset(path, engine="h5netcdf")["variance"], data["variance"])
        return
    table = pd.read_csv(path) if ending == ".csv" else pd.read_parquet(path)
    assert len(table) == 12 * 9
    one = table[(table["n"] == 10) & (table["sampling_bias"] == 1.0) & (table["generation"] == 8)]
    assert float(one["variance"].iloc[0]) == pytest.approx(float(data["variance"][1, 3, 8]), rel=1e-15)
    assert set(table["status"]) == {"passed"}
    assert set(table["variance_law_name"]) == {"replace-variance"}


def test_a_page_needs_nothing_but_itself(swept: Path, tmp_path: Path) -> None:
    path = report(swept, tmp_path, observable="variance")
    text = path.read_text(encoding="utf-8")
    assert "data:image/png;base64," in text
    assert "replace-variance" in text
    assert not any(word in text for word in ("http:", "https:", "<script", "<link", "@import"))
    assert {file.name for file in tmp_path.iterdir()} >= {"phase.pdf", "phase.png", "phase.csv", "report.html"}
    assert report(swept, tmp_path / "again", observable="variance").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("options", "field"), [({"observable": "varience"}, "observable"), ({"generation": 9}, "generation")])
def test_what_is_not_there_is_not_shown(swept: Path, tmp_path: Path, options: dict[str, object], field: str) -> None:
    with pytest.raises(mad.BadInput) as caught:
        report(swept, tmp_path, **options)  # type: ignore[arg-type]
    assert complaint(str(caught.value))[0] == field
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["generation", "log_variance", "done"])
def test_an_axis_is_not_named_after_a_result(tmp_path: Path, name: str) -> None:
    with pytest.raises(mad.BadInput, match=f"'{name}', a result's"):
        sweep(grid(axes=[N | {"name": name}]), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_stored_grid_is_not_checked_again(swept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*_: object) -> None:
        raise AssertionError("a point was made")

    monkeypatch.setattr(_spec, "assemble", made)
    with pytest.raises(AssertionError, match="a point was made"):
        grid()
    assert Grid.stored(json.loads((swept / "grid.json").read_text())["grid"]).size == 12

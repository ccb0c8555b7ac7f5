"""Results: named dims, provenance, files that are whole and unchanged, tables of verdicts, the data of figures."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from madtheory import results
from madtheory.errors import BadInput
from madtheory.laws import ATLAS, evaluate
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.observables import catalogue
from madtheory.predict import predict
from madtheory.results import _report
from madtheory.results._dataset import describe
from madtheory.schedules import Fresh, Replace
from madtheory.simulate import Simulation, simulate
from madtheory.truth import Truth
from madtheory.verify import Verdict, Verdicts

GENERATIONS = 6
FALSE_ALARM = 1e-7  # of each statistical test of this file


def loop(n: int = 20, dim: int = 2) -> Loop:
    switches: dict[str, Any] = {"bias_first_generation": False, "estimator": "unbiased"}
    return Loop(model=Gaussian(dim=dim), truth=Truth.standard(dim), schedule=Replace(n=n), **switches)


def replaced(run: Simulation, **changes: Any) -> Simulation:
    return dataclasses.replace(run, **changes)


@pytest.fixture(scope="module")
def run() -> Simulation:
    names = ["variance", "log_variance", "drift", "effective_rank_annealed"]
    return simulate(loop(), generations=GENERATIONS, observables=names, replicas=300, keep=(3, GENERATIONS))


def verdict(**changes: Any) -> Verdict:
    plain: dict[str, Any] = {"law": "a_law", "observable": "variance", "check": "end_of_run", "generation": 6, "statistic": 0.5,
                             "level": 1e-3, "p_value": 0.6, "power": None, "resolution": 0.02, "status": "passed"}  # fmt: skip
    return Verdict(**plain | changes)


VERDICTS = [
    ("100% λ_1", verdict()),
    ("100% λ_1", verdict(p_value=1e-5, status="failed")),
    ("b", verdict(status="untestable", p_value=None)),
]


# datasets


def test_a_simulation_has_named_dims(run: Simulation) -> None:
    data = results.to_dataset(run)
    sizes = {"generation": 7, "component": 2, "kept_generation": 2, "replica": 300}
    assert dict(data.sizes) == sizes
    assert data["variance"].dims == data["effective_rank_annealed"].dims == ("generation",)
    assert data["drift"].dims == ("generation", "component")
    assert data["drift_values"].dims == ("kept_generation", "replica", "component")
    assert data["variance"].attrs["units"] == "squared units of the data"
    assert np.array_equal(data["drift_values"].sel(kept_generation=3), run.observables["drift"].values[0])  # type: ignore[index]


def test_dims_do_not_depend_on_the_dimension() -> None:
    names = ["drift", "effective_rank_annealed", "log_eigenvalues", "variance"]
    made = [results.to_dataset(simulate(loop(dim=d), generations=2, observables=names, replicas=10, keep=(2,))) for d in (1, 2)]
    assert [made[0][name].dims for name in made[0]] == [made[1][name].dims for name in made[1]]


def test_every_observable_is_described() -> None:
    said = {name: describe(name, Gaussian(dim=1)) for name in catalogue(Gaussian(dim=1))}
    assert all(long and "(" not in units for long, units in said.values())
    assert {units for _, units in said.values()} == {"squared units of the data", "units of the data", "nat", "1"}


def test_provenance_holds_the_whole_loop(run: Simulation) -> None:
    said = {name: json.loads(results.to_dataset(run).attrs[name]) for name in ("loop", "run", "versions", "place")}
    assert Loop.from_dict(said["loop"]).to_dict() == run.loop.to_dict()
    assert said["run"]["seed"] == 0
    assert said["run"]["replicas"] == 300
    assert {"jax", "numpy", "python"} <= set(said["versions"])
    assert set(said["place"]) == {"system", "machine", "commit"}


def test_predictions_and_verdicts_are_datasets_too() -> None:
    said = results.to_dataset(predict(loop(), 4, ["variance", "drift", "tail_probability"]))
    assert said["variance"].attrs["law"] == "replace-variance"
    assert said["drift"].dims == ("generation", "component")
    assert said.attrs["without_law"] == "tail_probability"
    table = results.to_dataset(VERDICTS)
    assert table["status"].values.tolist() == ["passed", "failed", "untestable"]
    assert np.isnan(table["p_value"].values[2])
    with pytest.raises(BadInput, match=r"^result: expected a Simulation.*; got 'int'"):
        results.to_dataset(3)  # type: ignore[arg-type]


# files


@pytest.mark.parametrize("make", [lambda run: run, lambda run: predict(run.loop, 3), lambda run: VERDICTS])
def test_a_file_gives_back_what_was_saved(run: Simulation, make: Any, tmp_path: Path) -> None:
    data = results.to_dataset(make(run))
    back = results.load(results.save(data, tmp_path / "a.nc"))
    assert back.drop_attrs(deep=False).identical(data.drop_attrs(deep=False))
    assert results.content_hash(back) == results.content_hash(data) == back.attrs["content_hash"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]


def test_the_hash_is_of_the_content_and_not_of_the_time(run: Simulation) -> None:
    data = results.to_dataset(run)
    assert results.content_hash(data) == results.content_hash(data.assign_attrs(created="another day"))
    twice = simulate(loop(), generations=GENERATIONS, observables=list(run.observables), replicas=300, keep=(3, GENERATIONS))
    assert results.content_hash(results.to_dataset(twice)) == results.content_hash(data)
    others = [data.assign_attrs(kind="x"), data.rename(variance="varianc"), data.assign(variance=data["variance"] * (1 + 1e-7))]
    others.append(results.to_dataset(replaced(run, provenance=run.provenance | {"seed": 1})))
    assert len({results.content_hash(other) for other in [data, *others]}) == 5


def test_a_changed_file_is_refused(run: Simulation, tmp_path: Path) -> None:
    data = results.to_dataset(run)
    path = results.save(data, tmp_path / "a.nc")
    changed = data.assign(variance=data["variance"] + 1).assign_attrs(results.load(path).attrs)
    changed.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    with pytest.raises(BadInput, match=r"b\.nc: content_hash: expected"):
        results.load(tmp_path / "b.nc")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=r"a\.nc: file: expected a whole netCDF-4 file"):
        results.load(path)


def test_a_missing_variable_or_file_is_named(run: Simulation, tmp_path: Path) -> None:
    path = results.save(results.to_dataset(run), tmp_path / "a.nc")
    assert "variance" in results.load(path, "variance", "generation")
    with pytest.raises(BadInput, match=r"variable: expected one of .*did you mean 'variance'"):
        results.load(path, "varianze")
    with pytest.raises(BadInput, match="nothing there"):
        results.load(tmp_path / "none.nc")


class Bomb:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("exploded"),))


def test_loading_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bomb.nc").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(BadInput, match="netCDF"):
        results.load("bomb.nc")
    assert not Path("exploded").exists()
    pickle.loads(Path("bomb.nc").read_bytes())
    assert Path("exploded").exists()


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    results.write(tmp_path / "deep" / "a.txt", "old")

    def stop_halfway() -> None:
        with results.whole(tmp_path / "deep" / "a.txt") as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop_halfway()
    assert [(path.name, path.read_text()) for path in (tmp_path / "deep").iterdir()] == [("a.txt", "old")]


# tables


def test_verdict_tables() -> None:
    rows = list(csv.DictReader(io.StringIO(results.verdicts_csv(VERDICTS))))
    assert [row["status"] for row in rows] == ["passed", "failed", "untestable"]
    assert float(rows[1]["p_value"]) == 1e-5
    lines = results.verdicts_markdown(VERDICTS).splitlines()
    assert lines[2] == "| 100% λ_1 | 2 | 1 | 1 | 0 | 1e-05 | 0.001 | 0.02 |"
    assert results.verdicts_tex(VERDICTS).splitlines()[4] == (
        r"100\% $\lambda$\_1 & 2 & 1 & 1 & 0 & $1\times10^{-5}$ & $0.001$ & $0.02$ \\"
    )


def test_numbers_for_the_text() -> None:
    numbers = results.numbers_tex({"Replicas": 10_000, "Exact": 1.23456e-7, "Word": "a_b"})
    assert numbers.splitlines() == [
        r"\newcommand{\Replicas}{10\,000}", r"\newcommand{\Exact}{$1.235\times10^{-7}$}", r"\newcommand{\Word}{a\_b}",
    ]  # fmt: skip
    with pytest.raises(BadInput, match="numbers: expected names made of letters; got 'W2'"):
        results.numbers_tex({"W2": 1})


# data of figures


@pytest.fixture(scope="module")
def measured() -> Callable[[int], Simulation]:
    """A run with a given seed, from a program that is compiled once."""
    how: dict[str, Any] = {"generations": GENERATIONS, "observables": ["log_variance"], "replicas": 4_000}
    return lambda seed: simulate(loop(), seed=seed, keep=(1, GENERATIONS), **how)


def claimed(run: Simulation, n: int) -> Simulation:
    """The same numbers, said to come from a loop with n points."""
    return replaced(run, loop=loop(n))


def smallest_p(run: Simulation) -> list[float]:
    """p-values of the mean, of the histogram and of the quantiles of log|Σ| at the last generation."""
    frame = results.compare(run, predict(run.loop, GENERATIONS, ["log_variance"]), "log_variance")
    bars = results.pit(run)
    chi_square = float(((bars["count"] - bars["expected"]) ** 2 / bars["expected"]).sum())
    fan = results.fan(run)[lambda rows: rows["generation"] == GENERATIONS]
    values = run.observables["log_variance"].values[-1]  # type: ignore[index]
    below = [int((values <= x).sum()) for x in fan["predicted"]]
    tests = [stats.binomtest(k, len(values), p).pvalue for k, p in zip(below, fan["probability"], strict=True)]
    return [2 * stats.norm.sf(abs(frame["residual"].iloc[-1])), stats.chi2.sf(chi_square, len(bars) - 1), min(tests) * len(tests)]


def test_figures_show_what_the_law_says(measured: Callable[[int], Simulation], seed: int) -> None:
    assert min(smallest_p(measured(seed))) > FALSE_ALARM


def test_figures_show_a_wrong_law_rejected(measured: Callable[[int], Simulation], seed: int) -> None:
    assert max(smallest_p(claimed(measured(seed), 16))) < FALSE_ALARM


def test_a_band_of_quantiles_encloses_the_mean(run: Simulation) -> None:
    frame = results.compare(run, predict(run.loop, GENERATIONS, ["log_variance"]), "log_variance", schedule="replace")
    band = results.with_quantiles(frame, results.fan(run), np.exp)
    law = ATLAS["replace-log-variance"]
    ends = evaluate(law.quantile, run.loop, GENERATIONS, np.array([0.05, 0.95]))  # type: ignore[attr-defined]
    assert band[["low", "high"]].iloc[-1].tolist() == pytest.approx(np.exp(ends), rel=1e-12)
    assert band.loc[0, "low":"high"].isna().all()
    assert set(frame["schedule"]) == {"replace"}


def test_a_raw_mean_is_marked_where_it_cannot_be_tested() -> None:
    run = simulate(loop(10), generations=8, observables=["variance", "log_variance"], replicas=1_000)
    said = predict(run.loop, 8, ["variance", "log_variance"])
    assert not results.compare(run, said, "variance")["testable"].all()
    assert results.compare(run, said, "log_variance")["testable"].all()
    assert results.compare(replaced(run, loop=fresh()), said, "variance")["testable"].all()


def fresh() -> Loop:
    switches: dict[str, Any] = {"bias_first_generation": False, "estimator": "mle"}
    return Loop(model=Gaussian(dim=2), truth=Truth.standard(2), schedule=Fresh(n_real=5, n_synthetic=5), **switches)


# reports


def test_a_report_writes_as_it_goes(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    report = results.Report(tmp_path / "my_claim", 3, replicas=200, progress=lambda done, total: told.append((done, total)))
    runs = report.check({"one": loop(dim=1)}, 2, ["variance"])
    assert (tmp_path / "my_claim" / "verdicts.csv").exists()
    runs |= report.simulate({"two": fresh(), "three": loop(dim=1)}, 2, ["variance"])
    report.keep({"run": runs["one"]})
    report.numbers["Answer"] = 42
    assert [verdict.to_dict() for verdict in report.finish()] == [verdict.to_dict() for _, verdict in report.verdicts]
    assert r"\newcommand{\MyClaimAnswer}{42}" in (tmp_path / "my_claim" / "numbers.tex").read_text()
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (told[-1][1], told[-1][1])
    assert {label: run.replicas for label, run in runs.items()} == {"one": 200, "two": 200, "three": 200}
    assert runs["one"].provenance["seed"] == report.seed_of("one") != report.seed_of("two")
    files = {path.name for path in (tmp_path / "my_claim").iterdir()}
    assert files == {"verdicts.csv", "verdicts.md", "verdicts.tex", "numbers.tex", "run.nc"}


def test_an_interrupt_keeps_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(loop(dim=1), generations=2, observables=["variance"], replicas=10)
    found = {"a": Verdicts([verdict()], whole), "b": Verdicts([verdict()], replaced(whole, complete=False))}
    monkeypatch.setattr(_report, "verify", lambda loop, **_: found[loop])
    report = results.Report(tmp_path, 2)
    with pytest.raises(KeyboardInterrupt):
        report.check({"first": "a", "second": "b"}, 2)  # type: ignore[dict-item]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "verdicts.csv").read_text())))
    assert [row["loop"] for row in rows] == ["first"]

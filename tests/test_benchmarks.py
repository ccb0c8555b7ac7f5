"""The benchmarks: the table and its record, closed forms that find a wrong loop, ratios of paired timings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import madtheory as mad
from benchmarks import __main__ as command
from benchmarks import _closed as closed
from benchmarks import _machine as machine
from benchmarks import groups
from benchmarks._harness import Outcome, Ratio, Result, Timing, Way, check, interleave, paired
from benchmarks._lines import Line, Target, compare
from benchmarks._ours import OBSERVABLES, Job
from benchmarks._run import Run
from benchmarks.groups import univariate as exported
from benchmarks.groups.published_chains import one_weighted
from benchmarks.groups.published_grid import one_seed

ROOT = Path(__file__).resolve().parent.parent
loops = sys.modules[exported.__module__]
REPLICAS, GENERATIONS = 4096, 40
FIELDS = {"device", "kind", "cores", "versions", "tiles", "load", "mode", "seed", "summary", "lines", "throughput"}
LINE_FIELDS = {"name", "ours", "theirs", "ratio", "target", "hit", "checks", "timings", "load"}


def test_quick_run_writes_its_record(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "benchmarks", "--quick", "--only", "univariate", "--out", str(tmp_path)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "targets hit" in done.stdout.splitlines()[-1]
    (path,) = tmp_path.glob("*.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert set(record) >= FIELDS
    assert record["tiles"]
    assert path.with_suffix(".png").exists()
    for row in record["lines"]:
        assert set(row) >= LINE_FIELDS
        assert all(c["passed"] for c in row["checks"])
        assert all(timing["steady_s"] and timing["first_run_s"] is not None for timing in row["timings"])


def numpy_group(variance: float) -> dict[str, object]:
    """One group: a NumPy loop, and one whose variances are off by a factor."""

    def group(run: Run) -> Iterator[Line]:
        work = REPLICAS * GENERATIONS
        right = Way("right", lambda seed: loops.numpy_loop(seed, REPLICAS, GENERATIONS), work)
        other = Way("other", lambda seed: loops.numpy_loop(seed, REPLICAS, GENERATIONS, variance), work)
        yield from compare("planted", "d=1", [right, other], loops.claims(GENERATIONS), **run.how)[0]

    return {"planted": group}


@pytest.mark.parametrize(("variance", "status"), [(1.0, 0), (1.05, command.VIOLATED)])
def test_a_wrong_baseline_is_caught(
    seed: int, variance: float, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for where in (groups, sys.modules[groups.chosen.__module__]):
        monkeypatch.setattr(where, "GROUPS", numpy_group(variance))
    argv = ["--quick", "--seed", str(seed % 2**31), "--out", str(tmp_path)]
    assert command.main(argv) == status
    said = capsys.readouterr().out
    assert ("VIOLATED" in said) == ("WRONG" in said) == ("other is +" in said) == bool(status)
    assert "right is" not in said


def test_loops_of_peers_meet_closed_forms(seed: int) -> None:
    n, t, runs = 20, 12, 60
    many = np.array([one_seed(seed + k, ("replace", 3, n), t) for k in range(runs)])
    claim = closed.log_variance(n, 3, t, "mle")
    assert claim.sd is not None
    assert abs(many[:, -1, 1].mean() - claim.mean) < 4.5 * claim.sd / runs**0.5
    rng = np.random.default_rng(seed)
    drifts = np.array([one_weighted(rng, 0.3, n, 2, t) for _ in range(300)])[:, -1]
    assert abs(drifts.mean() - closed.weighted_drift(n, 2, 0.3, t).mean) < 4.5 * drifts.std() / 300**0.5


def test_closed_forms_are_those_of_the_laws() -> None:
    replace = mad.Loop.from_dict(Job({"kind": "replace", "n": 30}, 1, 9, 1).table())
    said = mad.predict(replace, 9, OBSERVABLES).observables
    for claim in (closed.log_variance(30, 1, 9, "unbiased"), closed.drift(30, 9)):
        law = said[claim.observable]
        assert np.allclose([claim.mean, claim.sd], [law.mean[9], law.sd[9]], rtol=1e-9)
    wide = mad.Loop.from_dict(Job({"kind": "replace", "n": 30}, 4, 9, 1, "mle").table())
    law = mad.predict(wide, 9, ["log_variance"]).observables["log_variance"]
    claim = closed.log_variance(30, 4, 9, "mle")
    assert np.allclose([claim.mean, claim.sd], [law.mean[9], law.sd[9]], rtol=1e-9)
    table = {"kind": "weighted", "n_real": 30, "n_synthetic": 30, "weight": 0.2}
    law = mad.predict(mad.Loop.from_dict(Job(table, 3, 9, 1).table()), 9, ["mean_square_drift"]).observables["mean_square_drift"]
    assert np.isclose(closed.weighted_drift(30, 3, 0.2, 9).mean, law.mean[9], rtol=1e-9)


def test_ratios_are_taken_round_by_round() -> None:
    ours, theirs = Timing("ours", 8.0, steady=[1.0, 2.0, 4.0]), Timing("theirs", 4.0, steady=[2.0, 3.0, 16.0])
    assert paired(ours, theirs) == Ratio(4.0, 3.0, 8.0)
    assert ours.median == 0.25


def test_ways_take_turns() -> None:
    order: list[str] = []

    def way(name: str, warm: bool) -> Way:
        return Way(name, lambda seed: (order.append(f"{name}{seed}"), Result({}, seconds=0.5))[1], 1.0, warm)

    timings = interleave([way("a", True), way("b", False)], 2, seed=7)
    assert order == ["a7", "a8", "b8", "a9", "b9"]
    assert [t.steady for t in timings] == [[0.5, 0.5], [0.5, 0.5]]
    assert timings[0].first is not None
    assert timings[1].first is None
    assert len(interleave([way("a", False)], 9, seed=0, patience=-1)[0].steady) == 1


def test_what_is_not_a_number_fails() -> None:
    outcome = Outcome(100, {"log_variance": np.array([np.nan])}, {"log_variance": np.ones(1)})
    timing = Timing("ours", 1.0, steady=[1.0], results=[Result({"": outcome})])
    (found,) = check([timing], [closed.log_variance(10, 1, 1, "mle")])
    assert not found.passed


def test_a_few_skewed_replicas_are_pooled() -> None:
    one = Result({"": Outcome(1, {"mean_square_drift": np.array([0.1])})})
    claim = closed.drift(10, 1)
    assert check([Timing("theirs", 1.0, results=[one] * 3)], [claim]) == []
    (pooled,) = check([Timing("theirs", 1.0, results=[one] * 40)], [claim])
    assert "40 runs pooled" in pooled.claim
    assert pooled.passed


def test_targets() -> None:
    assert Target(6, 10).met(6)
    assert not Target(6, 10).met(5.9)
    assert Target(1, most=True).met(0.9)
    assert not Target(1, most=True).met(1.1)
    assert Line("g", "n", value=1.0).hit is None
    assert Line("g", "n", value=1.0, target=Target(2)).hit is False
    assert Line("g", "n", ratio=Ratio(3.0, 1.0, 4.0), target=Target(2)).hit is True


# what the README shows of the record

SHOWN = (
    "d=1: ours ÷ NumPy", "d=1: ours ÷ numba", "d=1: ours ÷ jax.random in a scan", "d=1: ours ÷ ceiling",
    "d=1: ours ÷ its draws alone", "every point, d=1: ours ÷ NumPy", "every point, d=1: ours ÷ jax.random in a scan",
    "B3, d=1, n=10000, 3000×1000: ours ÷ their loop", "B3, d=1, n=10000, 3000×1000: ours, with compile ÷ their loop",
    "C2, d=2, n=100, 30 weights, 2000×200: ours ÷ their loop",
    "C2, d=2, n=100, 30 weights, 2000×200: ours, with compile ÷ their loop",
    "A replace+accumulate: ours ÷ their loop", "A replace+accumulate: ours, with compile ÷ their loop",
    "A subsample: ours ÷ their loop",
)  # fmt: skip
SHOWN_OF_A_GPU = (
    "d=1: ours ÷ NumPy", "d=1: ours ÷ jax.random in a scan", "d=1: ours ÷ its draws alone",
    "every point, d=1: ours ÷ jax.random in a scan",
)  # fmt: skip
SHOWN_OF_REGRESSIONS = tuple(
    f"F1 {job}: ours{compiled} ÷ their loop"
    for job, compiled in (("replace, d=100, n=1000, 1000×100", ""), ("replace, d=100, n=1000, 1000×100", ", with compile"),
                          ("accumulate, d=100, n=1000, 1000×20", ""), ("accumulate, d=100, n=1000, 1000×20", ", with compile"),
                          ("replace, d=10, n=100, 1000×100", ", with compile"))
)  # fmt: skip
ROUNDED = 0.05  # relative: the README keeps two digits or more


def number(cell: str) -> float:
    return float(cell.replace(",", "").removesuffix("M/s").removesuffix("s"))


def unlike(section: str, shown: tuple[str, ...], record: dict[str, Any]) -> list[str]:
    """Rows of a table of the README's that are not those of the record."""
    rows = [line.split("|")[2:5] for line in section.splitlines() if line.startswith("| ")][2:]
    lines = {line["name"]: line for line in record["lines"]}
    assert len(rows) == len(shown)
    wrong = []
    for name, row in zip(shown, rows, strict=True):
        line = lines[name]
        said, measured = [number(x.strip()) for x in row], [number(line["ours"]), number(line["theirs"]), line["ratio"]["median"]]
        wrong += [name] if any(abs(a / b - 1) > ROUNDED for a, b in zip(said, measured, strict=True)) else []
    return wrong


def test_the_readme_shows_the_record() -> None:
    readme, results = (ROOT / "README.md").read_text(encoding="utf-8"), ROOT / "benchmarks" / "results"
    sections = readme.partition("## Speed")[2].partition("\n## ")[0].split("\n### ")
    shown_in = ((SHOWN, "cpu-amd-epyc-2-cores"), (SHOWN_OF_REGRESSIONS, "regression"), (SHOWN_OF_A_GPU, "nvidia-h200"))
    for section, (shown, name) in zip(sections, shown_in, strict=True):
        record = json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
        assert unlike(section, shown, record) == []
        ours = next(line for line in section.splitlines() if line.startswith("| replace")).split("|")[2]
        assert unlike(section.replace(f"|{ours}|", "| 1 |", 1), shown, record) == [shown[0]]


@pytest.mark.parametrize("argv", [["--only", "nothing"], ["--quick", "--full"], ["--seed", "-1"], ["--what"]])
def test_bad_arguments_are_refused_in_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(argv)
    assert stopped.value.code == command.BAD
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_names() -> None:
    assert groups.chosen(["published"]) == ["published-grid", "published-chains", "published-counts", "published-regression"]
    assert groups.chosen(None) == list(groups.GROUPS)
    assert machine.slug("cpu AMD EPYC 7763 64-Core Processor 2 cores") == "cpu-amd-epyc-7763-2-cores"
    assert machine.slug("NVIDIA H100 80GB HBM3") == "nvidia-h100-80gb-hbm3"

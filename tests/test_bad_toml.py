"""Bad TOML files, case by case: one line that names the file and the field; nothing is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import madtheory as mad
from tests.bad_input import GOOD, TRUTH, complaint, fill, refused

COMPOSITION = """kind = "composition"
source = [0, 1]
size = [5, 5]
weights = [[1, 0], [0.5, 0.5]]"""
N, MEAN, KIND = "n = 100", "mean = [0.0]", 'kind = "replace"'
SCHEDULE = 'kind = "replace"\nn = 100'

TOML: dict[str, tuple[str, str, str]] = {  # what is replaced, by what, the field that is named
    "negative n": (N, "n = -100", "schedule.n"),
    "n zero": (N, "n = 0", "schedule.n"),
    "n fraction": (N, "n = 99.5", "schedule.n"),
    "n true": (N, "n = true", "schedule.n"),
    "n text": (N, 'n = "100"', "schedule.n"),
    "n nan": (N, "n = nan", "schedule.n"),
    "n a date": (N, "n = 2020-01-01", "schedule.n"),
    "n a table": (N, "n = {a = 1}", "schedule.n"),
    "n list with a zero": (N, "n = [5, 0]", "schedule.n"),
    "n empty list": (N, "n = []", "schedule.n"),
    "n mixed list": (N, "n = [5, true]", "schedule.n"),
    "n beyond 32 bits": (N, "n = 2147483648", "schedule.n"),
    "n beyond 64 bits": (N, f"n = 1{'0' * 400}", "schedule.n"),
    "n of ten thousand digits": (N, f"n = 1{'0' * 10000}", "file"),
    "n one, unbiased": (N, "n = 1", "schedule"),
    "n missing": (N, "", "schedule.n"),
    "n misspelled": (N, "m = 100", "schedule.m"),
    "n for another schedule": (KIND, 'kind = "fresh"', "schedule.n"),
    "key twice": (N, "n = 100\nn = 100", "file"),
    "kind unknown": (KIND, 'kind = "replaces"', "schedule.kind"),
    "kind missing": (KIND, "", "schedule.kind"),
    "kind a number": (KIND, "kind = 3", "schedule.kind"),
    "kind a list": (KIND, 'kind = ["replace"]', "schedule.kind"),
    "model unknown": ('"gaussian"', '"gausian"', "model.kind"),
    "model key unknown": ("dim = 1", "dim = 1\ndims = 2", "model.dims"),
    "dim zero": ("dim = 1", "dim = 0", "model.dim"),
    "dim mismatch": ("dim = 1", "dim = 2", "truth.mean"),
    "dim missing": ("dim = 1", "", "model.dim"),
    "top key unknown": ("sampling_bias", "sampling_bais", "sampling_bais"),
    "key that is a sentence": (N, '"a \\n b" = 1', "schedule.'a \\n b'"),
    "key that is long": (N, f"{'k' * 3000} = 1", f"schedule.{'k' * 40}"),
    "table missing": ("[truth]", "[thruth]", "thruth"),
    "table left out": (f"[truth]\n{TRUTH}\n", "", "truth"),
    "schedule not a table": (f"[schedule]\n{SCHEDULE}", "", "schedule"),
    "schedule a list of tables": ("[schedule]", "[[schedule]]", "schedule"),
    "bias zero": ("0.9", "0", "sampling_bias"),
    "bias negative": ("0.9", "-0.9", "sampling_bias"),
    "bias infinite": ("0.9", "inf", "sampling_bias"),
    "bias text": ("0.9", '"0.9"', "sampling_bias"),
    "bias overflows": ("0.9", "1e999", "sampling_bias"),
    "switch left out": ("bias_first_generation = false\n", "", "bias_first_generation"),
    "switch a number": ("= false", "= 0", "bias_first_generation"),
    "estimator left out": ('estimator = "unbiased"\n', "", "estimator"),
    "estimator misspelled": ('"unbiased"', '"unbiassed"', "estimator"),
    "mean missing": (MEAN, "", "truth.mean"),
    "mean a number": (MEAN, "mean = 0.0", "truth.mean"),
    "mean nan": (MEAN, "mean = [nan]", "truth.mean"),
    "mean too long": (MEAN, "mean = [0.0, 0.0]", "truth.mean"),
    "covariance negative": ("[[1.0]]", "[[-1.0]]", "truth.covariance"),
    "covariance flat": ("[[1.0]]", "[1.0]", "truth.covariance"),
    "covariance infinite": ("[[1.0]]", "[[inf]]", "truth.covariance"),
    "covariance text": ("[[1.0]]", '"identity"', "truth.covariance"),
    "bootstrap without data": (MEAN, f'{MEAN}\nreal_draws = "bootstrap"', "truth.real_draws"),
    "components without data": (MEAN, f"{MEAN}\ncomponents = 1", "truth.components"),
    "columns without data": (MEAN, f'{MEAN}\ncolumns = ["x1"]', "truth.columns"),
    "data and mean": (MEAN, f'{MEAN}\ndata = "points.csv"', "truth.mean"),
    "data missing": (TRUTH, 'data = "nothing.csv"', "truth.data"),
    "data a folder": (TRUTH, 'data = "folder.csv"', "truth.data"),
    "data of unknown kind": (TRUTH, 'data = "points.xlsx"', "truth.data"),
    "data misspelled": (TRUTH, 'data = "digit"', "truth.data"),
    "data a number": (TRUTH, "data = 5", "truth.data"),
    "data with a zero byte": (TRUTH, 'data = "a\\u0000.csv"', "truth.data"),
    "data with a long name": (TRUTH, f'data = "{"a" * 5000}.csv"', "truth.data"),
    "data of another dimension": (TRUTH, 'data = "points.csv"', "truth.mean"),
    "columns unknown": (TRUTH, 'data = "points.csv"\ncolumns = ["agee"]', "truth.columns"),
    "columns empty": (TRUTH, 'data = "points.csv"\ncolumns = []', "truth.columns"),
    "columns a name": (TRUTH, 'data = "points.csv"\ncolumns = "age"', "truth.columns"),
    "columns numbers": (TRUTH, 'data = "points.csv"\ncolumns = [1]', "truth.columns"),
    "columns lists": (TRUTH, 'data = "points.csv"\ncolumns = [["age"]]', "truth.columns"),
    "columns twice": (TRUTH, 'data = "points.csv"\ncolumns = ["age", "age"]', "truth.columns"),
    "components zero": (TRUTH, 'data = "points.csv"\ncomponents = 0', "truth.components"),
    "components too many": (TRUTH, 'data = "points.csv"\ncomponents = 3', "truth.components"),
    "components fraction": (TRUTH, 'data = "points.csv"\ncomponents = 1.0', "truth.components"),
    "components true": (TRUTH, 'data = "points.csv"\ncomponents = true', "truth.components"),
    "real_draws unknown": (TRUTH, 'data = "points.csv"\ncolumns = ["age"]\nreal_draws = "boots"', "truth.real_draws"),
    "weights sum to more": (SCHEDULE, COMPOSITION.replace("0.5, 0.5", "0.5, 0.6"), "schedule.weights"),
    "weights negative": (SCHEDULE, COMPOSITION.replace("0.5, 0.5", "1.5, -0.5"), "schedule.weights"),
    "weights into the future": (SCHEDULE, COMPOSITION.replace("[1, 0]", "[0, 1]"), "schedule.weights"),
    "weights of wrong shape": (SCHEDULE, COMPOSITION.replace("0.5, 0.5", "1"), "schedule.weights"),
    "weights missing": (SCHEDULE, COMPOSITION.partition("weights")[0], "schedule.weights"),
    "window beyond n": (SCHEDULE, 'kind = "window"\nn = 3\nwindow = 4', "schedule.n"),
    "weight too large": (SCHEDULE, 'kind = "weighted"\nn_real = 3\nn_synthetic = 3\nweight = 2', "schedule.weight"),
    "real misspelled": (SCHEDULE, 'kind = "fixed_real"\nn_real = 3\nn_synthetic = 3\nreal = "redraw"', "schedule.real"),
    "list shorter than asked": (N, "n = [5]", "generations"),
    "biases shorter than asked": ("0.9", "[0.9]", "generations"),
    "not TOML": (GOOD, "n: 100\n", "file"),
    "a bracket left open": (GOOD, "n = [1, 2", "file"),
    "brackets without end": (GOOD, "n = " + "[" * 100_000, "file"),
    "brackets nested deep": (N, f"n = {'[' * 300}5{']' * 300}", "schedule.n"),
    "empty": (GOOD, "", "model"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a good loop and good data."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("old", "new", "field"), TOML.values(), ids=list(TOML))
def test_a_toml_file_is_refused(old: str, new: str, field: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert GOOD.count(old) == 1
    (folder / "loop.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    line = refused(["predict", "loop.toml", "--generations", "2", "--observables", "variance", "--json", "--out", "out"], capsys)
    assert complaint(line)[0] == f"loop.toml: {field}"


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        (KIND, 'kind = "replaces"', "'replace'"),
        ("sampling_bias", "sampling_bais", "'sampling_bias'"),
        ('"unbiased"', '"unbiassed"', "'unbiased'"),
        (TRUTH, 'data = "points.csv"\ncolumns = ["agee"]', "'age'"),
    ],
)
def test_the_nearest_name_is_offered(old: str, new: str, hint: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "loop.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    assert f"(did you mean {hint}?)" in complaint(refused(["predict", "loop.toml"], capsys))[1]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b"n = '\x00'", os.urandom(300)], ids=["utf-16", "zero byte", "noise"])
def test_a_file_that_is_no_text_is_refused(content: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "loop.toml").write_bytes(content)
    assert complaint(refused(["predict", "loop.toml"], capsys))[0] == "loop.toml: file"


def test_the_good_files_are_accepted(folder: Path) -> None:
    assert mad.Loop.from_toml("loop.toml").dim == 1
    data = 'data = "points.csv"\ncolumns = ["age"]'
    (folder / "loop.toml").write_text(GOOD.replace(SCHEDULE, COMPOSITION).replace(TRUTH, data), encoding="utf-8")
    assert mad.Loop.from_toml("loop.toml").truth.mean == pytest.approx([8 / 3], rel=1e-15)

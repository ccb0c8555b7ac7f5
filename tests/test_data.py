"""Real laws from the user's data: what is read, what is kept, what is refused without running anything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np
import pytest

from madtheory.errors import BadInput
from madtheory.loop import Loop
from madtheory.truth import Truth

POINTS = np.array([[1.0, 2.0, -1.5], [2.5, 0.25, 3.0], [4.0, 1.0, 1e-3], [-1.0, 7.0, 2.0], [0.5, 0.5, 9.0]])
NAMES = ["age", "weight", "dose"]
HEADER = '''estimator = "mle"
[model]
kind = "gaussian"
dim = {dim}
[schedule]
kind = "replace"
n = 10
[truth]
'''


def csv_text(mark: str = ",", header: bool = True) -> str:
    rows = [mark.join(map(repr, row)) for row in POINTS.tolist()]
    return "\n".join(([mark.join(NAMES)] if header else []) + rows) + "\n"


def write_csv(path: Path) -> None:
    path.write_text(csv_text(), encoding="utf-8")


def write_npz(path: Path) -> None:
    np.savez(path, **{name: POINTS[:, i] for i, name in enumerate(NAMES)})


def write_parquet(path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="parquet is read with the optional extra `data`")
    table = pytest.importorskip("pyarrow").table({name: POINTS[:, i] for i, name in enumerate(NAMES)})
    parquet.write_table(table, path)


WRITERS = {"points.csv": write_csv, "points.npz": write_npz, "points.parquet": write_parquet}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_holds_the_same_numbers(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    truth = Truth.from_data(tmp_path / name, real_draws="bootstrap")
    assert np.array_equal(truth.points, POINTS)
    assert truth.mean == pytest.approx(POINTS.mean(axis=0), rel=1e-14)
    centred = POINTS - POINTS.mean(axis=0)
    assert truth.covariance == pytest.approx(centred.T @ centred / len(POINTS), rel=1e-13)
    assert truth.real_draws == "bootstrap"
    chosen = Truth.from_data(tmp_path / name, columns=["dose", "age"])
    assert np.array_equal(chosen.points, POINTS[:, [2, 0]])


@pytest.mark.parametrize(
    "text",
    [
        csv_text(header=False),
        csv_text(";"),
        csv_text("\t"),
        "\ufeff" + csv_text(),
        "# " + csv_text(),
        csv_text().replace("\n", "\r\n") + "\r\n",
        csv_text().replace(",", " , "),
        csv_text().replace("\n1.0,", '\n"1.0",'),
    ],
    ids=["no header", "semicolon", "tab", "byte-order mark", "comment mark", "windows", "spaces", "quotes"],
)
def test_the_ways_to_write_a_csv(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    assert np.array_equal(Truth.from_data(tmp_path / "a.csv").points, POINTS)


def test_columns_without_names_are_counted_from_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text(header=False), encoding="utf-8")
    np.savez(tmp_path / "a.npz", POINTS)
    for name in ("a.csv", "a.npz"):
        assert np.array_equal(Truth.from_data(tmp_path / name, columns=["x3"]).points, POINTS[:, [2]])


def test_an_array_of_whole_numbers_or_one_column_is_data_too(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.array([1, 2, 4], dtype=np.int8))
    truth = Truth.from_data(tmp_path / "a.npz")
    assert truth.dim == 1
    assert truth.covariance.item() == pytest.approx(np.var([1, 2, 4]), rel=1e-14)


def read_toml(folder: Path, keys: str, dim: int = 3) -> Loop:
    (folder / "loop.toml").write_text(HEADER.format(dim=dim) + keys, encoding="utf-8")
    return Loop.from_toml(folder / "loop.toml")


def test_a_path_starts_at_the_toml_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    write_csv(inside / "points.csv")
    monkeypatch.chdir(outside)
    loop = read_toml(inside, 'data = "points.csv"\ncolumns = ["age", "dose"]\nreal_draws = "bootstrap"', dim=2)
    assert np.array_equal(loop.truth.points, POINTS[:, [0, 2]])
    (outside / "again.toml").write_text(loop.to_toml(), encoding="utf-8")
    assert eqx.tree_equal(Loop.from_toml(outside / "again.toml"), loop)
    assert eqx.tree_equal(Loop.from_dict(loop.to_dict()), loop)


def test_data_given_in_python_come_back_too(tmp_path: Path) -> None:
    loop = read_toml(tmp_path, "mean = [0.0, 0.0, 0.0]\ncovariance = [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]")
    held = eqx.tree_at(lambda lo: lo.truth, loop, Truth.fitted(POINTS, "bootstrap"))
    assert eqx.tree_equal(Loop.from_dict(held.to_dict()), held)


def test_components_are_the_leading_principal_ones(tmp_path: Path) -> None:
    write_csv(tmp_path / "points.csv")
    truth = Truth.from_data(tmp_path / "points.csv", components=2)
    centred = POINTS - POINTS.mean(axis=0)
    values, axes = np.linalg.svd(centred, full_matrices=False)[1:]
    assert np.diag(truth.covariance) == pytest.approx(values[:2] ** 2 / len(POINTS), rel=1e-12)
    assert abs(truth.points) == pytest.approx(abs(centred @ axes[:2].T), rel=1e-10)
    loop = read_toml(tmp_path, 'data = "points.csv"\ncomponents = 2', dim=2)
    assert eqx.tree_equal(Loop.from_dict(loop.to_dict()), loop)


def test_components_make_more_columns_than_rows_usable(tmp_path: Path) -> None:
    np.savez(tmp_path / "wide.npz", POINTS.T)
    with pytest.raises(BadInput, match=r"more rows than columns \(or keep some `columns`.*`components`\); got 3 rows, 5 columns"):
        Truth.from_data(tmp_path / "wide.npz")
    assert Truth.from_data(tmp_path / "wide.npz", components=2).dim == 2


def test_digits_with_their_constant_pixels() -> None:
    pytest.importorskip("sklearn", reason="the digits come with the optional extra `data`")
    truth = Truth.from_data("digits", components=10)
    assert truth.points.shape == (1797, 10)
    assert np.all(np.diff(np.diag(truth.covariance)) < 0)
    with pytest.raises(BadInput, match=r"components`, at most 61\); got the same number all down pixel_0_0"):
        Truth.from_data("digits")


@pytest.mark.parametrize(("module", "data"), [("sklearn.datasets", "digits"), ("pyarrow.parquet", "a.parquet")])
def test_a_missing_package_names_its_install_line(
    module: str, data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.parquet").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadInput, match=r"pip install 'madtheory\[data\]'"):
        Truth.from_data(data)


class Trap:
    """An object whose unpickling would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_reading_never_runs_code(tmp_path: Path) -> None:
    trap = np.empty((3, 1), dtype=object)
    trap[:] = Trap(tmp_path / "sprung")
    np.savez(tmp_path / "trap.npz", trap)
    with pytest.raises(BadInput, match=r"^.*trap.npz: data: expected a readable .npz file"):
        Truth.from_data(tmp_path / "trap.npz")
    assert not (tmp_path / "sprung").exists()
    with np.load(tmp_path / "trap.npz", allow_pickle=True) as archive:
        archive["arr_0"]
    assert (tmp_path / "sprung").exists()  # the trap was real

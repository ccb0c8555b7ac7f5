"""Bad data files, case by case: one line that names the file, the row and the column; nothing is written, nothing is run."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.bad_input import GOOD, TRUTH, complaint, fill, refused

NAN = float("nan")


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def parquet(**columns: Any) -> bytes:
    parquet = pytest.importorskip("pyarrow.parquet", reason="parquet is read with the optional extra `data`")
    file = io.BytesIO()
    parquet.write_table(pytest.importorskip("pyarrow").table(columns), file)
    return file.getvalue()


DATA: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.csv", lambda: b"", "data"),
    "blank": ("a.csv", lambda: b"\n \n\n", "data"),
    "header only": ("a.csv", lambda: b"a,b\n", "data"),
    "one row": ("a.csv", lambda: b"a,b\n1,2\n", "data"),
    "ragged": ("a.csv", lambda: b"a,b\n1,2\n3\n", "row 3"),
    "ragged, too long": ("a.csv", lambda: b"1,2\n3,4,5\n", "row 2"),
    "ragged after blank lines": ("a.csv", lambda: b"a,b\n\n1,2\n\n3\n", "row 5"),
    "text": ("a.csv", lambda: b"a,b\n1,2\n3,four\n", "row 3, column b"),
    "empty cell": ("a.csv", lambda: b"1,2\n3,\n", "row 2, column x2"),
    "nan": ("a.csv", lambda: b"a,b\n1,2\nnan,4\n5,6\n", "row 3, column a"),
    "nan after blank lines": ("a.csv", lambda: b"a,b\n\n1,2\n\n3,nan\n", "row 5, column b"),
    "infinite": ("a.csv", lambda: b"1,2\n3,1e999\n", "row 2, column x2"),
    "decimal comma": ("a.csv", lambda: b"1,5;2,5\n1,7;2,9\n1,1;2,2\n", "row 2, column 1,5"),
    "more columns than rows": ("a.csv", lambda: b"1,2,3\n4,5,7\n", "data"),
    "as many columns as rows": ("a.csv", lambda: b"1,2\n4,5\n", "data"),
    "constant column": ("a.csv", lambda: b"a,b\n1,7\n2,7\n3,7\n", "data"),
    "one column follows from others": ("a.csv", lambda: b"1,2\n2,4\n3,6\n4,8\n", "data"),
    "squares overflow": ("a.csv", lambda: b"1e300\n-1e300\n", "data"),
    "zero byte": ("a.csv", lambda: b"1,2\n3,\x004\n5,6\n", "row 2, column x2"),
    "not text": ("a.csv", lambda: b"\xff\xfe1\x00,\x002\x00", "data"),
    "cell without end": ("a.csv", lambda: b'"' + b"1" * 200_000, "data"),
    "pickled": ("a.npz", lambda: npz(a=np.array([[1.0, None]] * 5)), "data"),
    "a pickle": ("a.npz", lambda: b"\x80\x04K\x05.", "data"),
    "empty archive": ("a.npz", lambda: npz(), "data"),
    "empty file": ("a.npz", lambda: b"", "data"),
    "not an archive": ("a.npz", lambda: b"1,2\n3,4\n", "data"),
    "cut archive": ("a.npz", lambda: npz(a=np.arange(100.0))[:-40], "data"),
    "damaged archive": ("a.npz", lambda: npz(a=np.arange(100.0)).replace(np.arange(100.0).tobytes()[:64], b"x" * 64), "data"),
    "single array": ("a.npz", lambda: npy(np.eye(3)), "data"),
    "cube": ("a.npz", lambda: npz(a=np.zeros((3, 3, 3))), "data"),
    "scalar": ("a.npz", lambda: npz(a=np.float64(3)), "data"),
    "several matrices": ("a.npz", lambda: npz(a=np.eye(3), b=np.eye(3)), "data"),
    "vectors of different length": ("a.npz", lambda: npz(a=np.arange(3), b=np.arange(4)), "data"),
    "complex": ("a.npz", lambda: npz(a=np.array([1j, 2, 3])), "data"),
    "truth values": ("a.npz", lambda: npz(a=np.array([True, False, True])), "data"),
    "words": ("a.npz", lambda: npz(a=np.array(["a", "b"])), "data"),
    "nan in an archive": ("a.npz", lambda: npz(a=np.array([1, NAN, 3]), b=np.array([1, 2, 4])), "row 2, column a"),
    "archive of a huge array": ("a.npz", lambda: npz(a=np.zeros(3)).replace(b"(3,), ", b"(9999999999999,), "[:6]), "data"),
    "no row": ("a.npz", lambda: npz(a=np.zeros((0, 2))), "data"),
    "no column": ("a.npz", lambda: npz(a=np.zeros((5, 0))), "data"),
    "not parquet": ("a.parquet", lambda: b"1,2\n", "data"),
    "empty parquet": ("a.parquet", lambda: parquet(), "data"),
    "text column": ("a.parquet", lambda: parquet(a=[1, 2, 3], b=["x", "y", "z"]), "column b"),
    "null": ("a.parquet", lambda: parquet(a=[1, None, 3]), "row 2, column a"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a good loop and good data."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("name", "content", "field"), DATA.values(), ids=list(DATA))
def test_a_data_file_is_refused(
    name: str, content: Callable[[], bytes], field: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_bytes(content())
    (folder / "loop.toml").write_text(GOOD.replace(TRUTH, f'data = "{name}"'), encoding="utf-8")
    assert complaint(refused(["predict", "loop.toml", "--out", "out"], capsys))[0] == f"{name}: {field}"

"""Figures: the same bytes in every run, no date, TrueType fonts, and nothing drawn that the table does not hold."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from madtheory import figures
from madtheory.errors import BadInput
from madtheory.figures import _style

ROOT = Path(__file__).resolve().parent.parent


def means() -> pd.DataFrame:
    t = np.arange(6.0)
    rows = {"generation": t.astype(int), "predicted": 0.9**t, "low": 0.8**t, "high": np.ones(6), "simulated": 0.9**t + 0.01,
            "standard_error": np.full(6, 0.02), "residual": np.full(6, 0.5), "testable": t < 4}  # fmt: skip
    return pd.concat(pd.DataFrame({"schedule": name, **rows}) for name in ("replace", "fresh"))


def quantiles() -> pd.DataFrame:
    cells = [(t, p) for t in (1, 2, 3) for p in (0.05, 0.25, 0.5, 0.75, 0.95)]
    rows = [(t, p, p * t, p * t if t > 1 else np.nan, p * t - 0.1, p * t + 0.1) for t, p in cells]
    return pd.DataFrame(rows, columns=["generation", "probability", "predicted", "simulated", "low", "high"])


def transform() -> pd.DataFrame:
    edges = np.linspace(0, 1, 5)
    bars = {"left": edges[:-1], "right": edges[1:], "count": [9, 11, 10, 12]}
    return pd.DataFrame({**bars, "expected": 10.0, "low": 4.0, "high": 17.0})


MADE: dict[str, Callable[[], tuple[Any, pd.DataFrame]]] = {
    "one_loop": lambda: (figures.one_loop(means().head(6), "variance"), means().head(6)),
    "against_law": lambda: (figures.against_law({"variance": means(), "frechet": means()}, log={"frechet"}), means()),
    "distribution": lambda: (figures.distribution(quantiles(), transform()), pd.concat([quantiles(), transform()])),
}


def hashes(folder: Path) -> dict[str, str]:
    """Name and SHA-256 of every file that the figures make."""
    for name, make in MADE.items():
        figures.save_figure(*(lambda figure, data: (figure, folder, name, data))(*make()))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    hashes(folder)
    return folder


def test_the_same_bytes_in_two_processes(saved: Path, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from tests.test_figures import hashes; print(hashes(Path(sys.argv[1])))"
    env = os.environ | {"PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-c", code, str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(hashes(saved))
    assert len(hashes(saved)) == 3 * len(MADE)


def test_no_file_carries_a_date(saved: Path) -> None:
    assert all(b"CreationDate" not in path.read_bytes() for path in saved.glob("*.pdf"))
    assert all(b"Software" not in path.read_bytes() for path in saved.glob("*.png"))
    figure, _ = MADE["distribution"]()
    figure.savefig(saved.parent / "dated.pdf")
    assert b"CreationDate" in (saved.parent / "dated.pdf").read_bytes()


def test_fonts_are_truetype(saved: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path in saved.glob("*.pdf"):
        text = path.read_bytes()
        assert b"/FontFile2" in text
        assert b"/Type3" not in text
        assert b"STIX" in text
    monkeypatch.setitem(_style.SETTINGS, "pdf.fonttype", 3)
    figures.save_figure(figures.grid(titles=["plain"])[0], tmp_path, "bad", transform())
    assert b"/Type3" in (tmp_path / "bad.pdf").read_bytes()


def test_the_data_lie_beside_the_figure(saved: Path) -> None:
    back = pd.read_csv(saved / "against_law.csv")
    pd.testing.assert_frame_equal(back, means().reset_index(drop=True), check_exact=True)


def test_curves_draw_the_columns_and_nothing_else() -> None:
    data = means()
    _, axes = figures.grid()
    figures.curves(data, ax=axes[0, 0], y="variance", by="schedule")
    drawn = {tuple(line.get_ydata()) for line in axes[0, 0].lines if len(line.get_ydata())}
    one = data[data["schedule"] == "fresh"]
    ends = {tuple(one["simulated"] + sign * 2 * one["standard_error"]) for sign in (-1, 1)}
    assert drawn == {tuple(one["predicted"]), tuple(one["simulated"]), *ends}
    assert axes[0, 0].get_xlabel() == r"generation $t$"


def test_what_is_missing_is_not_drawn() -> None:
    data = means().assign(predicted=lambda rows: rows["predicted"].where(rows["schedule"] == "fresh"))
    _, axes = figures.grid()
    figures.curves(data, ax=axes[0, 0], y="variance", by="schedule")
    figures.legend(axes[0, 0])
    key = axes[0, 0].get_legend()
    keys = {text.get_text(): line for text, line in zip(key.texts, key.legend_handles, strict=True)}
    assert keys["replace"].get_linestyle() == "None"
    assert keys["fresh"].get_linestyle() != "None"


def test_every_curve_differs_in_colour_dash_and_marker() -> None:
    names = list(range(len(_style.COLOURS)))
    for kind in _style.looks(names).values():
        assert len(set(map(str, kind.values()))) == len(names)
    with pytest.raises(BadInput, match="curves: expected at most 7 in one panel; got 8"):
        _style.looks(range(8))


def test_colours_are_told_apart_in_grey() -> None:
    """The luminances of the first two, which most panels use alone, differ by more than a tenth of the range."""
    red, green, blue = np.array([mpl.colors.to_rgb(colour) for colour in _style.COLOURS[:2]]).T
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert abs(luminance[0] - luminance[1]) > 0.04


def test_a_figure_has_the_width_of_a_column_or_of_the_page() -> None:
    widths = {name: float(make()[0].get_size_inches()[0]) for name, make in MADE.items()}
    assert widths == {"one_loop": figures.COLUMN, "against_law": figures.PAGE, "distribution": figures.PAGE}


def test_the_style_stays_inside() -> None:
    before = dict(mpl.rcParams)
    MADE["one_loop"]()
    assert dict(mpl.rcParams) == before

"""A figure as PDF and PNG, and its data as CSV: whole files, with the same bytes in every run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from madtheory.figures._style import SETTINGS
from madtheory.results import write

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

DATELESS: dict[str, dict[str, None]] = {"pdf": {"CreationDate": None}, "png": {"Software": None}}
"""Metadata left out, so that nothing in a file depends on when it was made."""


def save_figure(figure: Figure, out: Path | str, name: str, data: pd.DataFrame) -> None:
    """Write `out`/`name`.pdf, .png and .csv; `data` is what the figure shows."""
    for ending, metadata in DATELESS.items():
        write(Path(out) / f"{name}.{ending}", _bytes(figure, ending, metadata))
    write(Path(out) / f"{name}.csv", data.to_csv(index=False, lineterminator="\n"))


def _bytes(figure: Figure, ending: str, metadata: dict[str, None]) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(SETTINGS):
        figure.savefig(buffer, format=ending, metadata=metadata)
    return buffer.getvalue()

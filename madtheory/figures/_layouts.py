"""Whole figures that several experiments share, made of panels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from madtheory.figures._panels import bands, curves, fan, pit, residuals
from madtheory.figures._style import COLUMN, grid, legend, log_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

HEIGHTS = {"height_ratios": (2.4, 1.0)}


def one_loop(data: pd.DataFrame, y: str, band: str = "law ± 1 s.d.") -> Figure:
    """One observable, nowhere negative, of one loop, residuals below; columns as in `results.compare`, and `schedule`."""
    figure, axes = grid(2, 1, width=COLUMN, height=3.0, sharex=True, gridspec_kw=HEIGHTS)
    bands(data, ax=axes[0, 0], y=y, band=band)
    axes[0, 0].set_ylim(bottom=0)
    legend(axes[0, 0], loc="upper left" if data["predicted"].iloc[-1] > data["predicted"].iloc[0] else "upper right")
    residuals(data, ax=axes[1, 0], by="schedule")
    axes[0, 0].set_xlabel("")
    return figure


def against_law(data: Mapping[str, pd.DataFrame], by: str = "schedule", log: Collection[str] = ()) -> Figure:
    """Observables side by side, all loops in one panel (log axis for those in `log`), residuals below; a legend on the right."""
    figure, axes = grid(2, len(data), height=3.4, sharex="col", gridspec_kw=HEIGHTS)
    for column, (observable, frame) in enumerate(data.items()):
        shown = frame[frame["predicted"] > 0] if observable in log else frame
        if observable in log:
            axes[0, column].set_yscale("log")
            log_ticks(axes[0, column].yaxis)
        curves(shown, ax=axes[0, column], y=observable, by=by)
        residuals(frame, ax=axes[1, column], by=by)
        axes[0, column].set_xlabel("")
    legend(axes[0, -1], loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def distribution(quantiles: pd.DataFrame, transform: pd.DataFrame, y: str = "log_variance") -> Figure:
    """Predicted and simulated quantiles over the generations, and the probability-integral transform at the last one."""
    figure, axes = grid(1, 2, height=2.4)
    fan(quantiles, ax=axes[0, 0], y=y)
    legend(axes[0, 0], loc="lower left")
    pit(transform, ax=axes[0, 1])
    legend(axes[0, 1], loc="upper right", ncols=3)
    return figure

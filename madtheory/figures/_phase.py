"""Panels of sweeps: a field of simulated means with the law's contours, and how residuals and replicas are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from madtheory.figures._panels import DATA, GREY, LAW, styled
from madtheory.figures._style import label, log_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

CONTOURS = 6
FIELD = "cividis"  # as light in grey as it looks, for every eye
WIDE = 50.0  # ratio of the largest to the smallest value from which a field is drawn on a log scale


@styled
def phase(data: pd.DataFrame, *, ax: Axes, x: str, y: str, value: str, log: dict[str, bool],
          ends: tuple[float, float], line: float | None = None, bar: bool = True) -> None:  # fmt: skip
    """Simulated means as a field over two axes, the law as contours at the ticks of the colour bar, failed points as crosses.

    Columns: `x`, `y`, simulated, predicted, status. A grid that is not full is drawn as dots, with the law's contour at `line`
    alone. `log` says which axes are logarithmic, `ends` from where to where the colours go, `bar` whether they are explained.
    """
    known = data.dropna(subset=["simulated"])
    for name, scale in ((x, ax.set_xscale), (y, ax.set_yscale)):
        scale("log" if log[name] else "linear")
    norm, locator = _norm(*ends)
    shown = _field(ax, known, x, y, norm)
    levels = [level for level in locator.tick_values(*ends) if ends[0] < level < ends[1]]
    if bar:
        ax.figure.colorbar(shown, ax=ax, ticks=levels, format="%g").set_label(label(value))
    _contours(ax, data.dropna(subset=["predicted"]), x, y, levels if line is None else [line])
    failed = known[known["status"] == "failed"]
    ax.plot(failed[x], failed[y], ls="", marker="x", ms=4, mew=1.2, color=DATA)
    ax.set(xlabel=label(x), ylabel=label(y))


@styled
def spread_of_residuals(data: pd.DataFrame, *, ax: Axes) -> None:
    """Histogram of residuals in standard errors against the standard normal density; columns residual."""
    values = data["residual"].dropna()
    edges = np.linspace(-4.5, 4.5, 28)
    ax.hist(values.clip(-4.5, 4.5), bins=list(edges), density=True, histtype="step", color=DATA, label="points")
    grid = np.linspace(-4.5, 4.5, 181)
    ax.plot(grid, np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi), color=LAW, label="if every law is true")
    ax.set(xlabel=label("residual"), ylabel="density", xlim=(-4.5, 4.5))
    ax.legend(loc="upper left")


@styled
def replicas_taken(data: pd.DataFrame, *, ax: Axes) -> None:
    """Share of points that had enough of so many replicas; columns replicas, status."""
    for k, (status, points) in enumerate(data.groupby("status", sort=True)):
        taken = np.concatenate([[data["replicas"].min()], np.sort(points["replicas"].to_numpy())])
        share = np.arange(len(taken)) / len(data)
        style: dict[str, Any] = {"color": (LAW, DATA, GREY, "black")[k % 4], "ls": ("-", "--", ":", "-.")[k % 4]}
        ax.step(taken, share, where="post", label=f"{status} ({len(points)})", **style)
    ax.set(xlabel="replicas taken", ylabel="share of points", ylim=(0, 1.02), xscale="log")
    log_ticks(ax.xaxis)
    ax.legend(loc="upper left")


def _norm(low: float, high: float) -> tuple[Any, Any]:
    """Values to colours, and where ticks go."""
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.ticker import LogLocator, MaxNLocator

    if low > 0 and high / low > WIDE:
        return LogNorm(low, high), LogLocator(subs=(1.0, 2.0, 5.0) if high / low < WIDE**2 else (1.0,))
    return Normalize(low, high), MaxNLocator(CONTOURS)


def _field(ax: Axes, known: pd.DataFrame, x: str, y: str, norm: Any) -> Any:
    wide = known.pivot_table(index=y, columns=x, values="simulated")
    look: dict[str, Any] = {"cmap": FIELD, "norm": norm, "rasterized": True}
    if wide.notna().to_numpy().all():
        return ax.pcolormesh(wide.columns, wide.index, wide.to_numpy(), shading="nearest", **look)
    return ax.scatter(known[x], known[y], c=known["simulated"], s=14, clip_on=False, zorder=3, **look)


def _contours(ax: Axes, law: pd.DataFrame, x: str, y: str, levels: list[float]) -> None:
    """Black lines with a light edge, to be seen on any colour."""
    from matplotlib.patheffects import withStroke

    if len(law) < 3 or not levels:
        return
    style: dict[str, Any] = {"levels": levels, "colors": "black", "linewidths": 0.8, "linestyles": "solid", "zorder": 4}
    lines = ax.tricontour(_triangles(ax, law, x, y), law["predicted"].to_numpy(), **style)
    lines.set_path_effects([withStroke(linewidth=2.0, foreground="white", alpha=0.7)])
    for text in ax.clabel(lines, fmt="%g", fontsize=6):
        text.set_path_effects([withStroke(linewidth=1.5, foreground="white")])


def _triangles(ax: Axes, data: pd.DataFrame, x: str, y: str) -> Any:
    """Triangles between points, of which none is flat on the axes' scales."""
    from matplotlib.tri import Triangulation

    place = [np.log(data[name]) if get() == "log" else data[name] for name, get in ((x, ax.get_xscale), (y, ax.get_yscale))]
    unit = [(part - part.min()) / (part.max() - part.min()) for part in place]
    found = Triangulation(*unit)
    return Triangulation(data[x], data[y], found.triangles)

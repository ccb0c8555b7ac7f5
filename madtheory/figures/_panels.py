"""Panels. Each draws the columns of a table on the axes it is given, and computes no numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from madtheory.figures._style import COLOURS, SETTINGS, label, looks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

GREY = "0.45"
POINTS: dict[str, Any] = {"ms": 2.6, "mew": 0.6, "mfc": "white", "elinewidth": 0.8, "capsize": 1.5}
LAW, DATA = COLOURS[0], COLOURS[1]
NO_STATISTICS: dict[str, Any] = {"errorbar": None, "estimator": None, "sort": False, "legend": False}
"""seaborn draws the rows as they are."""


def styled(draw: Callable[..., None]) -> Callable[..., None]:
    """A panel drawn under the project's settings."""

    @functools.wraps(draw)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        import matplotlib as mpl

        with mpl.rc_context(SETTINGS):
            draw(*args, **kwargs)

    return wrapped


@styled
def curves(data: pd.DataFrame, *, ax: Axes, y: str, by: str, x: str = "generation", errors: int = 2) -> None:
    """Predicted lines and simulated points with `errors` standard errors, one colour, dash and marker per value of `by`.

    Columns: `x`, `by`, predicted, simulated, standard_error; a missing number draws nothing. `y` names the axis.
    """
    import seaborn as sns

    names = list(dict.fromkeys(data[by]))
    look = looks(names)
    known = data.dropna(subset=["predicted"])
    orders = {"hue": by, "style": by, "hue_order": names, "style_order": names}
    sns.lineplot(known, x=x, y="predicted", **orders, palette=look["palette"], dashes=look["dashes"], **NO_STATISTICS, ax=ax)
    measured = dict(list(data.dropna(subset=["simulated"]).groupby(by, sort=False)))
    for name, points in measured.items():
        marked = {"fmt": look["markers"][name], "color": look["palette"][name], "zorder": 3}
        ax.errorbar(points[x], points["simulated"], errors * points["standard_error"], **marked, **POINTS)
    _keys(ax, names, look, set(known[by]), set(measured))
    ax.set(xlabel=label(x), ylabel=label(y))
    whole_generations(ax)


@styled
def bands(data: pd.DataFrame, *, ax: Axes, y: str, band: str = "law ± 1 s.d.", errors: int = 2) -> None:
    """One loop: predicted mean, a band over replicas that `band` names, simulated means with error bars."""
    import seaborn as sns

    known = data.dropna(subset=["predicted"])
    sns.lineplot(known, x="generation", y="predicted", color=LAW, **NO_STATISTICS, label="law", ax=ax)
    if data["low"].notna().any():
        ax.fill_between(data["generation"], data["low"], data["high"], color=LAW, alpha=0.15, lw=0, label=band)
    measured = {"fmt": "o", "color": DATA, "label": f"simulation ± {errors} s.e."}
    ax.errorbar(data["generation"], data["simulated"], errors * data["standard_error"], **measured, **POINTS)
    ax.set(xlabel=label("generation"), ylabel=label(y))
    whole_generations(ax)


@styled
def residuals(data: pd.DataFrame, *, ax: Axes, by: str, x: str = "generation", limit: float = 5.0) -> None:
    """Simulated minus predicted in standard errors, with lines at ±2 and ±4; colours and markers as in `curves`.

    Pale where `testable` is false: there the standard error is not that of a normal mean.
    """
    import seaborn as sns

    for level, dash in ((-4, ":"), (-2, "--"), (0, "-"), (2, "--"), (4, ":")):
        ax.axhline(level, color=GREY, lw=0.6, ls=dash, zorder=0)
    names = list(dict.fromkeys(data[by]))
    look = looks(names)
    orders = {"hue": by, "style": by, "hue_order": names, "style_order": names}
    marks = {"palette": look["palette"], "markers": look["markers"], "s": 9, "linewidth": 0, "legend": False}
    for testable, shown in data.dropna(subset=["residual"]).groupby("testable"):
        sns.scatterplot(shown, x=x, y="residual", **orders, **marks, alpha=1.0 if testable else 0.3, ax=ax)
    ax.set(xlabel=label(x), ylabel=label("residual"), ylim=(-limit, limit), yticks=(-4, -2, 0, 2, 4))
    whole_generations(ax)


@styled
def fan(data: pd.DataFrame, *, ax: Axes, y: str = "log_variance") -> None:
    """Predicted quantiles as lines with shading between opposite ones, simulated quantiles as points with their intervals."""
    wide = data.pivot(index="generation", columns="probability", values="predicted")
    levels = list(wide.columns)
    for k, (low, high) in enumerate(zip(levels[: len(levels) // 2], levels[::-1], strict=False)):
        name = f"law, {low:.0%} to {high:.0%}"
        ax.fill_between(wide.index, wide[low], wide[high], color=LAW, alpha=0.13 + 0.12 * k, lw=0, label=name)
    for level in levels:
        middle = level == levels[len(levels) // 2]
        ax.plot(wide.index, wide[level], color=LAW, lw=1.2 if middle else 0.6, label=f"law, {level:.0%}" if middle else None)
    points = data.dropna(subset=["simulated"])
    spread = [points["simulated"] - points["low"], points["high"] - points["simulated"]]
    ax.errorbar(points["generation"], points["simulated"], spread, fmt="o", color=DATA, label="simulation", **POINTS)
    ax.set(xlabel=label("generation"), ylabel=label(y))
    whole_generations(ax)


@styled
def pit(data: pd.DataFrame, *, ax: Axes) -> None:
    """Histogram of the probability-integral transform with the band that holds all of its bars if the law is true."""
    import seaborn as sns

    first = data.iloc[0]
    ax.axhspan(first["low"], first["high"], color=LAW, alpha=0.15, lw=0, label="band for all bars")
    ax.axhline(first["expected"], color=LAW, lw=1, label="law")
    edges = [*data["left"], data["right"].iloc[-1]]
    line: dict[str, Any] = {"element": "step", "fill": False, "color": DATA, "lw": 1, "label": "simulation"}
    sns.histplot(data, x="left", weights="count", bins=edges, **line, ax=ax)
    reach = 2.5 * (first["high"] - first["expected"])
    limits = (max(0, first["expected"] - reach), first["expected"] + reach)
    ax.set(xlabel="probability-integral transform", ylabel="replicas per bin", xlim=(0, 1), ylim=limits)


def whole_generations(ax: Axes) -> None:
    """Ticks at whole numbers where the axis counts generations."""
    from matplotlib.ticker import MaxNLocator

    if ax.get_xlabel() == label("generation") and ax.get_xscale() == "linear":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def _keys(ax: Axes, names: list[Any], look: dict[str, dict[Any, Any]], lined: set[Any], marked: set[Any]) -> None:
    """One entry per curve for the legend: its line if it has one, its marker if it has points."""
    for name in names:
        dashes, marker = look["dashes"][name], look["markers"][name] if name in marked else ""
        line = ((0, dashes) if dashes else "-") if name in lined else ""
        style = {"ls": line, "color": look["palette"][name], "marker": marker}
        ax.plot([], [], ms=2.6, mew=0.6, mfc="white", label=str(name), **style)

"""One style: journal widths, colours that the colour-blind can tell apart, a line style and a marker beside every colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from madtheory.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN, PAGE = 3.25, 6.75
"""Widths of one column and of the page (inches)."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe & Ito's palette without its yellow, which is too light for lines on white."""
DASHES: tuple[Any, ...] = ("", (4, 1.5), (1, 1), (5, 1, 1, 1), (3, 1, 1, 1, 1, 1), (7, 1.5), (2, 2))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

FONTS = {"font.family": "STIXGeneral", "mathtext.fontset": "stix", "text.usetex": False, "pdf.fonttype": 42, "ps.fonttype": 42}
"""Bundled with matplotlib, so that all machines agree; TrueType in the file, because venues refuse Type 3."""
SIZES: dict[str, Any] = {
    "font.size": 8, "axes.labelsize": 8, "axes.titlesize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7, "legend.fontsize": 7,
    "legend.title_fontsize": 7, "legend.handlelength": 2.2, "axes.linewidth": 0.6, "lines.linewidth": 1.0,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.minor.width": 0.4, "ytick.minor.width": 0.4,
    "figure.dpi": 100, "savefig.dpi": 300,
}  # fmt: skip
SETTINGS: dict[str, Any] = FONTS | SIZES | {
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left", "legend.frameon": False,
    "axes.formatter.use_mathtext": True, "axes.formatter.limits": (-3, 4), "figure.constrained_layout.use": True,
}  # fmt: skip

LABELS = {
    "generation": r"generation $t$",
    "variance": r"variance $\mathrm{tr}\,\Sigma_t/d$",
    "log_variance": r"$\log|\Sigma_t|/d$",
    "mean_square_drift": r"mean drift $\Vert\mu_t-\mu_0\Vert^2$",
    "autocorrelation": r"mean correlation $\hat\rho_t$",
    "rho": r"correlation $\hat\rho$",
    "share": "share of replicas below",
    "risk": r"risk $\Vert\hat w_t-w_0\Vert^2_\Sigma$",
    "w2_squared": r"$W_2^2$ to the truth",
    "frechet": "Fréchet distance",
    "tail_probability": r"$P(\sigma_t>\varepsilon)$",
    "residual": "residual (s.e.)",
    "n": r"sample size $n$",
    "n_real": r"real points $n_\mathrm{r}$",
    "n_synthetic": r"synthetic points $n_\mathrm{s}$",
    "sampling_bias": r"sampling bias $\lambda$",
}


def label(name: str) -> str:
    """How a column is called on an axis."""
    return LABELS.get(name, name.replace("_", " "))


def grid(
    rows: int = 1, columns: int = 1, *, width: float = PAGE, height: float = 2.2, titles: Sequence[str] = (), **options: Any
) -> tuple[Figure, Any]:
    """A figure in the project's style (inches) and its (rows, columns) axes; `options` as in `Figure.subplots`."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width, height))
        axes = figure.subplots(rows, columns, squeeze=False, **options)
        for ax, title in zip(axes.flat, titles, strict=False):
            ax.set_title(title)
    return figure, axes


def looks(values: Sequence[Any]) -> dict[str, dict[Any, Any]]:
    """Colour, dashes and marker of each of some values."""
    if len(values) > len(COLOURS):
        raise BadInput("curves", f"at most {len(COLOURS)} in one panel", len(values))
    sets = {"palette": COLOURS, "dashes": DASHES, "markers": MARKERS}
    return {name: dict(zip(values, choices, strict=False)) for name, choices in sets.items()}


def legend(axes: Axes, title: str | None = None, **options: Any) -> None:
    """The legend of a panel, each name once."""
    import matplotlib as mpl

    handles, names = axes.get_legend_handles_labels()
    unique = dict(zip(reversed(names), reversed(handles), strict=True))
    order = list(dict.fromkeys(names))
    with mpl.rc_context(SETTINGS):
        axes.legend([unique[name] for name in order], order, title=title, **options)


def log_ticks(axis: Any) -> None:
    """Plain numbers on a short logarithmic axis: 1, 3, 10 in place of powers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())

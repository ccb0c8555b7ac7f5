"""One HTML page about a sweep, which needs nothing but itself: figures, verdicts, the laws used, where it comes from."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madtheory.figures import PAGE, curves, legend, phase, replicas_taken, save_figure, spread_of_residuals
from madtheory.figures import grid as panels
from madtheory.laws import ATLAS
from madtheory.results import write
from madtheory.sweep._drive import state
from madtheory.sweep._read import load
from madtheory.sweep._store import Store
from madtheory.sweep._views import View, view

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SLICES = 3  # values of a third axis that get a panel of their own
LISTED = 50  # points that failed and are listed
STYLE = """
body { font: 15px/1.5 Georgia, serif; color: #222; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { font-weight: normal; } h2 { border-bottom: 1px solid #ccc; margin-top: 2.2rem; }
table { border-collapse: collapse; font-size: 14px; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; vertical-align: top; }
th { border-bottom: 1px solid #999; } td { border-bottom: 1px solid #eee; }
figcaption { color: #555; font-size: 14px; } figure { margin: 1rem 0; }
pre, code { font: 13px/1.45 Menlo, Consolas, monospace; } pre { background: #f6f6f6; padding: .8rem; overflow-x: auto; }
"""


def report(folder: Path | str, out: Path | str | None = None, *, observable: str | None = None, generation: int | None = None,
           partial: bool = False) -> Path:  # fmt: skip
    """Write `report.html`, and its figures as PDF, PNG and CSV, about the sweep in `folder`; the path of the page.

    Args:
        folder: of the sweep.
        out: where to write; the sweep's folder by default.
        observable: whose means are shown; that of the refinement's line, or the first, by default.
        generation: at which; the last by default.
        partial: whether points may be missing.

    Raises:
        BadInput: for an unknown observable or generation, and as `load` does.
    """
    store, dataset = Store.open(folder), load(folder, partial=partial)
    shown, target = view(store.grid, dataset, observable, generation), Path(out or folder)
    parts = [_summary(store, shown)]
    for name, figure, caption in _figures(shown, store.grid.refine.value if store.grid.refine else None):
        save_figure(figure, target, name, shown.data)
        data = base64.b64encode((target / f"{name}.png").read_bytes()).decode()
        look = f'alt="{html.escape(caption)}" style="width: {100 * figure.get_figwidth() / PAGE:.0f}%"'
        parts.append(f'<figure><img {look} src="data:image/png;base64,{data}">'
                     f"<figcaption>{html.escape(caption)}</figcaption></figure>")  # fmt: skip
    parts += [_failures(shown), _laws(store, dataset), _provenance(store, dataset)]
    body = "\n".join(parts)
    return write(target / "report.html", f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Sweep</title>'
                 f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n")  # fmt: skip


def _summary(store: Store, shown: View) -> str:
    found = state(store)
    rows = [("points", f"{found.done} of {found.points} done"), ("observables", ", ".join(store.grid.observables)),
            ("generations", str(store.grid.generations)), ("replicas of a point", _span(shown.data["replicas"])),
            ("replicas of all points", f"{int(shown.data['replicas'].sum()):,}"),
            ("false-alarm rate of all verdicts together", f"{store.grid.level:g}")]  # fmt: skip
    counts = [(name.replace("_", " "), str(count)) for name, count in found.counts.items() if count]
    axes = [(axis.name, ", ".join(axis.fields), f"{len(axis)}: {_ends(axis)}") for axis in store.grid.fine]
    return ("<h1>Sweep</h1>" + _table((), rows) + "<h2>Axes</h2>" + _table(("axis", "fields", "values"), axes)
            + "<h2>Verdicts</h2>" + _table(("means against exact laws", "points"), counts))  # fmt: skip


def _figures(shown: View, line: float | None) -> list[tuple[str, Figure, str]]:
    """Name, figure and caption of each figure."""
    what = f"{shown.observable.replace('_', ' ')} at generation {shown.generation}"
    found = []
    if len(shown.axes) >= 2:
        figure, note = _phase(shown, line)
        words = "Colours: simulated means; lines: the law; crosses: points at which the law is rejected."
        found.append(("phase", figure, f"Phase diagram, {what}. {words}{note}"))
    elif shown.axes:
        found.append(("curve", _curve(shown), f"{what.capitalize()}: law (line) and simulated means with two standard errors."))
    if len(shown.data):
        early = shown.data["replicas"].nunique() > 1
        figure, axes = panels(1, 1 + early, width=PAGE if early else 0.55 * PAGE, height=2.3)
        spread_of_residuals(shown.data, ax=axes[0, 0])
        caption = f"Simulated minus predicted {what}, in standard errors, over all points."
        if early:
            replicas_taken(shown.data, ax=axes[0, 1])
            caption += " Right: replicas that points took until they stopped."
        found.append(("convergence", figure, caption))
    return found


def _phase(shown: View, line: float | None) -> tuple[Figure, str]:
    x, y, *rest = shown.axes
    data, note = shown.data, ""
    for name in rest[1:]:
        first = data[name].min()
        data, note = data[data[name] == first], f"{note} {name} = {first:g}."
    values = sorted(data[rest[0]].unique()) if rest else [None]
    chosen = [values[round(k * (len(values) - 1) / max(SLICES - 1, 1))] for k in range(min(SLICES, len(values)))]
    titles = [f"{rest[0]} = {value:g}" if value is not None else "" for value in chosen]
    width = PAGE if len(chosen) > 1 else 0.7 * PAGE
    figure, axes = panels(1, len(chosen), width=width, height=2.6 if len(chosen) > 1 else 3.2, titles=titles, sharey=True)
    ends = float(data["simulated"].min()), float(data["simulated"].max())
    look: dict[str, Any] = {"x": x, "y": y, "value": shown.observable, "log": shown.log, "ends": ends, "line": line}
    for ax, value in zip(axes.flat, chosen, strict=True):
        phase(data if value is None else data[data[rest[0]] == value], ax=ax, bar=value == chosen[-1], **look)
    for ax in axes.flat[1:]:
        ax.set_ylabel("")
    return figure, note


def _curve(shown: View) -> Figure:
    (x,) = shown.axes
    figure, axes = panels(1, 1, width=0.6 * PAGE, height=2.8)
    axes[0, 0].set_xscale("log" if shown.log[x] else "linear")
    curves(shown.data.assign(what="law, simulation ± 2 s.e."), ax=axes[0, 0], y=shown.observable, by="what", x=x)
    legend(axes[0, 0])
    return figure


def _failures(shown: View) -> str:
    failed = shown.data[shown.data["status"].isin(["failed", "undecided"])]
    if failed.empty:
        return ""
    columns = [*shown.axes, "simulated", "predicted", "standard_error", "statistic", "replicas", "status"]
    rows = [[row[name] for name in columns] for _, row in failed.head(LISTED).iterrows()]
    more = f"<p>{len(failed) - LISTED} more.</p>" if len(failed) > LISTED else ""
    return "<h2>Points that failed or stayed undecided</h2>" + _table(columns, rows) + more


def _laws(store: Store, dataset: Any) -> str:
    """The passports of the laws that some point was held against."""
    used = set()
    for name in store.grid.observables:
        attributes = dataset[f"{name}_law_name"].attrs
        names = attributes.get("flag_meanings", "").split()
        used |= {names[k] for k in set(dataset[f"{name}_law_name"].values.ravel().tolist()) if k >= 0}
    rows = []
    for law in (ATLAS[name] for name in sorted(used)):
        needs = "; ".join(hypothesis.text for hypothesis in law.hypotheses)
        rows.append((law.name, law.kind, law.observable, law.statement, needs, law.source))
    return "<h2>Laws</h2>" + _table(("law", "kind", "observable", "statement", "needs", "source"), rows)


def _provenance(store: Store, dataset: Any) -> str:
    said = {**json.loads(dataset.attrs["versions"]), **json.loads(dataset.attrs["place"]), "grid": store.grid.identity}
    toml = html.escape(store.grid.to_toml())
    return "<h2>Provenance</h2>" + _table((), said.items()) + f"<details><summary>The grid</summary><pre>{toml}</pre></details>"


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    def line(cells: Iterable[Any], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{_cell(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"


def _cell(value: Any) -> str:
    text = html.escape(f"{value:.6g}" if isinstance(value, float) else str(value))
    return f"<code>{text}</code>" if "\\" in text else text


def _span(values: pd.Series) -> str:
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _ends(axis: Any) -> str:
    values = next(iter(axis.fields.values()))
    return f"{values[0]} … {values[-1]}"

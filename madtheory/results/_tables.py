"""Tables of verdicts as CSV, Markdown and TeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

COLUMNS = (
    "loop", "law", "observable", "check", "generation", "statistic", "level", "p_value", "power", "resolution", "status",
    "detail",
)  # fmt: skip
SHOWN = COLUMNS[:-1]
STATES = ("passed", "failed", "untestable")
SUMMARY = ("loop", "checks", *STATES, "smallest p", "level", "finest resolution")
TEX = {"\\": r"\textbackslash{}", "λ": r"$\lambda$", "Σ": r"$\Sigma$", "μ": r"$\mu$", "σ": r"$\sigma$", "²": r"${}^2$",
       "≤": r"$\le$", "≥": r"$\ge$", "×": r"$\times$", "±": r"$\pm$", "–": "--", "~": r"\textasciitilde{}",
       "^": r"\textasciicircum{}", **{mark: f"\\{mark}" for mark in "&%$#_{}"}}  # fmt: skip


def records(verdicts: Iterable[Any]) -> list[dict[str, Any]]:
    """Verdicts, or (loop's label, verdict) pairs, as rows with all `COLUMNS`."""
    pairs = [entry if isinstance(entry, tuple) else (None, entry) for entry in verdicts]
    return [{column: ({"loop": label} | verdict.to_dict()).get(column) for column in COLUMNS} for label, verdict in pairs]


def summary(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per loop: how many checks, how many of each status, the smallest p-value, the finest resolution."""
    labels = list(dict.fromkeys(row["loop"] for row in rows))
    return [_summed(label, [row for row in rows if row["loop"] == label]) for label in labels]


def _summed(label: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    counts = {state: sum(row["status"] == state for row in rows) for state in STATES}
    least = {name: _least(row[name] for row in rows) for name in ("p_value", "level", "resolution")}
    return {"loop": label, "checks": len(rows), **counts, "smallest p": least["p_value"], "level": least["level"],
            "finest resolution": least["resolution"]}


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)


def verdicts_csv(verdicts: Iterable[Any]) -> str:
    """Every verdict with all its numbers in full."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records(verdicts))
    return text.getvalue()


def verdicts_markdown(verdicts: Iterable[Any]) -> str:
    """A summary per loop, then every verdict, for reading."""
    rows = records(verdicts)
    return f"{_markdown(SUMMARY, summary(rows))}\n{_markdown(SHOWN, rows)}"


def verdicts_tex(verdicts: Iterable[Any]) -> str:
    """A booktabs table with one row per loop."""
    columns = [*SUMMARY[:-1], "resolution"]
    rows = [{**row, "resolution": row["finest resolution"]} for row in summary(records(verdicts))]
    body = [" & ".join(tex(row[name]) for name in columns) + r" \\" for row in rows]
    head = " & ".join(columns) + r" \\"
    return "\n".join([rf"\begin{{tabular}}{{l{'r' * (len(columns) - 1)}}}", r"\toprule", head, r"\midrule", *body, r"\bottomrule",
                      r"\end{tabular}", ""])  # fmt: skip


def _markdown(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *([_text(row[name]).replace("|", r"\|") for name in columns] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _text(value: Any) -> str:
    return "–" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def tex(value: Any, digits: int = 3) -> str:
    """A number or a piece of text as TeX."""
    if isinstance(value, float):
        return _scientific(f"{value:.{digits}g}")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", r"\,")
    return "--" if value is None else "".join(TEX.get(mark, mark) for mark in str(value))


def _scientific(text: str) -> str:
    power: Callable[[re.Match[str]], str] = lambda m: rf"\times10^{{{int(m.group(1))}}}"  # noqa: E731
    return f"${re.sub(r'e([+-]?[0-9]+)', power, text)}$"

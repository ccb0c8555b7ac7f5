"""The documents of the commands as tables: every number for the CSV, a readable part of them for the screen."""

from __future__ import annotations

from typing import Any, NamedTuple

Rows = list[tuple[Any, ...]]
COLOURS = {"passed": "green", "failed": "bold red", "untestable": "yellow"}


class Sheet(NamedTuple):
    """A table for the screen (`shown_…`, text with rich markup) and for a CSV file."""

    title: str
    shown_columns: tuple[str, ...]
    shown_rows: list[list[str]]
    columns: tuple[str, ...]
    rows: Rows
    note: str = ""


def series(document: dict[str, Any], spread: str) -> Sheet:
    """Mean and spread of every observable over the generations."""
    generations = document["generations"]
    few = _few(len(generations) - 1)
    laws = any("law" in entry for entry in document["observables"].values())
    shown, rows = [], []
    for name, entry in document["observables"].items():
        for label, mean, wide in _components(name, entry["mean"], entry.get(spread)):
            about = [str(entry.get("law") or "–"), str(entry.get("kind") or "–")] if laws else []
            shown.append([_escape(label), *about, *(_plus_minus(mean[k], wide[k]) for k in few)])
            rows += [(t, label, mean[k], wide[k]) for k, t in enumerate(generations)]
    title = "" if laws else f"{document['replicas']} replicas, {document['failed']} failed"
    head = ("observable", *(("law", "kind") if laws else ()), *(f"t={generations[k]}" for k in few))
    return Sheet(title, head, shown, ("generation", "observable", "mean", spread), rows, f"mean ± {spread.replace('_', ' ')}")


def verdicts(documents: list[dict[str, Any]]) -> Sheet:
    """One line per verdict, and how many there are of each."""
    keys = ("experiment",) if any("experiment" in document for document in documents) else ()
    keys += ("law", "observable", "check", "generation", "statistic", "level", "p_value", "power", "resolution", "status")
    rows: Rows = [tuple(document.get(key) for key in keys) for document in documents]
    shown = [[*(_escape(_text(value)) for value in row[:-2]), _percent(row[-2]), _status(row[-1])] for row in rows]
    states = [document["status"] for document in documents]
    counts = ", ".join(f"{states.count(state)} {state}" for state in COLOURS)
    note = f"{counts}; resolution: the smallest error that is seen 99 times in 100"
    return Sheet("", tuple(key.replace("_", " ") for key in keys), shown, keys, rows, note)


def atlas(documents: list[dict[str, Any]]) -> Sheet:
    """The laws with their hypotheses and sources."""
    keys = ("name", "kind", "observable", "models", "hypotheses", "source")
    listed = {"models": ", ", "hypotheses": "; "}
    rows: Rows = [tuple(listed[key].join(d[key]) if key in listed else d[key] for key in keys) for d in documents]
    return Sheet("", keys, [[_escape(_text(value)) for value in row] for row in rows], keys, rows, f"{len(rows)} laws")


def experiments(documents: list[dict[str, Any]]) -> Sheet:
    """The experiments and what each one claims."""
    keys = ("name", "claim")
    rows: Rows = [tuple(document[key] for key in keys) for document in documents]
    return Sheet("", keys, [[_escape(value) for value in row] for row in rows], keys, rows)


def pairs(document: dict[str, Any]) -> Sheet:
    """Names and values, one line each."""
    rows: Rows = [(key.replace("_", " "), _plain(value)) for key, value in document.items()]
    return Sheet("", ("", ""), [[_escape(name), _escape(value)] for name, value in rows], ("name", "value"), rows)


def sweep(document: dict[str, Any]) -> Sheet:
    """How far a sweep has come."""
    always = ("points", "done", "passed", "failed", "complete")
    return pairs({key: value for key, value in document.items() if value or key in always})


def estimate(document: dict[str, Any]) -> Sheet:
    """What a sweep will take."""
    return pairs({"points": document["points"], "programs to compile": document["programs"],
                  "replica-generations": f"{document['generations']:.3g}", "bytes": document["bytes"],
                  "bytes free": document["free"], "seconds on this machine": document["seconds"]})  # fmt: skip


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "none"
    return ("yes" if value else "no") if isinstance(value, bool) else _text(value)


def _few(last: int, most: int = 6) -> list[int]:
    """A few generations from 0 to `last`, closer together at the start."""
    return sorted({0, *(round(last ** (k / (most - 2))) for k in range(most - 1))})


def _components(name: str, mean: list[Any], spread: list[Any] | None) -> list[tuple[str, list[Any], list[Any]]]:
    """An observable as series of single numbers, `name[k]` where it has several components; nothing where none is known."""
    if mean is None:
        return []
    spread = spread or [None] * len(mean)
    if not isinstance(mean[0], (list, tuple)):
        return [(name, mean, spread)]
    width = range(len(mean[0]))
    return [(f"{name}[{k + 1}]", [m[k] for m in mean], [s and s[k] for s in spread]) for k in width]


def _plus_minus(mean: Any, spread: Any) -> str:
    return f"{_text(mean)} ± {spread:.2g}" if isinstance(spread, float) and spread else _text(mean)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2g} %"


def _status(status: str) -> str:
    return f"[{COLOURS[status]}]{status}[/]"


def _escape(text: str) -> str:
    return text.replace("[", "\\[")

"""The table, the record and the figure of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import _machine as machine
from benchmarks._lines import Line
from benchmarks._run import Run

HEADINGS = ("benchmark", "ours", "theirs", "ratio (min–max)", "target", "", "check")


def table(lines: Sequence[Line]) -> str:
    """All lines in columns, then the notes that belong to them."""
    rows = [HEADINGS, *(_row(line) for line in lines)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEADINGS))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([text[0], "  ".join("─" * width for width in widths), *text[1:]])


def _row(line: Line) -> tuple[str, ...]:
    name = f"{line.group} · {line.name}" + (f" [{line.note}]" if line.note else "")
    target = "" if line.target is None else str(line.target)
    return name, line.ours, line.theirs, _number(line), target, _verdict(line), _checked(line)


def _number(line: Line) -> str:
    if line.ratio:
        return f"{line.ratio.median:.3g} ({line.ratio.low:.3g}–{line.ratio.high:.3g})"
    return "" if line.value is None else f"{line.value:.3g} {line.unit}"


def _verdict(line: Line) -> str:
    return {None: "", True: "hit", False: "MISS"}[line.hit]


def _checked(line: Line) -> str:
    worst = line.worst
    if worst is None:
        return ""
    return f"{'ok' if not line.wrong else 'WRONG'}, {abs(worst.z):.1f} s.e."


def summary(lines: Sequence[Line]) -> str:
    """The last line."""
    hits = [line.hit for line in lines]
    wrong = sum(len(line.wrong) for line in lines)
    return f"{hits.count(True)} targets hit, {hits.count(False)} missed" + (f", {wrong} closed forms VIOLATED" if wrong else "")


def complaints(lines: Sequence[Line]) -> list[str]:
    """One sentence per closed form that was not met."""
    wrong = dict.fromkeys((line.group, check) for line in lines for check in line.wrong)
    return [f"{group}: {c.way} is {c.z:+.1f} standard errors from the closed form of {c.claim}" for group, c in wrong]


def tiles(lines: Sequence[Line]) -> list[int]:
    """Replicas per tile that our side reported."""
    extras = (extra for line in lines for timing in line.raw for extra in timing.get("extra", ()))
    return sorted({width for extra in extras for width in extra.get("tiles", ())})


def record(lines: Sequence[Line], run: Run) -> dict[str, Any]:
    """Everything that was measured, with what it was measured on."""
    import jax

    where = {"device": machine.device(), "kind": jax.devices()[0].device_kind, "backend": jax.default_backend()}
    where |= {"processor": machine.processor(), "cores": machine.cores(), "tiles": tiles(lines), "versions": machine.versions()}
    sums = {"mode": run.mode, "seed": run.seed, "load": machine.load(), "summary": summary(lines), "notes": run.notes}
    return where | sums | {"lines": [line.to_dict() for line in lines], "throughput": run.points}


def write(lines: Sequence[Line], run: Run, out: Path) -> list[Path]:
    """`out`/DEVICE.json, and DEVICE.png where throughputs were measured."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{machine.slug(machine.device())}.json"
    path.write_text(json.dumps(record(lines, run), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if not run.points:
        return [path]
    figure(run.points, path.with_suffix(".png"))
    return [path, path.with_suffix(".png")]


def figure(points: Sequence[dict[str, Any]], path: Path) -> None:
    """Throughput against replicas, one line per method."""
    import matplotlib as mpl
    import pandas as pd
    import seaborn as sns

    from madtheory.figures import COLUMN, grid, legend
    from madtheory.figures._style import COLOURS, SETTINGS

    data = pd.DataFrame(points).groupby(["method", "replicas"], sort=False, as_index=False).last()
    methods = list(dict.fromkeys(data["method"]))
    fig, axes = grid(width=1.5 * COLUMN, height=2.8)
    look = {"hue_order": methods, "style_order": methods, "palette": list(COLOURS[: len(methods)]), "markers": True}
    with mpl.rc_context(SETTINGS):
        sns.lineplot(data, x="replicas", y="rate", hue="method", style="method", **look, errorbar=None, ax=axes[0, 0])
        axes[0, 0].set(xscale="log", yscale="log", xlabel="replicas (counts)", ylabel="replica-generations per second")
        legend(axes[0, 0])
        fig.savefig(path, metadata={"Software": None})

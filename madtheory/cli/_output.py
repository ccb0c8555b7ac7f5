"""Printing a result once, and writing it to a folder whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madtheory.errors import BadInput, Words

if TYPE_CHECKING:
    from madtheory.cli._options import Output
    from madtheory.cli._tables import Sheet

WIDTH = 160  # of a table that goes to a file or a pipe


def emit(command: str, document: Any, sheet: Sheet, options: Output) -> None:
    """Print `document` as JSON or `sheet` as a table, and save both where `--out` says."""
    if options.json:
        sys.stdout.write(_json(document))
    else:
        show(sheet)
    save(command, document, sheet, options)


def save(command: str, document: Any, sheet: Sheet, options: Output) -> None:
    """Write the document as JSON and the sheet as CSV to the folder `--out`, if there is one."""
    if options.out is not None:
        write(Path(options.out), {f"{command}.json": _json(document), f"{command}.csv": _csv(sheet)})


def _json(document: Any) -> str:
    return json.dumps(strict(document), allow_nan=False) + "\n"


def strict(value: Any) -> Any:
    """The same document with `None` in place of numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: strict(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(part) for part in value]
    if hasattr(value, "tolist"):
        return strict(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def show(sheet: Sheet) -> None:
    """The sheet as a table on stdout."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title=sheet.title, title_justify="left")
    for name in sheet.shown_columns:
        table.add_column(name, overflow="fold")
    for row in sheet.shown_rows:
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    console.print(table)
    if sheet.note:
        console.print(sheet.note)


def check_out(out: str | None) -> None:
    """Refuse a folder that cannot be made or written to, before anything is computed and without making it."""
    if out is None:
        return
    try:
        folder = Path(out).absolute()
        nearest = next(part for part in (folder, *folder.parents) if part.exists())
        tempfile.TemporaryDirectory(dir=nearest, prefix=".madtheory-").cleanup()
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        why = error.strerror if isinstance(error, OSError) else error
        raise BadInput("out", "a folder that can be written to", Words(f"{out!r} ({why})")) from None


def write(folder: Path, files: dict[str, str]) -> None:
    """Write every file under a temporary name first, so that none is ever seen half-written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _write_whole(folder / name, text)
    except OSError as error:
        raise BadInput("out", "a folder that can be written to", Words(f"{folder} ({error.strerror})")) from None


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _csv(sheet: Sheet) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows(sheet.rows)
    return text.getvalue()

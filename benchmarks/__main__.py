"""`python -m benchmarks`: one table of ratios that were all measured in this run.

Exit status: 0 (also when targets are missed), 1 when a closed form is violated, 2 for bad arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from benchmarks import _machine as machine
from benchmarks import _report as report
from benchmarks._lines import Line
from benchmarks._run import Run

VIOLATED, BAD = 1, 2
RESULTS = Path(__file__).resolve().parent / "results"


class Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(BAD, f"{message}\n")


def parser() -> Parser:
    """The options."""
    made = Parser(prog="python -m benchmarks", description="One table of ratios that were all measured in this run.")
    made.add_argument("--only", nargs="+", metavar="NAME", help="these benchmarks; `published` stands for all published work")
    size = made.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything works")
    size.add_argument("--full", action="store_true", help="the long sizes too")
    made.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="where the record and the figure go")
    made.add_argument("--seed", type=int, default=0, help="of all random numbers")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; returns the exit status."""
    args = parser().parse_args(argv)
    if not 0 <= args.seed < 2**31:
        parser().error(f"--seed: expected a whole number from 0 to {2**31 - 1}; got {args.seed}")
    machine.a_device_per_core()
    from benchmarks.groups import chosen

    try:
        names = chosen(args.only)
    except ValueError as error:
        parser().error(str(error))
    run = Run("quick" if args.quick else "full" if args.full else "normal", args.seed)
    return finish(measure(names, run, args.out), run)


def measure(names: Sequence[str], run: Run, out: Path) -> list[Line]:
    """All benchmarks; what is done is on disk after each, so that an interruption keeps it."""
    from benchmarks.groups import GROUPS

    lines: list[Line] = []
    machine.compiled(), machine.load()
    try:
        for name in names:
            for line in GROUPS[name](run):
                lines.append(line)
                print(f"{line.group} · {line.name}", file=sys.stderr, flush=True)
            report.write(lines, run, out)
    except KeyboardInterrupt:
        run.notes.append("interrupted")
    finally:
        report.write(lines, run, out)
    return lines


def finish(lines: Sequence[Line], run: Run) -> int:
    """The table, the notes, what is wrong, and the summary last."""
    print(f"{machine.device()}, tiles {report.tiles(lines)}, load {machine.load()['load_average']}\n")
    print(report.table(lines))
    print("", *run.notes, *report.complaints(lines), report.summary(lines), sep="\n")
    return VIOLATED if any(line.wrong for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Build the paper from a results folder: `python paper/build.py [RESULTS]`.

Copies the figures, tables and numbers that `madtheory run all` wrote into `paper/generated/`, then calls latexmk. Without a TeX
installation it says so and stops after the copying, with exit status 0.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PAPER = Path(__file__).resolve().parent
REFERENCES = PAPER.parent / "madtheory" / "laws" / "references.bib"
PARTS = ("*.pdf", "verdicts.tex")
EPOCH = "0"  # the PDF carries no date, so the same results give the same bytes


def collect(results: Path, generated: Path) -> list[str]:
    """Copy every experiment's figures and tables as EXPERIMENT-NAME, join the numbers; the experiments found."""
    found = sorted(path.parent for path in results.glob("*/numbers.tex"))
    shutil.rmtree(generated, ignore_errors=True)
    generated.mkdir(parents=True)
    for experiment in found:
        for pattern in PARTS:
            for part in experiment.glob(pattern):
                shutil.copy(part, generated / f"{experiment.name}-{part.name}")
    (generated / "numbers.tex").write_text("".join((one / "numbers.tex").read_text("utf-8") for one in found), "utf-8")
    shutil.copy(REFERENCES, generated)
    return [experiment.name for experiment in found]


def typeset(paper: Path) -> int:
    """Run latexmk in `paper`; its exit status."""
    env = os.environ | {"SOURCE_DATE_EPOCH": EPOCH, "FORCE_SOURCE_DATE": "1"}
    command = ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-silent", "main.tex"]
    return subprocess.run(command, cwd=paper, env=env, check=False).returncode


def main(results: str = "results") -> int:
    """Collect, then typeset where that is possible."""
    if not collect(Path(results), PAPER / "generated"):
        print(f"results: expected a folder written by `madtheory run all`; got {results}", file=sys.stderr)
        return 2
    if shutil.which("latexmk") is None:
        print("paper: latexmk is not installed, so only paper/generated/ was written (Debian: latexmk texlive-latex-extra)")
        return 0
    return typeset(PAPER)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))

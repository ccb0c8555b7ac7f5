"""The paper is built from what experiments wrote: no number in it is typed by hand."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

PAPER = Path(__file__).resolve().parent.parent / "paper"
FIGURE = re.compile(r"\\includegraphics\[[^]]*\]\{(\w+)-(\w+)\}")
TABLE = re.compile(r"\\input\{generated/(\w+)-verdicts\}")
MACRO = re.compile(r"\\([A-Z][a-z]+[A-Za-z]+)")
TYPED = re.compile(r"\d*\.\d+|\d{3,}")  # decimals and long numbers; 0, 1 and 2 belong to the formulas
LAYOUT = re.compile(r"\\(documentclass|usepackage|graphicspath|includegraphics|hypersetup).*|\\cite[pt]\{[^}]*\}")


def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("paper_build", PAPER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def typed(tex: str) -> list[str]:
    """Numbers written into the text by hand."""
    return TYPED.findall(LAYOUT.sub("", tex))


def results(folder: Path, tex: str) -> Path:
    """A results folder with a stand-in for everything that the paper asks for."""
    from matplotlib.figure import Figure

    names = {name for name, _ in FIGURE.findall(tex)} | set(TABLE.findall(tex))
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "numbers.tex").write_text("", "utf-8")
        (folder / name / "verdicts.tex").write_text("\\begin{tabular}{l}x\\end{tabular}\n", "utf-8")
    for name, figure in FIGURE.findall(tex):
        Figure(figsize=(1, 1)).savefig(folder / name / f"{figure}.pdf", metadata={"CreationDate": None})
    numbers = sorted({macro for macro in MACRO.findall(tex) if macro not in ("Sigma", "Bigl", "Bigr", "Var")})
    any_of_them = sorted(names)[0]
    text = "".join(f"\\newcommand{{\\{macro}}}{{7}}\n" for macro in numbers)
    (folder / any_of_them / "numbers.tex").write_text(text, "utf-8")
    return folder


def test_no_number_is_typed_by_hand() -> None:
    assert typed((PAPER / "main.tex").read_text("utf-8")) == []
    assert typed("of 1234 checks, 0.5 passed") == ["1234", "0.5"]


def test_the_paper_asks_only_for_experiments_that_exist() -> None:
    tex = (PAPER / "main.tex").read_text("utf-8")
    asked = {name for name, _ in FIGURE.findall(tex)} | set(TABLE.findall(tex))
    assert asked
    assert all((PAPER.parent / "experiments" / f"{name}.py").exists() for name in asked)


def test_a_folder_without_results_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = build()
    monkeypatch.setattr(module, "PAPER", tmp_path / "paper")
    assert module.main(str(tmp_path / "none")) == 2
    assert "expected a folder" in capsys.readouterr().err


def test_without_tex_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    module = build()
    monkeypatch.setattr(module, "PAPER", tmp_path / "paper")
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    assert module.main(str(results(tmp_path / "results", (PAPER / "main.tex").read_text("utf-8")))) == 0
    assert "latexmk is not installed" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("latexmk") is None, reason="needs a TeX installation with latexmk")
def test_it_builds_to_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = build()
    made = []
    for k in range(2):
        folder = tmp_path / str(k) / "paper"
        folder.mkdir(parents=True)
        shutil.copy(PAPER / "main.tex", folder)
        monkeypatch.setattr(module, "PAPER", folder)
        assert module.main(str(results(tmp_path / str(k) / "results", (folder / "main.tex").read_text("utf-8")))) == 0
        made.append((folder / "main.pdf").read_bytes())
    assert made[0] == made[1]

"""The benchmarks: one file each; a new one needs its export line here and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks._lines import Line
from benchmarks._run import Run
from benchmarks.groups.accelerator import accelerator as accelerator
from benchmarks.groups.footprint import footprint as footprint
from benchmarks.groups.multivariate import multivariate as multivariate
from benchmarks.groups.points import points as points
from benchmarks.groups.published_chains import published_chains as published_chains
from benchmarks.groups.published_counts import published_counts as published_counts
from benchmarks.groups.published_grid import published_grid as published_grid
from benchmarks.groups.published_regression import published_regression as published_regression
from benchmarks.groups.scaling import scaling as scaling
from benchmarks.groups.start import start as start
from benchmarks.groups.univariate import univariate as univariate

GROUPS: dict[str, Callable[[Run], Iterator[Line]]] = {
    f.__name__.replace("_", "-"): f
    for f in (univariate, points, multivariate, published_grid, published_chains, published_counts, published_regression,
              scaling, footprint, start, accelerator)
}
"""Name → benchmark, in the order in which they run."""


def chosen(names: list[str] | None) -> list[str]:
    """Names of groups in the order asked for; `published` stands for all that begin with it. Raises `ValueError` for another."""
    wanted = names or list(GROUPS)
    for name in wanted:
        if not any(known == name or known.startswith(f"{name}-") for known in GROUPS):
            raise ValueError(f"--only: expected some of {', '.join(GROUPS)}; got {name!r}")
    return list(dict.fromkeys(known for name in wanted for known in GROUPS if known == name or known.startswith(f"{name}-")))

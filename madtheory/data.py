"""The user's own data as a real law: keep some columns or principal components, and fit."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from madtheory._tables import SOURCES, Table, read
from madtheory.errors import BadInput, Words, did_you_mean
from madtheory.truth import Truth

ADVICE = "or keep some `columns`, or the leading principal `components`"


def fitted(
    data: str | PathLike[str],
    columns: Sequence[str] | None = None,
    components: int | None = None,
    real_draws: str = "parametric",
    folder: Path | None = None,
) -> Truth:
    """The Gaussian fitted to data; `folder` is where a relative path starts. See `Truth.from_data`."""
    if not isinstance(data, (str, PathLike)):
        raise BadInput("data", SOURCES, data)
    table, origin = read(fspath(data), folder or Path())
    table = table if columns is None else _select(table, columns)
    points = _full_rank(table) if components is None else _project(table, components)
    law = Truth.fitted(points, real_draws)
    kept = None if columns is None else tuple(columns)
    return Truth(law.mean, law.covariance, real_draws, points, data=origin, columns=kept, components=components)


def _select(table: Table, columns: Any) -> Table:
    if not isinstance(columns, (list, tuple)) or not columns:
        raise BadInput("columns", "a list of column names", columns)
    for name in columns:
        if name not in table.names:
            raise BadInput("columns", did_you_mean(name, table.names), name)
        if table.names.count(name) > 1 or list(columns).count(name) > 1:
            raise BadInput("columns", "every name once, in the file and in the list", name)
    return table._replace(points=table.points[:, [table.names.index(name) for name in columns]], names=list(columns))


def _spectrum(table: Table) -> tuple[np.ndarray, int]:
    """Eigenvectors (d, d) of the covariance in columns, that of the largest eigenvalue first, and the rank."""
    with np.errstate(all="ignore"):
        covariance = np.atleast_2d(np.cov(table.points.T, bias=True))
    if not np.all(np.isfinite(covariance)):
        raise BadInput("data", "numbers whose squares do not overflow", float(abs(table.points).max()), table.where)
    values, vectors = np.linalg.eigh(covariance)
    return vectors[:, ::-1], int(np.sum(values > len(values) * np.finfo(float).eps * values[-1]))


def _full_rank(table: Table) -> np.ndarray:
    """The points, once their covariance is known to be positive definite."""
    rows, width = table.points.shape
    if rows <= width:
        raise BadInput("data", f"more rows than columns ({ADVICE})", Words(f"{rows} rows, {width} columns"), table.where)
    rank = _spectrum(table)[1]
    constant = [name for name, spread in zip(table.names, np.ptp(table.points, axis=0), strict=True) if spread == 0]
    advice = f"({ADVICE}, at most {rank})"
    if constant:
        raise BadInput("data", f"columns that vary {advice}", Words(f"the same number all down {_some(constant)}"), table.where)
    if rank < width:
        got = Words(f"rank {rank} of {width}")
        raise BadInput("data", f"columns of which none follows from the others {advice}", got, table.where)
    return table.points


def _project(table: Table, components: Any) -> np.ndarray:
    """(N, k) centred scores on the k leading principal components, each pointing where its largest entry is positive."""
    vectors, rank = _spectrum(table)
    if isinstance(components, bool) or not isinstance(components, int) or not 1 <= components <= rank:
        raise BadInput("components", f"a whole number from 1 to {rank}, the rank of the data", components)
    leading = vectors[:, :components]
    peak = leading[np.argmax(abs(leading), axis=0), np.arange(components)]
    return (table.points - table.points.mean(axis=0)) @ (leading * np.sign(peak))


def _some(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")

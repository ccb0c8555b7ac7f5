"""What is shown of a sweep, as tables: the means at one generation beside their laws, and the axes to show them over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from madtheory.errors import BadInput, did_you_mean
from madtheory.sweep._export import frame
from madtheory.sweep._grid import Grid

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class View(NamedTuple):
    """One observable at one generation.

    Attributes:
        data: one line per point that is done: the axes, simulated, predicted, standard_error, residual, status, replicas.
        observable: whose means they are.
        generation: at which.
        axes: the axes that are numbers and have several values, the one with most values first.
        log: axis → whether its values are spread on a log scale.
    """

    data: pd.DataFrame
    observable: str
    generation: int
    axes: list[str]
    log: dict[str, bool]


def view(grid: Grid, dataset: xr.Dataset, observable: str | None, generation: int | None) -> View:
    """The means of an observable at a generation, by default of the line's or the first, at the last.

    Raises `BadInput` for those that the sweep has not.
    """
    single = [name for name in grid.observables if dataset[name].ndim == len(grid.shape) + 1]
    line = grid.refine.observable if grid.refine else None
    name = observable or (line if line in single else next(iter(single), ""))
    if name not in single:
        raise BadInput("observable", did_you_mean(name, single), observable)
    t = grid.generations if generation is None else generation
    if not 0 <= t <= grid.generations:
        raise BadInput("generation", f"a whole number from 0 to {grid.generations}", generation)
    table = frame(dataset.sel(generation=t).drop_vars("generation"))
    columns = {name: "simulated", f"{name}_law": "predicted", f"{name}_standard_error": "standard_error"}
    table = table.rename(columns=columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (table["simulated"] - table["predicted"]) / table["standard_error"]
    table = table.assign(residual=apart.where(np.isfinite(apart)))
    axes = sorted((axis for axis in grid.fine if axis.numbers is not None and len(axis) > 1), key=len, reverse=True)
    log = {axis.name: axis.scales.get(next(iter(axis.fields))) == "log" for axis in axes}
    return View(table, name, t, [axis.name for axis in axes], log)

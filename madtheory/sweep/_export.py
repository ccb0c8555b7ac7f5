"""A sweep's results for other programs: netCDF, Parquet, CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madtheory.errors import BadInput, Words, did_you_mean
from madtheory.results import save, whole
from madtheory.sweep._read import load

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def export(folder: Path | str, to: Path | str, *, partial: bool = False) -> Path:
    """Write the results of the sweep in `folder` to the file `to`, whole or not at all; its ending says how.

    `.nc` is the dataset as it is; `.parquet` and `.csv` have one line per point and generation, without those not done.

    Raises:
        BadInput: for another ending, or results that are missing or damaged.
    """
    path = Path(to)
    if path.suffix not in WRITERS:
        raise BadInput("to", f"a file whose ending is {did_you_mean(path.suffix, WRITERS)}", str(to))
    dataset = load(folder, partial=partial)
    try:
        return WRITERS[path.suffix](dataset, path)
    except OSError as error:
        raise BadInput("to", "a file that can be written", Words(f"{path} ({error.strerror or error})")) from None


def _netcdf(dataset: xr.Dataset, path: Path) -> Path:
    for name, coordinate in dataset.coords.items():
        if coordinate.dtype == object:
            dataset = dataset.assign_coords({name: coordinate.astype(str)})
    return save(dataset, path)


def _parquet(dataset: xr.Dataset, path: Path) -> Path:
    return _written(path, lambda part: frame(dataset).to_parquet(part, index=False))


def _csv(dataset: xr.Dataset, path: Path) -> Path:
    return _written(path, lambda part: frame(dataset).to_csv(part, index=False, lineterminator="\n"))


def _written(path: Path, write: Callable[[Path], Any]) -> Path:
    with whole(path) as part:
        try:
            write(part)
        except ImportError as error:
            raise BadInput("to", "the extra installed (pip install 'madtheory[data]')", Words(error)) from None
    return path


def frame(dataset: xr.Dataset) -> pd.DataFrame:
    """The points that are done as a table, one line per generation; status and laws by their names."""
    table = dataset.to_dataframe().reset_index()
    table = table[table["done"] == 1].drop(columns=["done", "selected"])
    for name, variable in dataset.data_vars.items():
        if "flag_meanings" in variable.attrs:
            words = dict(zip(variable.attrs["flag_values"], variable.attrs["flag_meanings"].split(), strict=True))
            table = table.assign(**{str(name): table[name].map(words).fillna("")})
    return table


WRITERS: dict[str, Callable[[Any, Path], Path]] = {".nc": _netcdf, ".parquet": _parquet, ".csv": _csv}

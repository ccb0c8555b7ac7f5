"""A sweep's results as a labelled dataset; what is missing or damaged is an error, never a zero."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from madtheory.errors import BadInput, Words
from madtheory.sweep._store import DATA, Store

if TYPE_CHECKING:
    import xarray as xr


def load(folder: Path | str, *, partial: bool = False) -> xr.Dataset:
    """The results in a sweep's folder, in memory; values of axes that are no numbers are their names.

    Points that are not done, or not wanted, have NaN and status 0.

    Args:
        folder: as `sweep` wrote it.
        partial: whether points that are wanted may be missing.

    Raises:
        BadInput: where points are missing, or a chunk is damaged or gone.
    """
    import xarray as xr

    store = Store.open(folder)
    missing = int((store.selected() & ~store.done()).sum())
    if missing and not partial:
        got = Words(f"{missing} points missing")
        raise BadInput("folder", "a sweep that is complete (--resume goes on with it)", got, str(folder))
    for _, why in store.damaged():
        raise BadInput("folder", "a sweep that is whole (--resume computes again what is not)", Words(why), str(folder))
    try:
        dataset = xr.open_zarr(store.folder / DATA, chunks=None).load()
    except Exception as error:  # whatever a codec raises on damaged bytes of a coordinate
        raise BadInput("folder", "a sweep that is whole", Words(error), str(folder)) from None
    return dataset.assign_coords({name: _named(one) for name, one in dataset.coords.items() if "labels" in one.attrs})


def _named(coordinate: xr.DataArray) -> xr.DataArray:
    """Numbers of values, with the values' own names in their place."""
    import xarray as xr

    names = np.array(coordinate.attrs["labels"], dtype=object)[coordinate.values]
    attributes = {key: value for key, value in coordinate.attrs.items() if key != "labels"}
    return xr.DataArray(names, dims=coordinate.dims, attrs=attributes)

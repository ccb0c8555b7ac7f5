"""One netCDF file per result. Reading one never runs code, and notices a change."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from madtheory.errors import BadInput, Words, did_you_mean
from madtheory.results._files import whole
from madtheory.results._provenance import now, to_json

if TYPE_CHECKING:
    import xarray as xr

VOLATILE = ("created", "content_hash")
"""Attributes outside the content hash: the same run at another time has the same hash."""


def content_hash(dataset: xr.Dataset) -> str:
    """SHA-256 of names, dimensions, values and attributes; not of when the dataset was made."""
    digest = hashlib.sha256(to_json(_attributes(dataset.attrs)).encode())
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        head = [name, list(map(str, variable.dims)), list(variable.shape), _attributes(variable.attrs)]
        digest.update(to_json(head).encode())
        digest.update(_bytes(variable.values))
    return digest.hexdigest()


def save(dataset: xr.Dataset, path: Path | str) -> Path:
    """Write `dataset` to one netCDF-4 file, whole or not at all, with its content hash and the time."""
    stamped = dataset.assign_attrs(content_hash=content_hash(dataset), created=now())
    with whole(path) as part:
        stamped.to_netcdf(part, engine="h5netcdf")
    return Path(path)


def load(path: Path | str, *variables: str) -> xr.Dataset:
    """Read a file that `save` wrote. Raises `BadInput` if it is not one, was changed, or lacks one of `variables`."""
    import xarray as xr

    where = str(path)
    try:
        dataset = xr.load_dataset(path, engine="h5netcdf", decode_timedelta=False)
    except FileNotFoundError:
        raise BadInput("file", "a results file", Words("nothing there"), where) from None
    except (OSError, ValueError, KeyError) as error:
        raise BadInput("file", "a whole netCDF-4 file", Words(str(error)), where) from None
    if dataset.attrs.get("content_hash") != content_hash(dataset):
        raise BadInput("content_hash", "the hash of what the file holds", dataset.attrs.get("content_hash"), where)
    for name in variables:
        if name not in dataset:
            raise BadInput("variable", did_you_mean(name, map(str, dataset.variables)), name, where)
    return dataset


def _attributes(attributes: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): _plain(value) for key, value in attributes.items() if key not in VOLATILE}


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _bytes(values: np.ndarray) -> bytes:
    """The values in a form that a trip through a file does not change."""
    if values.dtype.kind in "OUST":
        return to_json([str(value) for value in values.ravel()]).encode()
    return values.dtype.kind.encode() + np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()

"""Simulations, predictions and verdicts as xarray datasets whose dimensions are named.

Dimensions never depend on an option: `generation` (T+1, 0 is the truth), `component` (d), `replica` (R), `kept_generation`
(those whose every replica was kept), `moment` (the four one-step surprises) and, for verdicts, `verdict`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from madtheory.errors import BadInput
from madtheory.models import Family
from madtheory.observables import catalogue
from madtheory.predict import Predicted, Prediction
from madtheory.results._provenance import provenance
from madtheory.results._tables import COLUMNS, records
from madtheory.simulate import Series, Simulation

if TYPE_CHECKING:
    import xarray as xr

MOMENTS = ("mean", "variance", "mean_squared", "variance_squared")
Variable = tuple[tuple[str, ...], Any, dict[str, str]]
Parts = tuple[dict[str, Variable], dict[str, Any], dict[str, Any]]
"""Data variables, coordinates and attributes."""


@functools.singledispatch
def parts(result: Any) -> Parts:
    """What a dataset of `result` is made of."""
    raise BadInput("result", "a Simulation, a Prediction or a list of verdicts", type(result).__name__)


def to_dataset(result: Simulation | Prediction | Sequence[Any]) -> xr.Dataset:
    """A `Simulation`, a `Prediction` or a list of `Verdict`s as a dataset, with its provenance in the attributes."""
    import xarray as xr

    variables, coordinates, attributes = parts(result)
    return xr.Dataset(variables, coordinates, attributes)


@parts.register
def _simulation(result: Simulation) -> Parts:
    variables: dict[str, Variable] = {}
    for name, series in result.observables.items():
        variables |= _series(name, series, result.loop.model)
    if result.surprises is not None:
        dims = ("generation", "moment", "component")
        for name, values in zip(("surprise", "surprise_standard_error"), result.surprises, strict=True):
            variables[name] = (dims, np.pad(values, ((1, 0), (0, 0), (0, 0)), constant_values=np.nan), _words(name, "1"))
    if result.failed:
        variables["failed"] = (("failure",), np.asarray(result.failed), _words("replicas that stopped being finite", "1"))
    coordinates = _generations(result.generations) | {"kept_generation": ("kept_generation", np.asarray(result.keep, int))}
    record = provenance(result.loop, result.provenance | {"replicas": result.replicas, "complete": result.complete})
    return variables, coordinates, {"kind": "simulation"} | record


@parts.register
def _prediction(result: Prediction) -> Parts:
    variables: dict[str, Variable] = {}
    for name, predicted in result.observables.items():
        variables |= _predicted(name, predicted, result.loop.model)
    unknown = [name for name, predicted in result.observables.items() if predicted.mean is None]
    attributes = {"kind": "prediction", "without_law": ", ".join(unknown)} | provenance(result.loop)
    return variables, _generations(result.generations), attributes


@parts.register(list)
@parts.register(tuple)
def _verdicts(result: Sequence[Any]) -> Parts:
    rows = records(result)
    variables: dict[str, Variable] = {
        name: (("verdict",), _column([row[name] for row in rows]), _words(name, "1")) for name in COLUMNS
    }
    return variables, {}, {"kind": "verdicts"} | provenance()


def _series(name: str, series: Series, model: Family) -> dict[str, Variable]:
    inner = ("component",) if np.ndim(series.mean) == 2 else ()
    long, units = describe(name, model)
    out: dict[str, Variable] = {
        name: (("generation", *inner), series.mean, _words(f"mean over replicas of {long}", units)),
        f"{name}_standard_error": (("generation", *inner), series.standard_error, _words(f"standard error of {name}", units)),
    }
    if series.values is not None:
        out[f"{name}_values"] = (("kept_generation", "replica", *inner), series.values, _words(long, units))
    return out


def _predicted(name: str, predicted: Predicted, model: Family) -> dict[str, Variable]:
    if predicted.mean is None:
        return {}
    dims = ("generation", "component")[: predicted.mean.ndim]
    long, units = describe(name, model)
    law = {"law": str(predicted.law), "law_kind": str(predicted.kind), "reference": str(predicted.reference)}
    out = {name: (dims, predicted.mean, _words(f"expectation over replicas of {long}", units) | law)}
    if predicted.sd is not None:
        out[f"{name}_sd"] = (dims, predicted.sd, _words(f"standard deviation over replicas of {long}", units) | law)
    return out


def describe(name: str, model: Family) -> tuple[str, str]:
    """Long name and units of a model's observable, as its docstring gives them."""
    known = catalogue(model)
    text = " ".join((known[name].__doc__ or name).split()) if name in known else name.replace("_", " ")
    units = re.search(r"\(([^()]*units of the data)\)|(in nats)", text)
    first = re.split(r"[.;:] |\.$", text)[0]
    return re.sub(r"\s*\((?:[^()]*units of the data|dimensionless)\)", "", first), (units.group(1) or "nat") if units else "1"


def _words(long_name: str, units: str) -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def _generations(values: np.ndarray) -> dict[str, Any]:
    words = _words("generation; 0 is the truth, 1 the fit to real data", "1")
    return {"generation": ("generation", np.asarray(values, int), words)}


def _column(values: list[Any]) -> np.ndarray:
    """Numbers with NaN for what is absent, or text with "" for it."""
    if any(isinstance(value, str) for value in values):
        return np.array(["" if value is None else str(value) for value in values], dtype=object)
    return np.array([np.nan if value is None else value for value in values], dtype=float)

"""The data of figures: prediction and simulation side by side, as tables with one row per point drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from madtheory.laws import ATLAS, Law, evaluate
from madtheory.observables import catalogue
from madtheory.predict import Prediction
from madtheory.simulate import Simulation
from madtheory.verify._end_of_run import raw_horizon

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 20
BAND = 0.01
"""Probability that some bar of a PIT histogram leaves its band although the law is true."""


def compare(simulation: Simulation, prediction: Prediction, observable: str, **labels: Any) -> pd.DataFrame:
    """One observable of one loop over the generations.

    Columns: observable, generation, predicted, sd, low, high (predicted ± sd over replicas), simulated, standard_error, residual
    (simulated − predicted in standard errors), testable, and before them `labels` as constant columns.
    """
    import pandas as pd

    series, said = simulation.observables[observable], prediction.observables[observable]
    absent = np.full(len(prediction.generations), np.nan)
    mean, sd = ((absent if x is None else x)[simulation.generations] for x in (said.mean, said.sd))
    columns = {"generation": simulation.generations, "predicted": mean, "sd": sd, "low": mean - sd, "high": mean + sd,
               "simulated": series.mean, "standard_error": series.standard_error,
               "residual": _residual(series.mean, mean, series.standard_error),
               "testable": simulation.generations <= testable_until(simulation, observable)}  # fmt: skip
    return pd.DataFrame({**labels, "observable": observable, **columns})


def testable_until(simulation: Simulation, observable: str) -> float:
    """The last generation at which a mean over these replicas can be tested; a closed loop's raw means end with rare paths."""
    raw = catalogue(simulation.loop.model)[observable].scale == "raw"
    return raw_horizon(simulation.loop, simulation.replicas) if raw else np.inf


def with_quantiles(frame: pd.DataFrame, quantiles: pd.DataFrame, transform: Any) -> pd.DataFrame:
    """A frame of `compare` whose band reaches from the lowest to the highest of the quantiles of `fan`, each transformed."""
    ends = quantiles.groupby("generation")["predicted"].agg(["min", "max"]).reindex(frame["generation"])
    return frame.assign(low=transform(ends["min"]).to_numpy(), high=transform(ends["max"]).to_numpy())


def fan(simulation: Simulation, law: str = "replace-log-variance", **labels: Any) -> pd.DataFrame:
    """Quantiles of an observable in one component: predicted at every generation, simulated at the kept ones.

    Columns: generation, probability, predicted, simulated, low, high; the last two are order statistics that enclose the
    quantile with probability 0.95.
    """
    import pandas as pd

    formula, last = ATLAS[law], int(simulation.generations[-1])
    quantile = formula.quantile  # type: ignore[attr-defined]
    predicted = {t: np.asarray(evaluate(quantile, simulation.loop, t, np.array(QUANTILES))) for t in range(1, last + 1)}
    measured = {t: _quantiles(_kept(simulation, formula, t)) for t in simulation.keep}
    absent = np.full((3, len(QUANTILES)), np.nan)
    columns = {t: zip(QUANTILES, predicted[t], *measured.get(t, absent), strict=True) for t in predicted}
    rows = [(t, *row) for t, column in columns.items() for row in column]
    frame = pd.DataFrame(rows, columns=["generation", "probability", "predicted", "simulated", "low", "high"])
    return frame.assign(**labels)


def pit(simulation: Simulation, law: str = "replace-log-variance", generation: int | None = None, **labels: Any) -> pd.DataFrame:
    """Histogram of the probability-integral transform at a kept generation, by default the last.

    Columns: left, right, count, expected, low, high; all bars lie within [low, high] with probability 1 − `BAND`.
    """
    import pandas as pd

    formula = ATLAS[law]
    t = int(simulation.keep[-1]) if generation is None else generation
    values = np.asarray(evaluate(formula.cdf, simulation.loop, t, _kept(simulation, formula, t)))
    edges = np.linspace(0, 1, BINS + 1)
    count = np.histogram(values, edges)[0]
    low, high = stats.binom.interval(1 - BAND / BINS, len(values), 1 / BINS)
    columns = {"left": edges[:-1], "right": edges[1:], "count": count, "expected": len(values) / BINS, "low": low, "high": high}
    return pd.DataFrame({**labels, "generation": t, **columns})


def _residual(mean: np.ndarray, expected: np.ndarray, error: np.ndarray) -> np.ndarray:
    """In standard errors; NaN where nothing varies."""
    return np.divide(mean - expected, error, out=np.full(len(mean), np.nan), where=error > 0)


def _kept(simulation: Simulation, law: Law, t: int) -> np.ndarray:
    values = simulation.observables[law.observable].values
    return np.asarray(values[simulation.keep.index(t)], np.float64)  # type: ignore[index]


def _quantiles(values: np.ndarray) -> np.ndarray:
    """(3, Q) sample quantiles and the order statistics that enclose the true ones with probability 0.95."""
    ordered, count = np.sort(values), len(values)
    low, high = stats.binom.interval(0.95, count, QUANTILES)
    ends = [ordered[np.clip(np.asarray(rank, int), 0, count - 1)] for rank in (low - 1, high)]
    return np.stack([np.quantile(ordered, QUANTILES), *ends])

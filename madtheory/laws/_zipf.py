"""Zipf laws: loops to check laws on, and hypotheses about them."""

from __future__ import annotations

from typing import Any

from madtheory.laws._law import Hypothesis
from madtheory.loop import Loop
from madtheory.models import Categorical, CategoricalTruth
from madtheory.schedules import Schedule

ZIPF = Hypothesis("a Zipf law with an exponent above 1", lambda loop: _steep(loop))


def _steep(loop: Loop) -> bool:
    exponent = getattr(loop.truth, "exponent", None)
    return exponent is not None and float(exponent) > 1


def exponent(loop: Loop) -> float:
    """β."""
    return float(loop.truth.exponent)  # type: ignore[attr-defined]


def zipf_loop(schedule: Schedule, symbols: int = 60, exponent: float = 1.5, sampling_bias: Any = 1.0, **model: Any) -> Loop:
    """A loop over the symbols of a Zipf law."""
    return Loop(model=Categorical(**model), truth=CategoricalTruth.zipf(symbols, exponent), schedule=schedule,
                sampling_bias=sampling_bias, bias_first_generation=False, estimator="mle")  # fmt: skip

"""Small loops of Morris families and categorical models on which laws are checked."""

from __future__ import annotations

from typing import Any

from madtheory.loop import Loop
from madtheory.models import Categorical, CategoricalTruth, Family, MeanTruth
from madtheory.schedules import Schedule

FEW = (0.4, 0.3, 0.15, 0.1, 0.05)


def mean_loop(model: Family, mean: float, schedule: Schedule, sampling_bias: Any = 1.0, first: bool = False) -> Loop:
    """A loop of a family that its mean describes."""
    return Loop(model=model, truth=MeanTruth(mean=mean), schedule=schedule, sampling_bias=sampling_bias,
                bias_first_generation=first, estimator="mle")  # fmt: skip


def symbol_loop(schedule: Schedule, probabilities: tuple[float, ...] = FEW, model: Family | None = None) -> Loop:
    """A loop over a few symbols."""
    truth = CategoricalTruth(probabilities=list(probabilities))
    return Loop(model=model or Categorical(), truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")

"""Small loops on which laws are checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Schedule
from madtheory.truth import Truth


def gaussian_loop(
    schedule: Schedule, dim: int = 1, estimator: str = "unbiased", sampling_bias: Any = 1.0, first: bool = False
) -> Loop:
    """A Gaussian loop started from a truth with unequal scales."""
    truth = Truth(mean=np.zeros(dim), covariance=np.diag(np.arange(1.0, dim + 1)))
    return Loop(model=Gaussian(dim=dim), truth=truth, schedule=schedule, sampling_bias=sampling_bias,
                bias_first_generation=first, estimator=estimator)

"""What an observable is."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from madtheory.models import Seen


class Observable(eqx.Module):
    """Base of all observables; written for one replica.

    `scale` says how the mean over replicas may be tested: "log" (light tails at every generation), "raw" (moments may
    be carried by paths nobody samples), "indicator" (0 or 1). `reported` observables are measured when none is named.
    A `vector` has one number per component even when there is only one.
    """

    name: ClassVar[str]
    view: ClassVar[type] = Seen  # what of a fitted model it reads
    scale: ClassVar[str] = "raw"
    reported: ClassVar[bool] = True
    vector: ClassVar[bool] = False
    compares: ClassVar[bool] = False  # reads `Seen.first_error`

    def value(self, seen: Any, world: Any) -> Any:
        """() or (k,) the observable."""
        raise NotImplementedError

    def width(self, dim: int) -> int:
        """k, the number of components in d dimensions."""
        return 1

    def reduce(self, mean: np.ndarray) -> np.ndarray:
        """The reported number(s) from the components' means (…, k)."""
        return mean

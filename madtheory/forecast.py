"""The next generation before it is drawn, given the state of the loop.

A schedule's own `step` is run on batches that are described instead of drawn, so the one-step check holds for every
schedule that is made of unions and weights; the family says what its fit to such a training set will be.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx

from madtheory._steering import Steering
from madtheory.models import Family


class Describe(eqx.Module):
    """A `draw` that describes batches instead of drawing them.

    Attributes:
        family: the model family.
        truth: the real law as a model.
        real_bias: λ of real draws.
        bias: λ of synthetic draws.
        steering: what lies between a model and its draws, or `None`.
    """

    family: Family
    truth: Any
    real_bias: Any
    bias: Any
    steering: Steering | None = None

    def real(self, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """n real draws."""
        return self.family.expected(self.truth, n, self.real_bias if bias is None else bias)

    def synthetic(self, model: Any, n: Any, slot: Any = 0, bias: Any = None) -> Any:
        """n draws of `model`."""
        bias = self.bias if bias is None else bias
        if self.steering is not None:
            model, bias = self.steering.law(model, bias)
        return self.family.expected(model, n, bias)

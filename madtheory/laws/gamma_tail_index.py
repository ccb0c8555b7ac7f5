"""How heavy the stationary tail of a gamma model is, although real data come in every generation."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

from madtheory.laws._law import Quantity
from madtheory.laws._mean_parameters import NO_PRIOR, mixed_share
from madtheory.laws._morris_cases import mean_loop
from madtheory.laws.mean_parameter_limits import CONSTANT_SIZES, FRESH
from madtheory.loop import Loop
from madtheory.models import Exponential, Gamma, Scale
from madtheory.schedules import Fresh


class GammaTailIndex(Quantity):
    r"""P(η > x) ~ C x^{−κ} in the stationary fresh loop: a moment of order κ or more is infinite."""

    name = "gamma-tail-index"
    observable = "tail_index"
    kind = "exact"
    family = Scale
    differentiable = False
    statement = (
        r"a^\kappa\,\frac{\Gamma(\alpha n_s+\kappa)}{\Gamma(\alpha n_s)(\alpha n_s)^\kappa}=1,\qquad a=\frac{n_s}{n_r+n_s}"
    )
    source = "kesten1973"
    hypotheses = (FRESH, CONSTANT_SIZES, NO_PRIOR)

    def value(self, loop: Loop) -> Any:
        shape = float(loop.model.shape) * float(loop.schedule.n_synthetic)  # type: ignore[attr-defined]
        slope = float(np.log(mixed_share(loop)) - np.log(shape))

        def excess(order: float) -> float:
            return order * slope + gammaln(shape + order) - gammaln(shape)

        high = 2.0
        while excess(high) <= 0:
            high *= 2
        low = high / 2 if high > 2 else 1.0  # the function is convex, 0 at 0 and negative at 1
        root: Any = brentq(excess, low, high, xtol=1e-13)
        return np.float64(root)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Exponential(), 1.0, Fresh(n_real=1, n_synthetic=4)), 1),
            (mean_loop(Gamma(shape=0.2), 1.0, Fresh(n_real=1, n_synthetic=5)), 1),
        ]

"""The last coordinate as a linear function of the others: what a fitted covariance says of cause and effect."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory import _lapack as lapack
from madtheory.models import Placed, World
from madtheory.models._factor import UNROLLED
from madtheory.observables._observable import Observable


class Slope(Observable):
    """Σ_xx⁻¹Σ_xy, the coefficients of the last coordinate y on the others x (units of y per unit of x); 0 without others."""

    name: ClassVar[str] = "slope"
    view: ClassVar[type] = Placed
    reported: ClassVar[bool] = False
    vector: ClassVar[bool] = True

    def value(self, seen: Placed, world: World) -> Any:
        return _coefficients(world.units(seen.unit))

    def width(self, dim: int) -> int:
        return max(dim - 1, 1)


class SlopeRisk(Observable):
    """(b_t − b_0)'Σ_xx(b_t − b_0), b_t the slopes and Σ_xx real: the error of predicting y from x (squared units of y)."""

    name: ClassVar[str] = "slope_risk"
    view: ClassVar[type] = Placed
    reported: ClassVar[bool] = False

    def value(self, seen: Placed, world: World) -> Any:
        """In coordinates where the real covariance is I the real slopes are 0, and y has the real residual as its unit."""
        return world.factor[-1, -1] ** 2 * jnp.sum(_coefficients(seen.unit) ** 2)


def _coefficients(factor: Any) -> Any:
    """(d−1,) b with b'A = l' for the lower triangular factor [[A, 0], [l', ·]] of a covariance; the scale of columns cancels."""
    others = len(factor) - 1
    if others == 0:
        return jnp.zeros(1, factor.dtype)
    if others > UNROLLED:
        return lapack.solve_transposed(factor[:-1, :-1], factor[-1, :-1])
    found: dict[int, Any] = {}
    for j in reversed(range(others)):
        found[j] = (factor[-1, j] - sum(factor[i, j] * b for i, b in found.items())) / factor[j, j]
    return jnp.stack([found[j] for j in range(others)])

"""The drift of a location-scale loop under any schedule, to first order in 1/n: the efficiency of the estimator and A_t."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory.laws._fluctuations import schedule_covariance
from madtheory.laws._hypotheses import NO_BIAS
from madtheory.laws._law import Law, one_point_more
from madtheory.laws.location_scale_moments import location_loop
from madtheory.loop import Loop
from madtheory.models import Laplace, Logistic, Student
from madtheory.schedules import Accumulate, FixedReal, Fresh, Window


def influence(model: Any) -> float:
    """n Var μ̂ of a fit to n points of the standard member, as n → ∞."""
    if isinstance(model, Laplace):
        return 1.0  # the median: 1/(4 f(0)²), f(0) = 1/2
    return model.unit_variance if model.fit_by == "moments" else model.median_variance


class FirstOrderLocation(Law):
    r"""E(μ_t−μ_0)² = s_0² ψ A_t/n, ψ/n the variance of one fit to n points: whatever the estimator, A_t is the same."""

    name = "first-order-location"
    observable = "mean_square_drift"
    kind = "first_order"
    family = (Laplace, Logistic, Student)
    recursive = True
    statement = (
        r"\mathbb{E}(\mu_t-\mu_0)^2=s_0^2\,\psi\,\frac{A_t}{n}+O(n^{-2}),\qquad"
        r"\psi=\operatorname{Var}(e)\ (\text{moments}),\quad\frac{1}{4f(0)^2}\ (\text{median})"
    )
    source = "deydonoho2024"
    hypotheses = (NO_BIAS,)

    def mean(self, loop: Loop, generations: int) -> Any:
        start = jnp.asarray(loop.truth.scale) ** 2 * influence(loop.model)
        return start * jnp.diagonal(schedule_covariance(loop, generations))

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.25)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (location_loop(Laplace(), Accumulate(n=30)), 3),
            (location_loop(Logistic(), Fresh(n_real=40, n_synthetic=60)), 5),
            (location_loop(Logistic(fit_by="quartiles"), Window(n=60, window=2)), 5),
            (location_loop(Student(degrees=12.0), FixedReal(n_real=50, n_synthetic=50)), 5),
        ]

"""Loops whose fits use the conjugate prior: the drift is bounded, and with posterior sampling the prior itself is stationary."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import CONSTANT_SIZE, NO_BIAS, REPLACE
from madtheory.laws._law import Hypothesis, Law, Quantity
from madtheory.laws._mean_parameters import curvature, start
from madtheory.laws._morris_cases import mean_loop
from madtheory.laws._replace import sizes
from madtheory.loop import Loop
from madtheory.models import Bernoulli, Exponential, Morris, NormalMean, Poisson
from madtheory.schedules import Replace


def _prior_at_truth(loop: Loop) -> bool:
    model = loop.model
    return model.prior_size is not None and float(model.prior_mean) == float(loop.truth.mean)  # type: ignore[attr-defined]


PRIOR = Hypothesis("a prior whose mean is the real one", _prior_at_truth)
POSTERIOR = Hypothesis("posterior sampling", lambda loop: loop.model.update == "posterior")  # type: ignore[attr-defined]


class BayesDrift(Law):
    r"""E(η_t−η_0)² with n_0 pseudo-points at η_0: a = n/(n+n_0) of every deviation is kept, and posterior draws add their own.

    A conjugate law of m points has variance E V/(m − v_2) (Diaconis & Ylvisaker 1979; Morris 1983).
    """

    name = "bayes-drift"
    observable = "mean_square_drift"
    kind = "exact"
    family = Morris
    statement = (
        r"M_t=a_t^2\Bigl[D_{t-1}+\frac{V(\eta_0)+v_2D_{t-1}}{n_t}\Bigr],\qquad D_t=M_t\ (\text{map}),\quad"
        r"D_t=M_t+\frac{V(\eta_0)+v_2M_t}{n_t+n_0-v_2}\ (\text{posterior})"
    )
    source = "diaconis1979"
    hypotheses = (REPLACE, NO_BIAS, PRIOR)

    def mean(self, loop: Loop, generations: int) -> Any:
        v0, v2, model = start(loop), curvature(loop), loop.model
        prior = jnp.asarray(model.prior_size, dtype=jnp.float64)  # type: ignore[attr-defined]
        path = [jnp.zeros(())]
        for n in sizes(loop, generations):
            kept = (n / (n + prior)) ** 2 * (path[-1] + (v0 + v2 * path[-1]) / n)
            own = (v0 + v2 * kept) / (n + prior - v2) if model.update == "posterior" else 0.0  # type: ignore[attr-defined]
            path.append(kept + own)
        return jnp.stack(path)

    def wrong(self, loop: Loop) -> Loop:
        return eqx.tree_at(lambda lo: lo.model.prior_size, loop, 1.2 * loop.model.prior_size)  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Poisson(prior_size=3.0, prior_mean=2.0, update="posterior"), 2.0, Replace(n=6)), 8),
            (mean_loop(Bernoulli(prior_size=2.0, prior_mean=0.3), 0.3, Replace(n=6)), 8),
            (mean_loop(Exponential(prior_size=4.0, prior_mean=1.5, update="posterior"), 1.5, Replace(n=[6, 8, 7, 9])), 4),
            (mean_loop(NormalMean(prior_size=1.5, prior_mean=0.5), 0.5, Replace(n=6)), 8),
        ]


class BayesAutocorrelation(Quantity):
    r"""Iterated learning: Corr(η_t, η_{t+1}) in the stationary loop, the share of the data in the posterior's mean."""

    name = "bayes-autocorrelation"
    observable = "autocorrelation"
    kind = "exact"
    family = Morris
    differentiable = False
    statement = r"\operatorname{Corr}(\eta_t,\eta_{t+1})=\frac{n}{n+n_0}"
    source = "griffiths2007"
    hypotheses = (REPLACE, CONSTANT_SIZE, NO_BIAS, PRIOR, POSTERIOR)

    def value(self, loop: Loop) -> Any:
        n = float(loop.schedule.n)  # type: ignore[attr-defined]
        return np.float64(n / (n + float(loop.model.prior_size)))  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(mean_loop(Poisson(prior_size=4.0, prior_mean=2.0, update="posterior"), 2.0, Replace(n=5)), 1)]


class BayesStationaryDrift(Quantity):
    r"""Where E(η_t−η_0)² ends: with posterior sampling V/(n_0−v_2), the variance of the prior itself, at every n."""

    name = "bayes-stationary-drift"
    observable = "mean_square_drift_limit"
    kind = "limit"
    family = Morris
    statement = (
        r"\frac{V(\eta_0)}{n_0-v_2}\ (\text{posterior}),\qquad"
        r"\frac{a^2V(\eta_0)/n}{1-a^2(1+v_2/n)}\ (\text{map}),\quad a=\frac{n}{n+n_0}"
    )
    source = "diaconis1979"
    hypotheses = (REPLACE, CONSTANT_SIZE, NO_BIAS, PRIOR)

    def value(self, loop: Loop) -> Any:
        v0, v2, n = start(loop), curvature(loop), float(loop.schedule.n)  # type: ignore[attr-defined]
        prior = jnp.asarray(loop.model.prior_size, dtype=jnp.float64)  # type: ignore[attr-defined]
        if loop.model.update == "posterior":  # type: ignore[attr-defined]
            return jnp.where(prior > v2, v0 / (prior - v2), jnp.inf)
        kept = (n / (n + prior)) ** 2
        return kept * v0 / n / (1 - kept * (1 + v2 / n))

    def wrong(self, loop: Loop) -> Loop:
        return BayesDrift().wrong(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Poisson(prior_size=3.0, prior_mean=2.0, update="posterior"), 2.0, Replace(n=6)), 1),
            (mean_loop(Exponential(prior_size=4.0, prior_mean=1.5), 1.5, Replace(n=6)), 1),
        ]

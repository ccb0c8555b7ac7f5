"""Where the drift of a Morris family's mean ends: under accumulate, and with fresh data."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._hypotheses import ACCUMULATE, CONSTANT_SIZE, NO_BIAS, NO_INITIAL_SIZE
from madtheory.laws._law import Hypothesis, Quantity
from madtheory.laws._mean_parameters import NO_PRIOR, curvature, mixed_share, start
from madtheory.laws._morris_cases import mean_loop
from madtheory.loop import Loop
from madtheory.models import Bernoulli, Exponential, Gamma, Morris, Poisson
from madtheory.schedules import Accumulate, Fresh

FRESH = Hypothesis("the fresh schedule", lambda loop: loop.schedule.kind == "fresh")


def _constant(loop: Loop) -> bool:
    return all(np.ndim(getattr(loop.schedule, name, 0)) == 0 for name in ("n_real", "n_synthetic"))


CONSTANT_SIZES = Hypothesis("constant n_real and n_synthetic", _constant)


def _stays_finite(loop: Loop) -> bool:
    bend = float(loop.model.quadratic[2]) / float(loop.schedule.n_synthetic)  # type: ignore[attr-defined]
    return float(mixed_share(loop) ** 2) * (1 + bend) < 1


FINITE = Hypothesis("real data enough for a stationary variance", _stays_finite)


class MeanParameterAccumulateLimit(Quantity):
    r"""∏(1 + v_2/(n k²)) = sinh(π√(v_2/n))/(π√(v_2/n)), a sine where v_2 < 0, and π²/6 V/n where v_2 = 0."""

    name = "mean-parameter-accumulate-limit"
    observable = "mean_square_drift_limit"
    kind = "limit"
    family = Morris
    statement = (
        r"\lim_t\mathbb{E}(\eta_t-\eta_0)^2=\frac{V(\eta_0)}{v_2}"
        r"\Bigl[\frac{\sinh(\pi\sqrt{v_2/n})}{\pi\sqrt{v_2/n}}-1\Bigr]"
    )
    source = "deydonoho2024"
    hypotheses = (ACCUMULATE, CONSTANT_SIZE, NO_INITIAL_SIZE, NO_PRIOR, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        x = float(loop.model.quadratic[2]) / float(loop.schedule.n)  # type: ignore[attr-defined]
        root = math.pi * math.sqrt(abs(x))
        bend = (math.sinh(root) if x > 0 else math.sin(root)) / root - 1 if x else 0.0
        slope = bend / x if x else math.pi**2 / 6
        return start(loop) * slope / float(loop.schedule.n)  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Exponential(), 2.0, Accumulate(n=8)), 1),
            (mean_loop(Bernoulli(), 0.3, Accumulate(n=8)), 1),
            (mean_loop(Poisson(), 3.0, Accumulate(n=8)), 1),
        ]


class FreshStationaryDrift(Quantity):
    r"""The stationary E(η−η_0)² of the fresh loop, at every n: (V/n)/(1 − a²(1+v_2/n_s)), n = n_r + n_s, a = n_s/n."""

    name = "mean-parameter-stationary-drift"
    observable = "mean_square_drift_limit"
    kind = "limit"
    family = Morris
    statement = r"\lim_t\mathbb{E}(\eta_t-\eta_0)^2=\frac{V(\eta_0)/n}{1-a^2(1+v_2/n_s)}"
    source = "morris1982"
    hypotheses = (FRESH, CONSTANT_SIZES, NO_PRIOR, NO_BIAS, FINITE)

    def value(self, loop: Loop) -> Any:
        total = float(loop.schedule.n_real + loop.schedule.n_synthetic)  # type: ignore[attr-defined]
        return start(loop) / total / (1 - _fresh_root(loop))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Bernoulli(), 0.3, Fresh(n_real=6, n_synthetic=9)), 1),
            (mean_loop(Gamma(shape=2.0), 3.0, Fresh(n_real=6, n_synthetic=9)), 1),
        ]


class MeanParameterEffectiveSize(Quantity):
    r"""How many real points the stationary fit is worth: n_e = n_r(1+a) − v_2 a exactly, whatever the model was before."""

    name = "mean-parameter-effective-size"
    observable = "effective_sample_size"
    kind = "exact"
    family = Morris
    statement = r"n_e=n_r(1+a)-v_2a,\qquad a=\frac{n_s}{n_r+n_s}"
    source = "morris1982"
    hypotheses = (FRESH, CONSTANT_SIZES, NO_PRIOR, NO_BIAS, FINITE)

    def value(self, loop: Loop) -> Any:
        a = jnp.asarray(mixed_share(loop))
        return float(loop.schedule.n_real) * (1 + a) - curvature(loop) * a  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(mean_loop(Exponential(), 2.0, Fresh(n_real=6, n_synthetic=9)), 1)]


class MeanParameterRelaxation(Quantity):
    r"""Per generation the k-th moment forgets where it came from by a^k ∏_{i<k}(1 + i v_2/n_s); here k = 2."""

    name = "mean-parameter-relaxation"
    observable = "relaxation_factor"
    kind = "exact"
    family = Morris
    statement = r"a^k\prod_{i<k}\Bigl(1+\frac{iv_2}{n_s}\Bigr),\qquad k=2"
    source = "morris1982"
    hypotheses = (FRESH, CONSTANT_SIZES, NO_PRIOR, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        return _fresh_root(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(mean_loop(Poisson(), 2.0, Fresh(n_real=6, n_synthetic=9)), 1)]


def _fresh_root(loop: Loop) -> Any:
    """a²(1 + v_2/n_s), by which E(η−η_0)² shrinks."""
    return mixed_share(loop) ** 2 * (1 + curvature(loop) / float(loop.schedule.n_synthetic))  # type: ignore[attr-defined]

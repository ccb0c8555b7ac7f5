"""Scale and location of location-scale loops under replace, for estimators whose one-step law is known."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import gammaincc, gammainccinv

from madtheory.laws._hypotheses import CONSTANT_SIZE, REPLACE
from madtheory.laws._law import Hypothesis, Law, Quantity, one_point_more, running
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.laws._pivotal import Pivotal, pivotal
from madtheory.laws._replace import CONSTANT_BIAS, bias, more_bias, sizes
from madtheory.laws.replace_tail_index import positive_root
from madtheory.loop import Loop
from madtheory.models import Laplace, LocationScale, LocationScaleTruth, Logistic, ShiftedExponential, Student, Uniform
from madtheory.schedules import Replace, Schedule


def _steps(loop: Loop, generations: int) -> list[Pivotal]:
    return [pivotal(loop.model, int(n)) for n in sizes(loop, generations)]  # type: ignore[arg-type]


def _known(loop: Loop) -> bool:
    return bool(np.isfinite(pivotal(loop.model, 4).scale_square))  # type: ignore[arg-type]


KNOWN = Hypothesis("a fit by moments or maximum likelihood", _known)


def location_loop(model: LocationScale, schedule: Schedule, sampling_bias: Any = 1.0, scale: float = 2.0) -> Loop:
    """A loop of a location-scale family."""
    return Loop(model=model, truth=LocationScaleTruth(scale=scale), schedule=schedule, sampling_bias=sampling_bias,
                bias_first_generation=False, estimator="mle")  # fmt: skip


class LocationScaleLogScale(Law):
    r"""log s_t is a random walk: E log V per generation, whether or not the estimator of the scale is unbiased."""

    name = "location-scale-log-scale"
    observable = "log_scale"
    kind = "exact"
    family = (Laplace, Uniform, ShiftedExponential)
    statement = (
        r"\log s_t=\log s_0+\sum_{k\le t}\bigl(\tfrac12\log\lambda_k+\log V_k\bigr),\qquad"
        r"-\log\frac{s_t}{s_0}\sim\Gamma(t,n)\ (\text{uniform}),\quad V\sim\Gamma(n-1)/n\ (\text{shifted exponential})"
    )
    source = "kesten1973"
    hypotheses = (REPLACE,)

    def mean(self, loop: Loop, generations: int) -> Any:
        own = np.array([step.log_mean for step in _steps(loop, generations)])
        return jnp.log(loop.truth.scale) + running(own + 0.5 * jnp.log(bias(loop, generations)))

    def variance(self, loop: Loop, generations: int) -> Any:
        return running(np.array([step.log_variance for step in _steps(loop, generations)]))

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        if np.ndim(loop.schedule.n) or isinstance(loop.model, Laplace):  # type: ignore[attr-defined]
            return None
        n, moved = sizes(loop, generation)[0], np.asarray(x, float) - self._start(loop, generation)
        if isinstance(loop.model, Uniform):
            return gammaincc(generation, np.maximum(-n * moved, 0)) if generation else (moved >= 0).astype(float)
        walk = LogChiSquareSum(np.full(generation, 2 * (n - 1)))
        return walk.cdf(moved + generation * np.log(2 * n))

    def quantile(self, loop: Loop, generation: int, p: np.ndarray) -> np.ndarray | None:
        """The x with P(log s_t ≤ x) = p, from generation 1 on."""
        if np.ndim(loop.schedule.n) or isinstance(loop.model, Laplace):  # type: ignore[attr-defined]
            return None
        n, start = sizes(loop, generation)[0], self._start(loop, generation)
        if isinstance(loop.model, Uniform):
            return start - gammainccinv(generation, p) / n
        return start + LogChiSquareSum(np.full(generation, 2 * (n - 1))).quantile(p) - generation * np.log(2 * n)

    @staticmethod
    def _start(loop: Loop, generation: int) -> float:
        return float(np.log(loop.truth.scale) + 0.5 * np.sum(np.log(np.asarray(bias(loop, generation)))))

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (location_loop(Uniform(), Replace(n=8)), 6),
            (location_loop(ShiftedExponential(), Replace(n=7), sampling_bias=0.9), 6),
            (location_loop(Laplace(), Replace(n=[6, 7, 9, 8])), 4),
        ]


class LocationScaleSquare(Law):
    r"""E s_t² = s_0² ∏ λ_k E V_k²; (n−1)/n for every fit by moments, whatever the family."""

    name = "location-scale-square"
    observable = "scale_squared"
    kind = "exact"
    family = LocationScale
    statement = r"\mathbb{E}s_t^2=s_0^2\prod_{k\le t}\lambda_k\,\mathbb{E}V_k^2"
    source = "kesten1973"
    hypotheses = (REPLACE, KNOWN)

    def mean(self, loop: Loop, generations: int) -> Any:
        own = np.array([step.scale_square for step in _steps(loop, generations)])
        return jnp.asarray(loop.truth.scale) ** 2 * jnp.exp(running(jnp.log(own * bias(loop, generations))))

    def wrong(self, loop: Loop) -> Loop:
        return more_bias(loop)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (location_loop(Laplace(), Replace(n=9)), 4),
            (location_loop(Logistic(), Replace(n=10), sampling_bias=0.9), 4),
            (location_loop(Uniform(), Replace(n=[6, 7, 9, 8])), 4),
            (location_loop(Student(degrees=12.0), Replace(n=12)), 3),
        ]


class LocationScaleDrift(Law):
    r"""E(μ_t−μ_0)², with the product of drift and scale beside it where the estimator of the location is biased."""

    name = "location-scale-drift"
    observable = "mean_square_drift"
    kind = "exact"
    family = (Laplace, Logistic, Student, ShiftedExponential)
    statement = (
        r"\mathbb{E}(\mu_t-\mu_0)^2=\sum_{k\le t}\bigl[\lambda_k\mathbb{E}U^2\,\mathbb{E}s_{k-1}^2"
        r"+2\sqrt{\lambda_k}\,\mathbb{E}U\,\mathbb{E}(\mu_{k-1}-\mu_0)s_{k-1}\bigr]"
    )
    source = "kesten1973"
    hypotheses = (REPLACE, KNOWN)

    def mean(self, loop: Loop, generations: int) -> Any:
        square, cross, drift = jnp.asarray(loop.truth.scale) ** 2, jnp.zeros(()), jnp.zeros(())
        path = [drift]
        for step, own in zip(_steps(loop, generations), bias(loop, generations), strict=True):
            drift = drift + own * step.location_square * square
            if step.location:
                drift = drift + 2 * jnp.sqrt(own) * step.location * cross
                cross = jnp.sqrt(own) * step.scale * cross + own * step.product * square
            square = own * step.scale_square * square
            path.append(drift)
        return jnp.stack(path)

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.5)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (location_loop(Laplace(), Replace(n=9)), 4),
            (location_loop(Laplace(), Replace(n=8), sampling_bias=0.9), 4),
            (location_loop(ShiftedExponential(), Replace(n=20)), 3),
            (location_loop(Logistic(), Replace(n=10)), 4),
        ]


class LocationScaleTailIndex(Quantity):
    r"""P(|μ_∞ − μ_0| > x) ~ C x^{−κ} with E(√λ V)^κ = 1, for the shifted exponential; infinite where V never exceeds 1/√λ."""

    name = "location-scale-tail-index"
    observable = "tail_index"
    kind = "exact"
    family = ShiftedExponential
    differentiable = False
    statement = r"\lambda^{\kappa/2}\,\frac{\Gamma(n-1+\kappa)}{\Gamma(n-1)\,n^\kappa}=1"
    source = "kesten1973"
    hypotheses = (REPLACE, CONSTANT_SIZE, CONSTANT_BIAS)

    def value(self, loop: Loop) -> Any:
        n = float(loop.schedule.n)  # type: ignore[attr-defined]
        rate = 0.5 * np.log(float(loop.sampling_bias)) + np.log((n - 1) / n)
        return np.float64(positive_root(n - 1, float(rate)))

    def wrong(self, loop: Loop) -> Loop:
        return more_bias(loop, 0.95)

    def cases(self) -> list[tuple[Loop, int]]:
        return [(location_loop(ShiftedExponential(), Replace(n=10)), 1)]

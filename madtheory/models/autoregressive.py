"""Time series that are fitted by a first-order autoregression, written by it, and fitted again."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import array, choice, field, plain, positive_number, real
from madtheory.errors import BadInput
from madtheory.models._factor import lower_factor
from madtheory.models._family import Family, Fitted, View
from madtheory.models._moments import Moments
from madtheory.random import normal
from madtheory.truth import RealLaw

LARGEST = 0.999
"""|ρ| beyond which no stationary series is started; least squares can exceed it, Yule and Walker cannot exceed 1."""


def _check_coefficient(name: str, value: Any) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 0 and abs(value) < LARGEST):
        raise BadInput(name, f"a number between −{LARGEST} and {LARGEST}: beyond ±1 there is no stationary series", plain(value))


class AutoregressiveTruth(RealLaw):
    """The real law: x_k − μ = ρ (x_{k−1} − μ) + N(0, σ²), stationary.

    Attributes:
        coefficient: ρ_0, between −1 and 1 (dimensionless).
        mean: μ_0 (units of the data).
        noise_variance: σ² of the innovations (squared units of the data).
    """

    coefficient: Any = field(array, _check_coefficient)
    mean: Any = real(default=0.0)
    noise_variance: Any = positive_number(default=1.0)

    @property
    def dim(self) -> int:
        """2: a point is a value with the one before it."""
        return 2


class Process(Fitted):
    """A fitted autoregression.

    Attributes:
        coefficient: () ρ.
        mean: () μ − μ_0.
        log_noise: () log σ.
    """

    coefficient: Any
    mean: Any
    log_noise: Any


class ProcessView(View):
    """A fitted autoregression as observables read it."""

    @property
    def coefficient(self) -> Any:
        """() ρ_t."""
        return self.model.coefficient

    @property
    def log_noise(self) -> Any:
        """() log σ_t."""
        return self.model.log_noise


class Series(eqx.Module):
    """Summary of a training set of series.

    Attributes:
        steps: mean and covariance of (x_{k−1}, x_k).
        ends: (3,) weighted mean over steps of 1, x_0 and x_0², each series counting once.
    """

    steps: Moments
    ends: Any

    def weigh(self, weight: Any) -> Series:
        """The same batch with total weight `weight`; a batch of weight 0 is absent."""
        return Series(self.steps.weigh(weight), self.ends)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Series):
            return NotImplemented
        share = other.steps.weight / (self.steps.weight + other.steps.weight)
        return Series(self.steps + other.steps, self.ends + share * (other.ends - self.ends))

    def total(self) -> Series:
        """The union along a leading axis."""
        return Series(self.steps.total(), (self.steps.weight / jnp.sum(self.steps.weight)) @ self.ends)


class Autoregressive(Family):
    """AR(1). A batch of n points is one series of n steps from a stationary start.

    Attributes:
        fit_by: "ols" (least squares) or "yule_walker", whose sum of squares has one term more.
        mean: "known" for μ_0, or "fitted" for the average.
    """

    kind: ClassVar[str] = "autoregressive"
    truth_type: ClassVar[type[RealLaw]] = AutoregressiveTruth
    view: ClassVar[type] = ProcessView
    needs_points: ClassVar[bool] = True
    distinct: ClassVar[bool] = True
    least_points: ClassVar[int] = 3
    carriers: ClassVar[tuple[str, ...]] = ("autocorrelation",)
    fit_by: str = choice("ols", "yule_walker")
    mean: str = choice("known", "fitted")

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        truth = AutoregressiveTruth(coefficient=0.5, mean=1.0, noise_variance=2.0)
        return [(Autoregressive("ols", "fitted"), truth), (Autoregressive("yule_walker", "fitted"), truth)]

    @property
    def dim(self) -> int:
        """2: a point is a value with the one before it."""
        return 2

    @property
    def bias(self) -> tuple[int, int]:
        """(a, b) of E ρ̂ − ρ = −(a + bρ)/n + O(1/n²) (Marriott & Pope 1954; Shaman & Stine 1988)."""
        a, more = int(self.mean == "fitted"), int(self.fit_by == "yule_walker")
        return a, 2 + a + more

    def world(self, truth: AutoregressiveTruth, dtype: Any) -> Process:
        numbers = (truth.coefficient, 0.0, 0.5 * np.log(truth.noise_variance))
        return Process(*(np.asarray(number, dtype) for number in numbers))

    def draw_points(self, words: Any, model: Process, rows: int, bias: Any) -> Any:
        """(rows, 2) values with the ones before them, from μ_0."""
        rho, scores = model.coefficient, normal(words.many(rows + 1), model.mean.dtype)
        start = scores[0] / jnp.sqrt(1 - rho**2)

        def step(x: Any, score: Any) -> tuple[Any, Any]:
            after = rho * x + score
            return after, jnp.stack([x, after])

        return model.mean + jnp.exp(model.log_noise) * jax.lax.scan(step, start, scores[1:])[1]

    def summarise(self, points: Any, n: Any) -> Series:
        dtype = points.dtype
        n = jnp.asarray(n, dtype)
        seen, first = (jnp.arange(len(points)) < n)[:, None], points[0, 0]
        mean = points[0] + jnp.sum(jnp.where(seen, points - points[0], 0), axis=0) / n
        factor = lower_factor(jnp.where(seen, points - mean, 0).T / jnp.sqrt(n))
        return Series(Moments(n, n, mean, factor, jnp.zeros((), dtype)), jnp.stack([jnp.ones_like(first), first, first**2]) / n)

    def fit(self, summary: Series, estimator: str, reach: Any, words: Any = None) -> Process:
        steps, (one, first, square) = summary.steps, summary.ends
        root = jnp.exp(steps.log_scale) * steps.factor
        average = jnp.zeros_like(one) if self.mean == "known" else (steps.mean[1] + first) / (1 + one)
        centre = average if self.mean == "known" or self.fit_by == "yule_walker" else steps.mean
        before, after = steps.mean - centre
        past, both, now = root[0, 0] ** 2 + before**2, root[0, 0] * root[1, 0] + before * after, jnp.sum(root[1] ** 2) + after**2
        if self.fit_by == "yule_walker":
            whole = now + square - 2 * average * first + one * average**2
            rho = jnp.clip(both / whole, -LARGEST, LARGEST)
            noise = (1 - rho**2) * whole / (1 + one)
        else:
            rho = jnp.clip(both / past, -LARGEST, LARGEST)
            noise = now - 2 * rho * both + rho**2 * past
        return Process(rho, average, 0.5 * jnp.log(noise))

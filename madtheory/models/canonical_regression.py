"""Regressions of labels with a canonical link: logistic and Poisson, fitted by Newton's method to points."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import array, count, field
from madtheory.errors import BadInput
from madtheory.models._bag import Bag
from madtheory.models._factor import lower_factor
from madtheory.models._family import Family, Fitted, View
from madtheory.models.linear_regression import solve, solve_transposed
from madtheory.random import normal, poisson
from madtheory.truth import RealLaw, positive_definite, vector


class CanonicalTruth(RealLaw):
    """The real law: x ~ N(0, Σ), and a label y whose natural parameter is x'θ_0.

    Attributes:
        coefficients: (d,) θ_0 (per unit of x).
        covariance: (d, d) Σ of the inputs, symmetric positive definite; I where it is left out.
    """

    coefficients: Any = field(array, vector)
    covariance: Any = field(array, positive_definite, default=None)

    def check(self) -> None:
        if self.covariance is not None and len(self.covariance) != len(self.coefficients):
            raise BadInput("covariance", f"{len(self.coefficients)} rows, one per coefficient", f"{len(self.covariance)} rows")

    @property
    def dim(self) -> int:
        """d + 1: inputs and label."""
        return len(self.coefficients) + 1

    @property
    def input_covariance(self) -> np.ndarray:
        """(d, d) Σ."""
        return np.eye(len(self.coefficients)) if self.covariance is None else self.covariance

    @property
    def signal(self) -> float:
        """Standard deviation of x'θ_0 (dimensionless)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.sqrt(self.coefficients @ self.input_covariance @ self.coefficients))


class Coefficients(Fitted):
    """A fitted regression.

    Attributes:
        coefficients: (d,) θ̂; not a number where the training set has no fit.
    """

    coefficients: Any


class Labelling(Fitted):
    """The real law as a run needs it.

    Attributes:
        coefficients: (d,) θ_0.
        root: (d, d) lower triangular L with L L' = Σ.
        metric: (d, d) lower triangular M with M M' the Fisher information of one point at θ_0.
    """

    coefficients: Any
    root: Any
    metric: Any


class CanonicalView(View):
    """A fitted regression as observables read it."""

    @property
    def coefficients(self) -> Any:
        """(d,) θ̂_t."""
        return self.model.coefficients


class CanonicalRegression(Family):
    """Base of regressions without intercept on inputs that every batch draws anew; a member says what its labels are.

    The fit is the maximum of the likelihood, by Newton's method from 0. A step that changes some x'θ by β is shortened to the
    share log(1 + β)/β of it: since |b'''| ≤ b'' for the cumulant b of both members, the likelihood then never falls, and near
    its maximum the steps are whole (Sun & Tran-Dinh 2019). Where the likelihood has no maximum, as on labels that a plane
    separates, or `iterations` steps do not reach it, the fit is not a number and the replica has failed.

    Attributes:
        features: d.
        iterations: most steps of Newton's method (counts).
        strongest: largest standard deviation of x'θ_0 that labels can be drawn for.
    """

    strongest: ClassVar[float]
    truth_type: ClassVar[type[RealLaw]] = CanonicalTruth
    view: ClassVar[type] = CanonicalView
    needs_points: ClassVar[bool] = True
    partial: ClassVar[bool] = True
    carriers: ClassVar[tuple[str, ...]] = ("risk",)
    features: int = count()
    iterations: int = count(default=200)

    @property
    def dim(self) -> int:
        """d + 1: a point is its inputs and its label."""
        return self.features + 1

    @property
    def distinct(self) -> bool:  # type: ignore[override]
        """Whether it has two numbers or more."""
        return self.features > 1

    @property
    def least_points(self) -> int:  # type: ignore[override]
        """d + 1: as many points as coefficients are fitted by infinite ones, or by many."""
        return self.features + 1

    def label(self, words: Any, natural: Any) -> Any:
        """(m,) labels with these natural parameters; `words` are three uint32 words for each (3, m)."""
        raise NotImplementedError

    def residual(self, label: Any, natural: Any) -> Any:
        """y − b'(u), each with digits of its own where it is small."""
        raise NotImplementedError

    def curvature(self, natural: Any) -> Any:
        """b''(u), the variance of a label."""
        raise NotImplementedError

    def apart(self, label: Any, natural: Any, here: Any) -> Any:
        """() whether these parameters prove that no maximum exists."""
        return jnp.zeros((), bool)

    def curvatures(self, signal: float) -> tuple[float, float, float]:
        """E z^k b''(sz) for k = 0, 2, 4, standard normal z and the standard deviation s of x'θ (float64, on the host)."""
        raise NotImplementedError

    def information(self, truth: CanonicalTruth) -> np.ndarray:
        """(d, d) Fisher information of a point at θ_0: E b''(x'θ_0) x x' = aΣ + (c − a)Σθ_0θ_0'Σ/s², a and c of `curvatures`."""
        covariance, signal = truth.input_covariance, truth.signal
        across, along, _ = self.curvatures(signal)
        pull = covariance @ truth.coefficients / (signal if signal > 0 else 1)
        return across * covariance + (along - across) * np.outer(pull, pull)

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        if len(truth.coefficients) != self.features:
            found = f"{len(truth.coefficients)} entries"
            raise BadInput("truth.coefficients", f"{self.features} entries, the model's features", found)
        if not truth.signal <= self.strongest:
            raise BadInput("truth.coefficients", f"a standard deviation of x'θ up to {self.strongest:g}", truth.signal)

    def world(self, truth: CanonicalTruth, dtype: Any) -> Labelling:
        roots = (np.linalg.cholesky(square).astype(dtype) for square in (truth.input_covariance, self.information(truth)))
        return Labelling(truth.coefficients.astype(dtype), *roots)

    def truth(self, world: Labelling, dtype: Any) -> Coefficients:
        return Coefficients(jnp.asarray(world.coefficients, dtype))

    def bound(self, truth: CanonicalTruth, room: int) -> Family:
        return BoundCanonical(self, np.linalg.cholesky(truth.input_covariance), room)


class BoundCanonical(Family):
    """The regression of a run, which knows the real law of its inputs and how many points a training set may hold."""

    kind: ClassVar[str] = "bound_canonical"
    needs_points: ClassVar[bool] = True
    own: Any
    root: Any
    size: int = eqx.field(static=True)

    @property
    def dim(self) -> int:
        """d + 1: a point is its inputs and its label."""
        return self.own.dim

    def truth(self, world: Labelling, dtype: Any) -> Coefficients:
        return self.own.truth(world, dtype)

    def draw_points(self, words: Any, model: Coefficients, rows: int, bias: Any) -> Any:
        dtype, d = model.coefficients.dtype, self.own.features
        some = words.many((d + 3) * rows).reshape(d + 3, rows)
        inputs = normal(some[:d], dtype).T @ jnp.asarray(self.root, dtype).T
        label = self.own.label(some[d:], inputs @ model.coefficients)
        return jnp.concatenate([inputs, label.astype(dtype)[:, None]], axis=1)

    def summarise(self, points: Any, n: Any) -> Bag:
        return Bag.of(points, n, self.size)

    def fit(self, summary: Bag, estimator: str, reach: Any, words: Any = None) -> Coefficients:
        dtype = summary.points.dtype
        close = jnp.sqrt(jnp.finfo(dtype).eps)  # steps shrink to their squares

        def unfinished(state: tuple[Any, Any, Any]) -> Any:
            return (state[0] < self.own.iterations) & (state[2] > close)

        start = jnp.int32(0), jnp.zeros(self.own.features, dtype), jnp.asarray(jnp.inf, dtype)
        _, found, change = jax.lax.while_loop(unfinished, lambda s: (s[0] + 1, *improved(self.own, summary, s[1])), start)
        return Coefficients(jnp.where(change <= close, found, jnp.nan))

    def see(self, frame: Any, model: Coefficients, first_error: Any, t: Any, moving: bool) -> Any:
        return self.own.view(model, t)


def improved(model: CanonicalRegression, bag: Bag, coefficients: Any) -> tuple[Any, Any]:
    """(d,) coefficients after one step of Newton's method, and () the largest change of any x'θ; not a number for no maximum."""
    inputs, label, here = bag.points[:, :-1], bag.points[:, -1], bag.weight > 0
    natural = inputs @ coefficients
    factor = lower_factor((jnp.sqrt(bag.share * model.curvature(natural))[:, None] * inputs).T)
    pull = jnp.where(here, bag.share * model.residual(label, natural), 0) @ inputs
    step = solve_transposed(factor, solve(factor, pull))
    whole = jnp.max(jnp.where(here, abs(inputs @ step), 0))
    share = jnp.where(whole > 0, jnp.log1p(whole) / jnp.where(whole > 0, whole, 1), 1)
    return coefficients + share * step, jnp.where(model.apart(label, natural, here), jnp.nan, share * whole)


class LogisticRegression(CanonicalRegression):
    """P(y = 1) = 1/(1 + e^(−x'θ)), labels 0 and 1.

    Attributes:
        features: d.
        iterations: most steps of Newton's method (counts).
    """

    kind: ClassVar[str] = "logistic_regression"
    strongest: ClassVar[float] = 100.0

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        plane = CanonicalTruth(coefficients=[0.5, -0.3], covariance=[[1.0, 0.3], [0.3, 2.0]])
        return [(LogisticRegression(features=1), CanonicalTruth(coefficients=[0.5])), (LogisticRegression(features=2), plane)]

    def label(self, words: Any, natural: Any) -> Any:
        share = (words[0] >> np.uint32(8)).astype(natural.dtype) * jnp.asarray(2.0**-24, natural.dtype)
        return jnp.where(jnp.isnan(natural), jnp.nan, share < jax.nn.sigmoid(natural))

    def residual(self, label: Any, natural: Any) -> Any:
        side = 2 * label - 1
        return side * jax.nn.sigmoid(-side * natural)

    def curvature(self, natural: Any) -> Any:
        return jax.nn.sigmoid(natural) * jax.nn.sigmoid(-natural)

    def apart(self, label: Any, natural: Any, here: Any) -> Any:
        """Every label is on its own side of the plane, so that larger coefficients always do better."""
        return jnp.all(jnp.where(here, (2 * label - 1) * natural > 0, True))

    def curvatures(self, signal: float) -> tuple[float, float, float]:
        z = np.linspace(-40, 40, 80_001) / max(1.0, signal)
        weight = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0]) / (2 + 2 * np.cosh(signal * z))
        return float(np.sum(weight)), float(np.sum(weight * z**2)), float(np.sum(weight * z**4))


class PoissonRegression(CanonicalRegression):
    """y ~ Poisson(e^(x'θ)): counts, of mean 1 where x = 0.

    Attributes:
        features: d.
        iterations: most steps of Newton's method (counts).
    """

    kind: ClassVar[str] = "poisson_regression"
    strongest: ClassVar[float] = 4.0  # hardly a rate is beyond those that counts are drawn for

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        plane = CanonicalTruth(coefficients=[0.4, -0.2], covariance=[[1.0, 0.3], [0.3, 2.0]])
        return [(PoissonRegression(features=2), plane)]

    def label(self, words: Any, natural: Any) -> Any:
        counts = poisson((words[0], words[1]), jnp.exp(natural))
        return jnp.where(counts < 0, jnp.nan, counts.astype(natural.dtype))

    def residual(self, label: Any, natural: Any) -> Any:
        return label - jnp.exp(natural)

    def curvature(self, natural: Any) -> Any:
        return jnp.exp(natural)

    def curvatures(self, signal: float) -> tuple[float, float, float]:
        mean, square = float(np.exp(signal**2 / 2)), signal**2
        return mean, (1 + square) * mean, (3 + 6 * square + square**2) * mean

"""Several time series that are fitted by one first-order autoregression, written by it, and fitted again."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import array, choice, count, field, plain
from madtheory.errors import BadInput
from madtheory.models._factor import lower_factor
from madtheory.models._family import Family, Fitted, View
from madtheory.models._moments import Moments
from madtheory.models.autoregressive import LARGEST
from madtheory.models.linear_regression import solve_transposed
from madtheory.random import normal
from madtheory.truth import RealLaw, positive_definite, vector

DOUBLINGS = 14  # of the steps that reach back into the past: LARGEST to the power 2¹⁴ is a rounding
SQUARINGS = 26  # of a matrix, whose norm's root is then its spectral radius up to rounding


def _check_coefficients(name: str, value: Any) -> None:
    square = isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[0] == value.shape[1] and value.size > 0
    if not (square and np.all(np.isfinite(value))):
        raise BadInput(name, "a square matrix of finite numbers", plain(value))
    radius = float(np.max(abs(np.linalg.eigvals(value))))
    if not radius < LARGEST:
        raise BadInput(name, f"a spectral radius below {LARGEST}: from 1 on there is no stationary series", radius)


class VectorAutoregressiveTruth(RealLaw):
    """The real law: x_k − μ = A (x_{k−1} − μ) + N(0, G), stationary.

    Attributes:
        coefficients: (d, d) A_0, of spectral radius below 1 (dimensionless).
        noise_covariance: (d, d) G of the innovations (squared units of the data); I where it is left out.
        mean: (d,) μ_0 (units of the data); 0 where it is left out.
    """

    coefficients: Any = field(array, _check_coefficients)
    noise_covariance: Any = field(array, positive_definite, default=None)
    mean: Any = field(array, vector, default=None)

    def check(self) -> None:
        for name in ("noise_covariance", "mean"):
            value = getattr(self, name)
            if value is not None and len(value) != len(self.coefficients):
                raise BadInput(name, f"{len(self.coefficients)} rows, one per series", f"{len(value)} rows")

    @property
    def dim(self) -> int:
        """2d: a point is the values of all series with those before them."""
        return 2 * len(self.coefficients)

    @property
    def innovations(self) -> np.ndarray:
        """(d, d) G."""
        return np.eye(len(self.coefficients)) if self.noise_covariance is None else self.noise_covariance


class VectorProcess(Fitted):
    """A fitted autoregression.

    Attributes:
        coefficients: (d, d) A.
        mean: (d,) μ − μ_0.
        shape: (d, d) lower triangular S, with e^(2 log_noise) S S' = G and tr S S' = d.
        log_noise: () half the logarithm of tr G/d.
    """

    coefficients: Any
    mean: Any
    shape: Any
    log_noise: Any


class VectorProcessView(View):
    """A fitted autoregression as observables read it.

    Attributes:
        real: (d, d) A_0.
    """

    real: Any

    @property
    def coefficients(self) -> Any:
        """(d, d) A_t."""
        return self.model.coefficients

    @property
    def log_noise(self) -> Any:
        """() half the logarithm of tr G_t/d."""
        return self.model.log_noise


class VectorAutoregressive(Family):
    """VAR(1), by least squares. A batch of n points is n steps of all series from a stationary start.

    A fit of spectral radius beyond `LARGEST` is shrunk to it: there is no stationary series to write.

    Attributes:
        series: d.
        mean: "known" for μ_0; "fitted" for an intercept, with μ the average of the values, both ends counting half.
    """

    kind: ClassVar[str] = "vector_autoregressive"
    truth_type: ClassVar[type[RealLaw]] = VectorAutoregressiveTruth
    view: ClassVar[type] = VectorProcessView
    needs_points: ClassVar[bool] = True
    distinct: ClassVar[bool] = True
    carriers: ClassVar[tuple[str, ...]] = ("autocorrelation",)
    series: int = count()
    mean: str = choice("known", "fitted")

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        truth = VectorAutoregressiveTruth(coefficients=[[0.5, 0.2], [-0.1, 0.3]], noise_covariance=[[1.0, 0.3], [0.3, 2.0]])
        return [(VectorAutoregressive(series=2, mean=mean), truth) for mean in ("known", "fitted")]

    @property
    def dim(self) -> int:
        """2d: a point is the values of all series with those before them."""
        return 2 * self.series

    @property
    def least_points(self) -> int:  # type: ignore[override]
        """d + 2, so that something is left for the noise."""
        return self.series + 2

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        if len(truth.coefficients) != self.series:
            raise BadInput("truth.coefficients", f"{self.series} rows, the model's series", f"{len(truth.coefficients)} rows")

    def world(self, truth: VectorAutoregressiveTruth, dtype: Any) -> VectorProcess:
        scale = np.sqrt(np.trace(truth.innovations) / self.series)
        shape = np.linalg.cholesky(truth.innovations) / scale
        parts = (truth.coefficients, np.zeros(self.series), shape, np.log(scale))
        return VectorProcess(*(np.asarray(part, dtype) for part in parts))

    def bound(self, truth: VectorAutoregressiveTruth, room: int) -> Family:
        return BoundVector(self.series, self.mean, real=truth.coefficients)

    def draw_points(self, words: Any, model: VectorProcess, rows: int, bias: Any) -> Any:
        """(rows, 2d) values with the ones before them, from μ_0."""
        d = self.series
        scores = normal(words.many((rows + 1) * d), model.mean.dtype).reshape(rows + 1, d)
        start = stationary_factor(model.coefficients, model.shape) @ scores[0]

        def step(x: Any, score: Any) -> tuple[Any, Any]:
            after = model.coefficients @ x + model.shape @ score
            return after, jnp.concatenate([x, after])

        return jnp.tile(model.mean, 2) + jnp.exp(model.log_noise) * jax.lax.scan(step, start, scores[1:])[1]

    def summarise(self, points: Any, n: Any) -> Moments:
        n = jnp.asarray(n, points.dtype)
        seen = (jnp.arange(len(points)) < n)[:, None]
        mean = points[0] + jnp.sum(jnp.where(seen, points - points[0], 0), axis=0) / n
        return Moments(n, n, mean, lower_factor(jnp.where(seen, points - mean, 0).T / jnp.sqrt(n)), jnp.zeros_like(n))

    def fit(self, summary: Moments, estimator: str, reach: Any, words: Any = None) -> VectorProcess:
        d, root = self.series, jnp.exp(summary.log_scale) * summary.factor
        average = (summary.mean[:d] + summary.mean[d:]) / 2
        if self.mean == "known":
            root, average = lower_factor(root, summary.mean[:, None]), jnp.zeros_like(average)
        slopes = jnp.stack([solve_transposed(root[:d, :d], row) for row in root[d:, :d]])
        rest = root[d:, d:]
        scale = jnp.sqrt(jnp.sum(rest**2) / d)
        return VectorProcess(contained(slopes), average, rest / jnp.where(scale > 0, scale, 1), jnp.log(scale))


class BoundVector(VectorAutoregressive):
    """The autoregression of a run, which knows the real one."""

    real: Any = eqx.field(kw_only=True)

    def see(self, frame: Any, model: VectorProcess, first_error: Any, t: Any, moving: bool) -> Any:
        return VectorProcessView(model, t, self.real)


def spectral_radius(matrix: Any) -> Any:
    """() the largest |λ| of a square matrix, as the root of the norm of a high power (Gelfand)."""

    def square(k: Any, state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        power, log, share = state
        norm = jnp.sqrt(jnp.sum(power**2))
        whole = jnp.maximum(norm, jnp.finfo(norm.dtype).tiny)
        unit = power / whole
        return unit @ unit, log + share * jnp.log(whole), share / 2

    start = matrix, jnp.zeros((), matrix.dtype), jnp.ones((), matrix.dtype)
    return jnp.exp(jax.lax.fori_loop(0, SQUARINGS, square, start)[1])


def contained(matrix: Any) -> Any:
    """The matrix, shrunk to a spectral radius of `LARGEST` where it has more."""
    return matrix * jnp.minimum(1, LARGEST / spectral_radius(matrix))


def stationary_factor(coefficients: Any, shape: Any) -> Any:
    """(d, d) lower triangular factor of Γ = Σ_k A^k S S' A'^k, twice as many terms with every step (Smith 1968)."""

    def double(k: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        power, factor = state
        return power @ power, lower_factor(factor, power @ factor)

    return jax.lax.fori_loop(0, DOUBLINGS, double, (coefficients, shape))[1]

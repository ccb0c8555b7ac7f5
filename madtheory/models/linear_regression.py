"""Linear regression: a model labels new inputs, and the next one is fitted to the labels."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory import _lapack as lapack
from madtheory._fields import array, choice, count, field, plain, positive_number
from madtheory.errors import BadInput, Words
from madtheory.models._equations import Equations, SharedDesign
from madtheory.models._factor import UNROLLED, below, diagonal, lower_factor, spread_out, strictly_lower
from madtheory.models._family import Family, Fitted, View
from madtheory.random import ONE, ChiSquareTable, Jump, bartlett_factor, normal
from madtheory.truth import RealLaw, positive_definite, vector

SPREAD = 8  # times rounding: a direction with less of its row left is taken for none


def _check_penalty(name: str, value: Any) -> None:
    good = isinstance(value, np.ndarray) and value.ndim <= 1 and value.size > 0
    if not (good and np.all(np.isfinite(value)) and np.all(value >= 0)):
        raise BadInput(name, "a finite number of at least 0, or a list with one per generation", plain(value))


class RegressionTruth(RealLaw):
    """The real law: x ~ N(0, Σ), y = x'w_0 + N(0, σ²).

    Attributes:
        coefficients: (d,) w_0 (units of y per unit of x).
        noise_variance: σ² (squared units of y).
        covariance: (d, d) Σ, symmetric positive definite; I where it is left out.
    """

    coefficients: Any = field(array, vector)
    noise_variance: Any = positive_number(default=1.0)
    covariance: Any = field(array, positive_definite, default=None)

    def check(self) -> None:
        if self.covariance is not None and len(self.covariance) != len(self.coefficients):
            raise BadInput("covariance", f"{len(self.coefficients)} rows, one per coefficient", f"{len(self.covariance)} rows")

    @property
    def dim(self) -> int:
        """d + 1: inputs and response."""
        return len(self.coefficients) + 1

    @property
    def input_covariance(self) -> np.ndarray:
        """(d, d) Σ."""
        return np.eye(len(self.coefficients)) if self.covariance is None else self.covariance


class Line(Fitted):
    """A fitted line.

    Attributes:
        error: (d,) ŵ − w_0.
        log_noise: () log σ̂.
    """

    error: Any
    log_noise: Any


class Plane(Fitted):
    """The real law as a run needs it.

    Attributes:
        coefficients: (d,) w_0.
        root: (d, d) lower triangular L with L L' = Σ.
        log_noise: () log σ.
    """

    coefficients: Any
    root: Any
    log_noise: Any


class LineView(View):
    """A fitted line as observables read it."""

    @property
    def error(self) -> Any:
        """(d,) ŵ_t − w_0."""
        return self.model.error

    @property
    def log_noise(self) -> Any:
        """() log σ̂_t."""
        return self.model.log_noise


class LinearRegression(Family):
    """y = x'w + noise without intercept; inputs are drawn from their real law by every generation.

    Attributes:
        features: d.
        method: "ols" (d points or more), "min_norm" (the shortest ŵ where there are fewer) or "ridge".
        penalty: λ of ridge, (X'X/W + λ) ŵ = X'y/W (squared units of x); one number or one per generation, 0 for none.
        design: "fresh" draws new inputs for every batch, "reused" labels the first rows of one and the same set anew.
        noise: "true" labels with the real σ², "refitted" with that of the residuals (1/N, or 1/(N−d) for "unbiased").
    """

    kind: ClassVar[str] = "linear_regression"
    truth_type: ClassVar[type[RealLaw]] = RegressionTruth
    view: ClassVar[type] = LineView
    estimators: ClassVar[tuple[str, ...]] = ("unbiased", "mle")
    carriers: ClassVar[tuple[str, ...]] = ("risk", "log_risk")
    rewards: ClassVar[tuple[str, ...]] = ("line",)
    features: int = count()
    method: str = choice("ols", "min_norm", "ridge", default="ols", kw_only=True)
    penalty: Any = field(array, _check_penalty, default=None, kw_only=True)
    design: str = choice("fresh", "reused", kw_only=True)
    noise: str = choice("true", "refitted", kw_only=True)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        plane = RegressionTruth(coefficients=[1.0, -0.5], noise_variance=0.5, covariance=[[1.0, 0.3], [0.3, 2.0]])
        wide = RegressionTruth(coefficients=np.linspace(-1, 1, 7))
        return [
            (LinearRegression(features=2, design="fresh", noise="refitted"), plane),
            (LinearRegression(features=2, design="reused", noise="true"), plane),
            (LinearRegression(features=2, method="ridge", penalty=0.5, design="fresh", noise="true"), plane),
            (LinearRegression(features=7, method="min_norm", design="fresh", noise="true"), wide),
        ]

    @property
    def dim(self) -> int:
        """d + 1: a point is its inputs and its response."""
        return self.features + 1

    @property
    def distinct(self) -> bool:  # type: ignore[override]
        """Whether it has two numbers or more."""
        return self.features > 1

    @property
    def least_points(self) -> int:  # type: ignore[override]
        """d for least squares, one more where a variance is estimated."""
        return self.features + (self.noise == "refitted") if self.method == "ols" else 1

    def check(self) -> None:
        if (self.penalty is None) == (self.method == "ridge"):
            found = "none" if self.penalty is None else plain(self.penalty)
            raise BadInput("penalty", "a number where the method is 'ridge', and nothing else where", Words(str(found)))

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        if len(truth.coefficients) != self.features:
            found = f"{len(truth.coefficients)} entries"
            raise BadInput("truth.coefficients", f"{self.features} entries, the model's features", found)

    def horizon(self) -> int | None:
        return len(self.penalty) if self.penalty is not None and self.penalty.ndim else None

    def by_points(self, sizes: np.ndarray) -> bool:
        return self.design == "reused" and len(sizes) > 1

    def place(self, truth: RegressionTruth) -> tuple[np.ndarray, np.ndarray]:
        factor = np.eye(self.dim)
        factor[-1, :-1] = truth.coefficients
        return np.zeros(self.dim), factor

    def world(self, truth: RegressionTruth, dtype: Any) -> Plane:
        root = np.linalg.cholesky(truth.input_covariance)
        log_noise = np.asarray(0.5 * np.log(truth.noise_variance))
        return Plane(truth.coefficients.astype(dtype), root.astype(dtype), log_noise.astype(dtype))

    def bound(self, truth: RegressionTruth, room: int) -> Family:
        settings = {"method": self.method, "penalty": self.penalty, "design": self.design, "noise": self.noise}
        return BoundRegression(self.features, real=self.world(truth, np.float64), white=truth.covariance is None, **settings)

    def truth(self, world: Plane, dtype: Any) -> Line:
        return Line(jnp.zeros(self.features, dtype), jnp.asarray(world.log_noise, dtype))


class BoundRegression(LinearRegression):
    """The regression of a run, which knows the real law of its inputs."""

    real: Plane = eqx.field(kw_only=True)
    white: bool = eqx.field(kw_only=True, static=True)

    def tables(self, sizes: np.ndarray, dtype: Any, tilt: float = 0.0, jump: Jump = ONE) -> ChiSquareTable:
        nu = sizes[:, None] - np.arange(self.features + 1)
        return ChiSquareTable.build(nu, dtype, tilt, jump)

    def draw(self, words: Any, model: Line, n: Any, bias: Any, tables: ChiSquareTable) -> Equations:
        dtype, d = model.error.dtype, self.features
        n = jnp.asarray(n, dtype)
        if self.design == "reused":
            factor = self._coloured(_bartlett(words.unchanging(), d, n, tables, dtype))
            scores = normal(words.many(d + 1), dtype)
            noise = jnp.where(jnp.arange(d) < n, scores[:d], 0) / jnp.sqrt(n)
            log_rest = (jnp.log(jnp.maximum(n - d, 0) / n) + tables.log_ratio(scores[d:], (n - d)[None])[0]) / 2
            kind: type[Equations] = SharedDesign
        else:
            both = _bartlett(words, d + 1, n, tables, dtype)
            factor, noise, log_rest, kind = self._coloured(both[:d, :d]), both[d, :d], jnp.log(both[d, d]), Equations
        cross = model.error @ factor + jnp.exp(model.log_noise) * noise
        return kind(n, n, factor, cross, model.log_noise + log_rest)

    def draw_points(self, words: Any, model: Line, rows: int, bias: Any) -> Any:
        """Inputs with what the responses are above the real law's line."""
        dtype, d = model.error.dtype, self.features
        if self.design == "reused":
            scores, noise = normal(words.unchanging().many(d * rows), dtype), normal(words.many(rows), dtype)
        else:
            both = normal(words.many((d + 1) * rows), dtype)
            scores, noise = both[: d * rows], both[d * rows :]
        inputs = self._coloured(scores.reshape(rows, d).T).T
        return jnp.concatenate([inputs, (inputs @ model.error + jnp.exp(model.log_noise) * noise)[:, None]], axis=1)

    def summarise(self, points: Any, n: Any) -> Equations:
        n = jnp.asarray(n, points.dtype)
        kept = jnp.where((jnp.arange(len(points)) < n)[:, None], points, 0)
        return Equations.of(n, n, lower_factor(kept.T / jnp.sqrt(n)))

    def fit(self, summary: Equations, estimator: str, reach: Any, words: Any = None) -> Line:
        solve = {"ols": self._ols, "min_norm": self._min_norm, "ridge": self._ridge}[self.method]
        error = solve(summary, words)
        if self.noise == "true":
            return Line(error, jnp.asarray(self.real.log_noise, error.dtype))
        grown = -0.5 * jnp.log1p(-self.features / summary.count) if estimator == "unbiased" else 0.0
        return Line(error, summary.log_rest + jnp.where(summary.count > self.features, grown, 0.0))

    def _ols(self, summary: Equations, words: Any) -> Any:
        return solve_transposed(summary.factor, summary.cross)

    def _ridge(self, summary: Equations, words: Any) -> Any:
        dtype = summary.cross.dtype
        penalty = jnp.asarray(self.penalty, dtype)
        penalty = penalty if penalty.ndim == 0 else penalty[words.generation.astype(jnp.int32) - 1]
        shrunk = lower_factor(summary.factor, jnp.sqrt(penalty) * jnp.eye(self.features, dtype=dtype))
        pull = summary.factor @ summary.cross - penalty * self._coefficients(dtype)
        return solve_transposed(shrunk, solve(shrunk, pull))

    def _min_norm(self, summary: Equations, words: Any) -> Any:
        """A (A'A)⁻¹ y for the columns of A that are not 0, up to rounding."""
        factor, dtype = summary.factor, summary.cross.dtype
        size = jnp.sqrt(jnp.sum(factor**2, axis=1))
        rank = jnp.sum(diagonal(factor) > SPREAD * self.features * jnp.finfo(dtype).eps * size)
        alive = jnp.arange(self.features) < rank
        factor, real = jnp.where(alive, factor, 0), self._coefficients(dtype)
        inner = lower_factor(factor.T) + spread_out(jnp.where(alive, 0, jnp.ones((), dtype)))
        response = jnp.where(alive, real @ factor + summary.cross, 0)
        return factor @ solve_transposed(inner, solve(inner, response)) - real

    def _coloured(self, columns: Any) -> Any:
        """L A for white inputs A (d, m)."""
        return columns if self.white else jnp.asarray(self.real.root, columns.dtype) @ columns

    def _coefficients(self, dtype: Any) -> Any:
        return jnp.asarray(self.real.coefficients, dtype)


def _bartlett(words: Any, dim: int, n: Any, tables: ChiSquareTable, dtype: Any) -> Any:
    """(dim, dim) lower triangular T with n T T' ~ Wishart(n, I)."""
    scores = normal(words.many(dim + below(dim)), dtype, stored=dim > UNROLLED)
    return bartlett_factor(scores[:dim], strictly_lower(scores[dim:], dim), n, tables)


def solve(factor: Any, right: Any) -> Any:
    """L⁻¹ b (d,) for lower triangular L of full rank."""
    if len(right) > UNROLLED:
        return lapack.solve_lower(factor, right[:, None])[:, 0]
    found: list[Any] = []
    for i in range(len(right)):
        found.append((right[i] - sum(factor[i, j] * x for j, x in enumerate(found))) / factor[i, i])
    return jnp.stack(found)


def solve_transposed(factor: Any, right: Any) -> Any:
    """L'⁻¹ b (d,): turned upside down, the transpose is lower triangular."""
    if len(right) > UNROLLED:
        return lapack.solve_transposed(factor, right)
    return solve(factor.T[::-1, ::-1], right[::-1])[::-1]

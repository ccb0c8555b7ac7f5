"""Gaussians with few factors and equal noise: probabilistic principal components, fitted in closed form."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from madtheory import _lapack as lapack
from madtheory._fields import count
from madtheory.errors import BadInput
from madtheory.models._factor import lower_factor
from madtheory.models._family import Family, Fitted, View
from madtheory.models._moments import Moments
from madtheory.random import normal
from madtheory.truth import RealLaw, Truth


class Factored(Fitted):
    """A fitted law N(mean, C).

    Attributes:
        mean: (d,) measured from the real one.
        root: (d, d) R with R R' = C, its columns along the principal axes; lower triangular for the real law.
        log_scales: (d,) logarithms of the standard deviations along the principal axes, largest first.
    """

    mean: Any
    root: Any
    log_scales: Any


class FactoredView(View):
    """A fitted law as observables read it."""

    @property
    def mean(self) -> Any:
        """(d,) mean, measured from the real one."""
        return self.model.mean

    @property
    def root(self) -> Any:
        """(d, d) R with R R' = C."""
        return self.model.root

    @property
    def log_scales(self) -> Any:
        """(d,) logarithms of the standard deviations along the principal axes, largest first."""
        return self.model.log_scales


class ProbabilisticPCA(Family):
    """N(μ, W W' + σ²I) with W of q columns, by maximum likelihood: the q largest eigenvalues stay, the others become their mean.

    Attributes:
        dim: d.
        factors: q, below d (Tipping & Bishop 1999).
    """

    kind: ClassVar[str] = "probabilistic_pca"
    truth_type: ClassVar[type[RealLaw]] = Truth
    view: ClassVar[type] = FactoredView
    needs_points: ClassVar[bool] = True
    distinct: ClassVar[bool] = True
    carriers: ClassVar[tuple[str, ...]] = ("kl_reverse",)
    dim: int = count()
    factors: int = count()

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        truth = Truth(mean=[1.0, 0.0, -1.0], covariance=0.5 * np.eye(3) + 0.8 * np.outer([1, -1, 1], [1, -1, 1]))
        return [(ProbabilisticPCA(dim=3, factors=1), truth)]

    @property
    def least_points(self) -> int:  # type: ignore[override]
        """q + 2, so that something is left for the noise."""
        return self.factors + 2

    @property
    def parameters(self) -> int:
        """Free parameters: of the mean, of W up to rotations, and σ²."""
        d, q = self.dim, self.factors
        return d + d * q - q * (q - 1) // 2 + 1

    def check(self) -> None:
        if self.factors >= self.dim:
            raise BadInput("factors", f"fewer than the {self.dim} dimensions", self.factors)

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        if truth.dim != self.dim:
            raise BadInput("truth.mean", f"{self.dim} entries, the model's dim", f"{truth.dim} entries")

    def world(self, truth: Truth, dtype: Any) -> Factored:
        scales = np.log(np.linalg.eigvalsh(truth.covariance)[::-1]) / 2
        parts = np.zeros(self.dim), np.linalg.cholesky(truth.covariance), scales
        return Factored(*(np.asarray(part, dtype) for part in parts))

    def data(self, truth: Truth, dtype: Any) -> np.ndarray | None:
        return None if truth.parametric or truth.points is None else (truth.points - truth.mean).astype(dtype)

    def draw_points(self, words: Any, model: Factored, rows: int, bias: Any) -> Any:
        scores = normal(words.many(rows * self.dim), model.mean.dtype).reshape(rows, self.dim)
        return model.mean + scores @ model.root.T

    def summarise(self, points: Any, n: Any) -> Moments:
        n = jnp.asarray(n, points.dtype)
        seen = (jnp.arange(len(points)) < n)[:, None]
        mean = points[0] + jnp.sum(jnp.where(seen, points - points[0], 0), axis=0) / n
        return Moments(n, n, mean, lower_factor(jnp.where(seen, points - mean, 0).T / jnp.sqrt(n)), jnp.zeros_like(n))

    def fit(self, summary: Moments, estimator: str, reach: Any, words: Any = None) -> Factored:
        axes, scales = lapack.left_singular(jnp.exp(summary.log_scale) * summary.factor)
        rest = jnp.sqrt(jnp.sum(scales[self.factors :] ** 2) / (self.dim - self.factors))
        scales = jnp.where(jnp.arange(self.dim) < self.factors, scales, rest)
        return Factored(summary.mean, axes * scales, jnp.log(scales))

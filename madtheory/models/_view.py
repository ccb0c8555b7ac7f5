"""The view of a fitted Gaussian, and of the real one, that observables read."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory.models._factor import UNROLLED, diagonal


class World(eqx.Module):
    """The real law N(μ_0, Σ_0) as observables need it.

    Attributes:
        factor: (d, d) lower triangular L_0 with L_0 L_0' = Σ_0.
        log_det: () log|Σ_0|.
        standard: () whether L_0 = I.
    """

    factor: Any
    log_det: Any
    standard: Any

    @staticmethod
    def of(covariance: np.ndarray, dtype: Any) -> World:
        """The view of a covariance (d, d)."""
        factor = np.linalg.cholesky(covariance)
        log_det = np.asarray(2 * np.sum(np.log(np.diagonal(factor)))).astype(dtype)
        return World(factor.astype(dtype), log_det, np.asarray(np.array_equal(factor, np.eye(len(factor)))))

    def units(self, columns: Any) -> Any:
        """L_0 A for A (d, d) or (d,): columns in the units of the data."""
        if len(columns) <= UNROLLED:
            return self.factor @ columns
        return jax.lax.cond(self.standard, lambda: columns, lambda: self.factor @ columns)


class Placed(eqx.Module):
    """A fitted mean and covariance at one generation, in the coordinates where those of the real law are 0 and I.

    Attributes:
        frame: where the model's coordinates lie.
        model: the model relative to the frame.
        first_error: () Fisher norm of the error of generation 1.
        t: the generation.
        settled: whether the frame has moved to the model, whose own factor then only tells which directions are alive.
    """

    frame: Any
    model: Any
    first_error: Any
    t: Any
    settled: bool = eqx.field(static=True, default=False)

    @property
    def mean(self) -> Any:
        """(d,) mean."""
        if self.settled:
            return self.frame.mean
        return self.frame.mean + self.frame.unit @ (jnp.exp(self.frame.log_diag) * self.model.mean)

    @property
    def log_diag(self) -> Any:
        """(d,) log of the diagonal of the triangular factor of the covariance."""
        if self.settled:
            return self.frame.log_diag if self._alive is None else jnp.where(self._alive, self.frame.log_diag, -jnp.inf)
        own = jnp.log(diagonal(self.model.factor)) + self.model.log_scale
        return self.frame.log_diag + own

    @property
    def unit(self) -> Any:
        """(d, d) the triangular factor with its columns scaled to a unit diagonal."""
        if self.settled:
            unit = self.frame.unit
            return unit if self._alive is None else jnp.where(self._alive, unit, jnp.eye(len(unit), dtype=unit.dtype))
        return self.frame.columns(self.model.factor)

    @property
    def _alive(self) -> Any:
        """(d,) directions that are alive, of a settled model; in one dimension the log-scale itself tells."""
        return None if len(self.frame.mean) == 1 else self.model.alive > 0

    @property
    def factor(self) -> Any:
        """(d, d) lower triangular factor of the covariance; underflows to 0 where the covariance does."""
        return self.unit * jnp.exp(self.log_diag)


class Seen(Placed):
    """A fitted Gaussian, in the coordinates where the real law is N(0, I)."""

    def fisher_error(self) -> Any:
        """() squared error of (μ, Σ) in the Fisher metric at the real law, per point: ‖μ‖² + ‖Σ − I‖²/2."""
        covariance = self.factor @ self.factor.T
        return jnp.sum(self.mean**2) + 0.5 * jnp.sum((covariance - jnp.eye(len(covariance), dtype=covariance.dtype)) ** 2)

"""The eigenvalues of the fitted covariance, to full relative precision however far apart they are."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from madtheory.models import Placed, World
from madtheory.observables._jacobi import log_eigenvalues
from madtheory.observables._observable import Observable


class LogEigenvalues(Observable):
    """Logs of the eigenvalues of Σ_t, the largest first (dimensionless); −inf where the rank is lost."""

    name: ClassVar[str] = "log_eigenvalues"
    view: ClassVar[type] = Placed
    vector: ClassVar[bool] = True
    scale: ClassVar[str] = "log"

    def value(self, seen: Placed, world: World) -> Any:
        return log_eigenvalues(world.factor @ seen.unit, seen.log_diag)

    def width(self, dim: int) -> int:
        return dim


class LargestEigenvalue(Observable):
    """λ_1, the largest eigenvalue of Σ_t (squared units of the data)."""

    name: ClassVar[str] = "largest_eigenvalue"
    view: ClassVar[type] = Placed
    reported: ClassVar[bool] = False

    def value(self, seen: Placed, world: World) -> Any:
        return jnp.exp(log_eigenvalues(world.factor @ seen.unit, seen.log_diag)[0])


class EffectiveRank(Observable):
    """(tr Σ_t)²/tr Σ_t², quenched: the mean over replicas of each one's own rank (from 1 to d; 0 for a point)."""

    name: ClassVar[str] = "effective_rank"
    view: ClassVar[type] = Placed
    scale: ClassVar[str] = "log"

    def value(self, seen: Placed, world: World) -> Any:
        trace, square = _traces(seen, world)
        return trace**2 / jnp.where(square > 0, square, 1)


class EffectiveRankAnnealed(Observable):
    """E(tr Σ_t)²/E tr Σ_t², annealed: the ratio of means, carried by the replicas with the largest variance."""

    name: ClassVar[str] = "effective_rank_annealed"
    view: ClassVar[type] = Placed

    def value(self, seen: Placed, world: World) -> Any:
        trace, square = _traces(seen, world)
        scale = jnp.exp(4 * _top(seen))
        return jnp.stack([trace**2, square]) * scale

    def width(self, dim: int) -> int:
        return 2

    def reduce(self, mean: np.ndarray) -> np.ndarray:
        return np.divide(mean[..., :1], mean[..., 1:], out=np.full_like(mean[..., :1], np.nan), where=mean[..., 1:] > 0)


def _traces(seen: Placed, world: World) -> tuple[Any, Any]:
    """tr Σ and tr Σ² in units of the largest scale."""
    factor = world.units(seen.unit * jnp.exp(seen.log_diag - _top(seen)))
    covariance = factor @ factor.T
    return jnp.trace(covariance), jnp.sum(covariance**2)


def _top(seen: Placed) -> Any:
    """() the largest log scale; 0 for a point."""
    top = jnp.max(seen.log_diag)
    return jnp.where(jnp.isneginf(top), 0, top)

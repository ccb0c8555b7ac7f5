"""Models of few factors: what a covariance becomes when all but its largest eigenvalues are lost or made one."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._fields import choice, count
from madtheory.errors import BadInput
from madtheory.samplers._sampler import Sampler


class LowRank(Sampler):
    """The q leading directions of the fit, and of the others their mean variance or nothing.

    Attributes:
        rank: q, fewer than the dimensions (counts).
        rest: "noise" is probabilistic PCA at its maximum of likelihood (Tipping & Bishop 1999), "lost" a linear autoencoder.
    """

    kind: ClassVar[str] = "low_rank"
    spectral: ClassVar[bool] = True
    rank: int = count()
    rest: str = choice("noise", "lost", default="noise", kw_only=True)

    @staticmethod
    def cases() -> list[Sampler]:
        return [LowRank(1), LowRank(2, rest="lost")]

    def check_dim(self, dim: int) -> None:
        if self.rank >= dim:
            raise BadInput("rank", f"a whole number below {dim}, the dimension", self.rank)

    def through(self, std: Any) -> tuple[Any, Any]:
        """As of `Sampler`, for all standard deviations of a fit at once, the largest first."""
        mean_square = jnp.mean(std[self.rank :] ** 2) if self.rest == "noise" else jnp.zeros((), std.dtype)
        return jnp.ones_like(std), jnp.where(jnp.arange(len(std)) < self.rank, std, jnp.sqrt(mean_square))

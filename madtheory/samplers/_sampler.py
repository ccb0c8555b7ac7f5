"""What a sampler is: the law of its draws, where the score is that of the fitted Gaussian and nothing is estimated."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from madtheory._fields import Checked


class Sampler(Checked):
    """Base of all samplers. With an exact Gaussian score every step is affine, so the draws are Gaussian again.

    A step acts on every eigenvector of the covariance by itself, hence on standard deviations s one by one.

    Attributes:
        kind: its name in a loop file.
        spectral: whether what it does to a direction depends on the variances of the others.
    """

    kind: ClassVar[str]
    spectral: ClassVar[bool] = False

    @staticmethod
    def cases() -> list[Sampler]:
        """Instances on which the contract tests run this sampler."""
        raise NotImplementedError

    def check_dim(self, dim: int) -> None:
        """Raise `BadInput` where data of `dim` dimensions cannot be sampled so."""

    def through(self, std: Any) -> tuple[Any, Any]:
        """(…) share of the mean that is kept and (…) standard deviation of the draws, for data N(m, s²) along an eigenvector.

        Args:
            std: (…) s, in the units of the data.
        """
        raise NotImplementedError


def composed(step: Any, std: Any, times: Any) -> tuple[Any, Any]:
    """(…) gain A and (…) noise Q of x ← a x + √q ξ repeated: x ends as A x_0 + √Q ξ.

    Args:
        step: (s, from, to) → (a, q).
        std: (…) s.
        times: (N + 1,) where the steps begin and end.
    """

    def one(carry: tuple[Any, Any], ends: tuple[Any, Any]) -> tuple[tuple[Any, Any], None]:
        gain, noise = step(std, *ends)
        return (gain * carry[0], gain**2 * carry[1] + noise), None

    times = jnp.asarray(times, std.dtype)
    return jax.lax.scan(one, (jnp.ones_like(std), jnp.zeros_like(std)), (times[:-1], times[1:]))[0]

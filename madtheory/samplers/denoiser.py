"""One-step denoising: the conditional mean of a draw that was noised once."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._fields import field, plain, positive_number
from madtheory.errors import BadInput
from madtheory.samplers._sampler import Sampler


def _check_penalty(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise BadInput(name, "a finite number of at least 0", value)


class Denoiser(Sampler):
    """x ↦ m + D (x + σ ε − m) with Wiener's filter D = s²/(s² + σ² + λ): variance s² becomes D² (s² + σ²).

    Without a penalty that is s⁴/(s² + σ²): directions with little variance are lost first.

    Attributes:
        sigma: σ of the noise (units of the data).
        penalty: λ of a ridge denoiser, or of one whose training stopped early (units of a variance).
    """

    kind: ClassVar[str] = "denoiser"
    sigma: Any = positive_number()
    penalty: float = field(plain, _check_penalty, static=True, default=0.0, kw_only=True)

    @staticmethod
    def cases() -> list[Sampler]:
        return [Denoiser(0.3), Denoiser(0.5, penalty=0.2)]

    def through(self, std: Any) -> tuple[Any, Any]:
        noised = jnp.hypot(std, jnp.asarray(self.sigma, std.dtype))
        return jnp.ones_like(std), std**2 / (noised**2 + self.penalty) * noised

"""Ancestral sampling (Ho et al. 2020): a draw given the denoised point at every level, with either variance of the two."""

from __future__ import annotations

from typing import Any, ClassVar

from madtheory._fields import choice
from madtheory.samplers._noise import Noise
from madtheory.samplers._sampler import Sampler


class Ancestral(Noise):
    """x' = D + (σ'/σ)² (x − D) + noise, with the conditional mean D of the data given x.

    Attributes:
        variance: "posterior" adds σ'²(σ² − σ'²)/σ², right for a point mass; "forward" adds σ² − σ'², right for wide data.
    """

    kind: ClassVar[str] = "ancestral"
    variance: str = choice("posterior", "forward", default="posterior", kw_only=True)

    @staticmethod
    def cases() -> list[Sampler]:
        return [Ancestral(20, 20.0, 0.05), Ancestral(15, 10.0, 0.1, variance="forward", grid="edm", final="stop")]

    def step(self, std: Any, high: Any, low: Any) -> tuple[Any, Any]:
        noise = high**2 - low**2
        if self.variance == "posterior":
            noise = noise * (low / high) ** 2
        return (std**2 + low**2) / (std**2 + high**2), noise + 0 * std

"""The probability-flow equation dx/dσ = σ (x − m)/(s² + σ²), by Euler's, Heun's or the exact step."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._fields import choice
from madtheory.samplers._noise import Noise
from madtheory.samplers._sampler import Sampler


class ProbabilityFlow(Noise):
    """Deterministic sampling (Song et al. 2021; Euler's step is DDIM's, Heun's with the grid "edm" that of Karras et al. 2022).

    Attributes:
        solver: "euler", "heun" or "exact".
    """

    kind: ClassVar[str] = "probability_flow"
    solver: str = choice("euler", "heun", "exact", default="euler", kw_only=True)

    @staticmethod
    def cases() -> list[Sampler]:
        return [
            ProbabilityFlow(12, 20.0, 0.05),
            ProbabilityFlow(9, 30.0, 0.02, grid="edm", solver="heun"),
            ProbabilityFlow(5, 8.0, 0.3, grid="uniform", solver="exact", start="exact", final="stop"),
        ]

    def step(self, std: Any, high: Any, low: Any) -> tuple[Any, Any]:
        zero = jnp.zeros_like(std)
        if self.solver == "exact":
            return jnp.sqrt((std**2 + low**2) / (std**2 + high**2)), zero
        first = high / (std**2 + high**2)
        if self.solver == "euler":
            return 1 + (low - high) * first, zero
        second = low / (std**2 + low**2)
        return 1 + (low - high) / 2 * (first + second * (1 + (low - high) * first)), zero

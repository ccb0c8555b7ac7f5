"""Flow matching on straight paths x_t = (1 − t) ε + t x with ε independent of x: dx/dt = m + a(t)(x − t m)."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory._fields import choice, count, positive_number
from madtheory.samplers._sampler import Sampler, composed


class FlowMatching(Sampler):
    """Deterministic sampling from N(0, b²) at t = 0 to t = 1 in equal steps (Lipman et al. 2023).

    Attributes:
        steps: K (counts).
        base: b, standard deviation of the noise ε (units of the data).
        solver: "euler" or "heun".
    """

    kind: ClassVar[str] = "flow_matching"
    steps: int = count()
    base: Any = positive_number(default=1.0, kw_only=True)
    solver: str = choice("euler", "heun", default="euler", kw_only=True)

    @staticmethod
    def cases() -> list[Sampler]:
        return [FlowMatching(8), FlowMatching(6, base=2.0, solver="heun")]

    def rate(self, std: Any, t: Any) -> Any:
        """(…) a(t) = (t s² − (1 − t) b²)/((1 − t)² b² + t² s²), which is 1 at t = 1 for every s."""
        far, near = ((1 - t) * jnp.asarray(self.base, std.dtype)) ** 2, (t * std) ** 2
        inner = (t * std**2 - (1 - t) * jnp.asarray(self.base, std.dtype) ** 2) / jnp.where(t < 1, far + near, 1)
        return jnp.where(t < 1, inner, 1)

    def step(self, std: Any, t: Any, after: Any) -> tuple[Any, Any]:
        """(…) gain of one step about the mean of the path, and no noise."""
        h, first = after - t, self.rate(std, t)
        gain = 1 + h * first
        if self.solver == "heun":
            gain = 1 + h / 2 * (first + self.rate(std, after) * gain)
        return gain, jnp.zeros_like(std)

    def through(self, std: Any) -> tuple[Any, Any]:
        gain, _ = composed(self.step, std, jnp.arange(self.steps + 1) / self.steps)
        return jnp.ones_like(gain), abs(gain) * jnp.asarray(self.base, std.dtype)

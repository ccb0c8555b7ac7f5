"""Diffusion samplers in the variance-exploding convention: noise levels from σ_max down to σ_min, or on to 0."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from madtheory._fields import choice, count, positive_number
from madtheory.errors import BadInput
from madtheory.samplers._sampler import Sampler, composed


class Noise(Sampler):
    """Base of samplers on a grid of noise levels; data at level σ have variance s² + σ². Other conventions follow by rescaling.

    Attributes:
        steps: intervals between σ_max and σ_min (counts).
        sigma_max: σ at the start (units of the data).
        sigma_min: σ at the last level above 0 (units of the data).
        grid: "geometric" has one ratio of levels, "uniform" one difference, "edm" is even in σ^{1/7} (Karras et al. 2022).
        start: "wide" starts from N(0, σ_max²), "exact" from the data at that level, N(m, s² + σ_max²).
        final: "stop" keeps what is left at σ_min, "denoise" ends with the conditional mean given it.
    """

    steps: int = count()
    sigma_max: Any = positive_number()
    sigma_min: Any = positive_number()
    grid: str = choice("geometric", "uniform", "edm", default="geometric", kw_only=True)
    start: str = choice("wide", "exact", default="wide", kw_only=True)
    final: str = choice("stop", "denoise", default="denoise", kw_only=True)

    def check(self) -> None:
        if not self.sigma_min < self.sigma_max:
            raise BadInput("sigma_min", f"a number below sigma_max, {float(self.sigma_max):g}", float(self.sigma_min))

    def levels(self) -> Any:
        """(steps + 1,) σ_max … σ_min; traced where they are."""
        share, high, low = jnp.arange(self.steps + 1) / self.steps, jnp.asarray(self.sigma_max), jnp.asarray(self.sigma_min)
        if self.grid == "geometric":
            return high * (low / high) ** share
        power = 1 if self.grid == "uniform" else 7
        return (high ** (1 / power) + share * (low ** (1 / power) - high ** (1 / power))) ** power

    def step(self, std: Any, high: Any, low: Any) -> tuple[Any, Any]:
        """(…) gain and (…) variance of the noise of one step from level `high` to `low`, about the mean of the data."""
        raise NotImplementedError

    def through(self, std: Any) -> tuple[Any, Any]:
        gain, noise = composed(self.step, std, self.levels())
        if self.final == "denoise":
            kept = std**2 / (std**2 + jnp.asarray(self.sigma_min, std.dtype) ** 2)
            gain, noise = kept * gain, kept**2 * noise
        high = jnp.asarray(self.sigma_max, std.dtype)
        first = high if self.start == "wide" else jnp.hypot(std, high)
        mean = 1 - gain if self.start == "wide" else jnp.ones_like(gain)
        return mean, jnp.hypot(gain * first, jnp.sqrt(noise))

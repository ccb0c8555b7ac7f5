"""Exponential tilt: preference curation among infinitely many draws, p ∝ p e^r."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from madtheory.curation._curation import Curation


class Tilt(Curation):
    """A Gaussian stays Gaussian: a linear reward moves its mean by Σb, a quadratic one adds its a to every precision.

    A reward that grows faster than the model decays leaves nothing to draw from: such a replica fails.
    """

    kind: ClassVar[str] = "tilt"

    @staticmethod
    def cases() -> list[Curation]:
        return [Tilt(direction=[0.2]), Tilt(centre=[1.0], strength=0.3), Tilt(novelty=0.05)]

    def of_covariance(self, dtype: Any) -> Any:
        """() what is added to every precision; `None` for a linear reward, which adds nothing."""
        if self.direction is not None:
            return None
        return jnp.asarray(self.strength if self.centre is not None else -self.novelty, dtype)

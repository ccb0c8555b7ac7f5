"""What the accumulate laws share: one generation multiplies the 1/N variance of the pool by an independent factor.

R_t = [N_t + c χ²_{n−1} + c (N_t/N_{t+1}) χ²_1]/N_{t+1}, with c = λκ_t and n the points of the batch that joins the pool of N_t.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from madtheory.loop import Loop
from madtheory.schedules import per_generation
from madtheory.schedules._schedule import initial_size


class Factors(NamedTuple):
    """The factors R_1 … R_{T−1}, and the real batch.

    Attributes:
        pool: (T,) N_t (counts).
        size: (T,) points of the batch that joins at generation t; the first is the real batch (counts).
        scale: (T,) c = λ κ of that batch; λ_1 for the real batch.
        kappa: (T+1,) what the estimator multiplies the 1/N variance with.
    """

    pool: np.ndarray
    size: np.ndarray
    scale: Any
    kappa: np.ndarray

    def mean(self) -> Any:
        """(T,) E s_1/S_0, then E R_t."""
        old, new = self.pool[:-1], self.pool[1:]
        first = self.scale[:1] * (1 - 1 / self.size[0])
        return jnp.append(first, (old + self.scale[1:] * (self.size[1:] - 1 + old / new)) / new)

    def variance(self) -> Any:
        """(T,) Var s_1/S_0², then Var R_t."""
        old, new = self.pool[:-1], self.pool[1:]
        first = 2 * (self.size[:1] - 1) * (self.scale[:1] / self.size[0]) ** 2
        return jnp.append(first, 2 * (self.scale[1:] / new) ** 2 * (self.size[1:] - 1 + (old / new) ** 2))


def factors(loop: Loop, generations: int) -> Factors:
    """The factors of an accumulate loop; differentiable in the sampling bias."""
    schedule: Any = loop.schedule
    n = np.array(per_generation(schedule.n, generations))
    n[0] = initial_size(schedule.n_initial, schedule.n)
    pool = np.cumsum(n)
    kappa = np.append(1.0, np.ones(generations) if loop.estimator == "mle" else 1 / (1 - 1 / pool))
    bias = jnp.asarray(loop.bias(generations))
    first = bias[:1] if loop.bias_first_generation else jnp.ones(1)
    return Factors(pool, n, jnp.append(first, bias[1:] * kappa[1:-1]), kappa)

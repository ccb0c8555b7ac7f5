"""A bound on how long a mixture fitted by EM stays spread out under replace."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp

from madtheory.laws._hypotheses import REPLACE
from madtheory.laws._law import Law, running
from madtheory.laws._points import mixture_loop
from madtheory.laws._replace import fewer_points, sizes
from madtheory.loop import Loop
from madtheory.models import Mixture
from madtheory.schedules import Replace


@dataclasses.dataclass(frozen=True)
class MixtureTail(Law):
    r"""Markov's inequality on σ_t², whose mean falls by 1 − 1/n per generation because EM keeps the variance of its data.

    For large t it is below the (σ_0/ε)e^{−t/(4n)} of Suresh et al., which is about another fit of two components.

    Attributes:
        epsilon: ε, the standard deviation that is asked about (units of the data).
    """

    name = "mixture-tail"
    observable = "tail_probability"
    kind = "upper"
    family = Mixture
    statement = (
        r"P(\sigma_t>\varepsilon)\le\frac{\sigma_0^2}{\varepsilon^2}\prod_{k\le t}\Bigl(1-\frac1{n_k}\Bigr),\qquad"
        r"\sigma_t^2=\sum_iw_{t,i}\bigl(v_{t,i}+(m_{t,i}-\bar m_t)^2\bigr)"
    )
    source = "madtheory"
    hypotheses = (REPLACE,)

    epsilon: float = 0.1

    def mean(self, loop: Loop, generations: int) -> Any:
        log_decay = running(jnp.log1p(-1 / sizes(loop, generations)))
        return jnp.minimum(1.0, loop.truth.variance / self.epsilon**2 * jnp.exp(log_decay))  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(mixture_loop(Replace(n=8)), 80)]

    def wrong(self, loop: Loop) -> Loop:
        return fewer_points(loop, 3)

"""How much synthetic data biased sampling allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, UNBIASED
from madtheory.laws._law import Quantity
from madtheory.laws._mixed import BELOW_ONE, MIXED, POOLED, REDRAWN, Mix, limit_w2_squared, mix, real_only_w2_squared
from madtheory.loop import Loop
from madtheory.schedules import Fresh

HALVINGS = 60
BRACKET = (0.0, 60.0)  # log n_s


class AdmissibleSyntheticSize(Quantity):
    r"""The n_s at which n_e = n_r: the limit point is as far from the truth as a fit to the n_r real points alone."""

    name = "admissible-synthetic-size"
    observable = "admissible_synthetic_size"
    kind = "first_order"
    statement = r"n_s:\ \mathbb{E}W_2^2(\infty;n_r,n_s,\lambda)=\mathbb{E}W_2^2(\text{fit to }n_r\text{ real points})"
    source = "alemohammad2024"
    hypotheses = (MIXED, POOLED, REDRAWN, UNBIASED, PARAMETRIC, BELOW_ONE)

    def value(self, loop: Loop) -> Any:
        def harm(log_size: Any) -> Any:
            m = resized(mix(loop), jnp.exp(log_size))
            return limit_w2_squared(loop, m) - real_only_w2_squared(loop) / m.n_real

        found = jax.lax.stop_gradient(bisect(harm))
        return jnp.exp(found - harm(found) / jax.lax.stop_gradient(jax.grad(harm)(found)))  # a Newton step carries the gradient

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(Fresh(n_real=1000, n_synthetic=100), dim=3, sampling_bias=0.7), 1)]


def resized(m: Mix, n_synthetic: Any) -> Mix:
    """The same loop with another synthetic batch, pooled."""
    total = m.n_real + n_synthetic
    return m._replace(n_synthetic=n_synthetic, weight=m.n_real / total, kappa=total / (total - 1))


def bisect(increasing: Callable[[Any], Any]) -> Any:
    """The root of a function that is below 0 at the lower end of BRACKET and above 0 at the upper end."""

    def halve(_: int, ends: Any) -> Any:
        middle = jnp.mean(ends)
        return jnp.where(increasing(middle) > 0, jnp.stack([ends[0], middle]), jnp.stack([middle, ends[1]]))

    return jnp.mean(jax.lax.fori_loop(0, HALVINGS, halve, jnp.array(BRACKET)))

"""Precision and recall of a Gaussian loop under any schedule, to first order in 1/n."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from madtheory.laws._hypotheses import FULL_RANK, PARAMETRIC
from madtheory.laws._law import Law
from madtheory.laws._second_moments import path
from madtheory.laws.first_order_log_variance import first_order_cases
from madtheory.loop import Loop
from madtheory.observables.coverage import precision, recall


def curved(share: Callable[[Any, Any], Any], scale: Any, drift: Any, spread: Any) -> Any:
    """E f(μ, S) at μ ~ (0, P), S ~ (V, 2Φ): f + P f_μμ/2 + Φ f_SS."""
    zero = jnp.zeros(())
    across = jax.grad(jax.grad(share, argnums=0), argnums=0)(zero, scale)
    along = jax.grad(jax.grad(share, argnums=1), argnums=1)(zero, scale)
    return share(zero, scale) + 0.5 * drift * across + spread * along


class OfCoverage(Law):
    """Base: every coordinate has the same first-order law, so that d does not matter."""

    kind = "first_order"
    recursive = True
    source = "alaa2022, madtheory"
    hypotheses = (FULL_RANK, PARAMETRIC)
    share: ClassVar[Callable[[Any, Any], Any]]

    def mean(self, loop: Loop, generations: int) -> Any:
        return jax.vmap(lambda *at: curved(type(self).share, *at))(*path(loop, generations))

    def cases(self) -> list[tuple[Loop, int]]:
        return first_order_cases()


class FirstOrderPrecision(OfCoverage):
    r"""f(μ, S) = Φ((z−μ)/√S) − Φ((−z−μ)/√S), z the edge of the real law's central 90 %: it rises as V falls."""

    name = "first-order-precision"
    observable = "precision"
    statement = (
        r"\mathbb{E}f=f(0,V_t)+\tfrac12P_tf_{\mu\mu}+\Phi_tf_{SS}+O(n^{-2}),\qquad"
        r"f=\Phi\Bigl(\tfrac{z-\mu}{\sqrt S}\Bigr)-\Phi\Bigl(\tfrac{-z-\mu}{\sqrt S}\Bigr)"
    )
    share = staticmethod(precision)


class FirstOrderRecall(OfCoverage):
    r"""f(μ, S) = Φ(μ+z√S) − Φ(μ−z√S): recall is lost in proportion to the standard deviation."""

    name = "first-order-recall"
    observable = "recall"
    statement = (
        r"\mathbb{E}f=f(0,V_t)+\tfrac12P_tf_{\mu\mu}+\Phi_tf_{SS}+O(n^{-2}),\qquad"
        r"f=\Phi(\mu+z\sqrt S)-\Phi(\mu-z\sqrt S)"
    )
    share = staticmethod(recall)

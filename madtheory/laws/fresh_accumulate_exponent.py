"""Fresh data into a pool that keeps everything: the real fraction one half is critical."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import NO_BIAS
from madtheory.laws._law import Hypothesis, Quantity
from madtheory.loop import Loop
from madtheory.schedules import Custom


def fresh_pool(n_real: int, n_synthetic: int, generations: int) -> Custom:
    """Every generation adds `n_real` real points and `n_synthetic` of the last model to a pool that is kept whole."""
    later = np.arange(1, generations)
    source = np.append(0, np.stack([0 * later, later], axis=1))
    size = np.append(n_real + n_synthetic, np.tile([n_real, n_synthetic], generations - 1))
    born = np.append(1, np.repeat(later + 1, 2))
    kept = (born <= np.arange(1, generations + 1)[:, None]) * size
    return Custom(source=source, size=size, weights=kept / kept.sum(axis=1, keepdims=True))


def _fractions(loop: Loop) -> np.ndarray:
    """(T−1,) real fraction of the points that each generation after the first adds."""
    table = loop.schedule.composition(loop.schedule.horizon() or 8)
    added = np.arange(2, table.generations + 1)[:, None] == table.born
    return (added & (table.source == 0)) @ table.size / np.maximum(added @ table.size, 1)


def _keeps_everything(loop: Loop) -> bool:
    table = loop.schedule.composition(loop.schedule.horizon() or 8)
    if loop.schedule.kind != "composition" or table.generations < 3:
        return False
    generation = np.arange(1, table.generations + 1)
    pool = (table.born <= generation[:, None]) * table.size
    added = (table.born == generation[1:, None]) @ table.size
    last = np.all((table.source == 0) | (table.source == table.born - 1))
    whole = np.allclose(table.weights, pool / pool.sum(axis=1, keepdims=True))
    real = _fractions(loop)
    return bool(whole and last and np.ptp(added) == 0 and np.ptp(real) == 0 and real[0] > 0)


FRESH_POOL = Hypothesis("a pool that keeps all and grows by the same numbers of real and last-model points", _keeps_everything)


class FreshAccumulateExponent(Quantity):
    r"""E‖μ_t−μ_0‖² ~ t^{−min(1, 2r)} with r the real fraction of what is added (t⁻¹ log t at r = 1/2)."""

    name = "fresh-accumulate-exponent"
    observable = "mean_square_drift_exponent"
    kind = "rate"
    statement = r"\lim_{t\to\infty}\frac{\log\mathbb{E}\lVert\mu_t-\mu_0\rVert^2}{\log t}=-\min(1,2r)"
    source = "madtheory"
    hypotheses = (FRESH_POOL, NO_BIAS)

    def value(self, loop: Loop) -> Any:
        return -jnp.minimum(1.0, 2 * _fractions(loop)[0])

    def cases(self) -> list[tuple[Loop, int]]:
        return [(gaussian_loop(fresh_pool(real, 8 - real, 12)), 12) for real in (2, 6)]

    def wrong(self, loop: Loop) -> Loop:
        return gaussian_loop(fresh_pool(3, 5, 12))

"""P(σ_t > ε) under replace in one dimension, exactly."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from madtheory.laws._cases import gaussian_loop
from madtheory.laws._hypotheses import PARAMETRIC, REPLACE, UNIVARIATE
from madtheory.laws._law import Law
from madtheory.laws._log_chi_square import LogChiSquareSum
from madtheory.laws._replace import TWO_POINTS, sizes
from madtheory.laws.replace_log_variance import ReplaceLogVariance
from madtheory.loop import Loop
from madtheory.schedules import Replace


@dataclasses.dataclass(frozen=True)
class ReplaceTailProbability(Law):
    r"""One minus the distribution function of a sum of log chi-squares, by inversion of its characteristic function.

    Attributes:
        epsilon: ε, the standard deviation that is asked about (units of the data).
    """

    name = "replace-tail-probability"
    observable = "tail_probability"
    kind = "exact"
    statement = (
        r"P(\sigma_t>\varepsilon) = P\Bigl(\sum_{k\le t}\log\chi^2_{n_k-1} > \log\frac{\varepsilon^2}{\sigma_0^2}"
        r"-\sum_{k\le t}\log\frac{\lambda_k}{n_k-\delta}\Bigr)"
    )
    source = "madtheory"
    hypotheses = (REPLACE, UNIVARIATE, TWO_POINTS, PARAMETRIC)

    epsilon: float = 0.1

    def mean(self, loop: Loop, generations: int) -> Any:
        x = np.log(self.epsilon**2) - ReplaceLogVariance().mean(loop, generations)
        start = jnp.where(x[:1] < 0, 1.0, 0.0)
        return jnp.concatenate([start, upper_tails(sizes(loop, generations) - 1, x[1:])])

    def variance(self, loop: Loop, generations: int) -> Any:
        """Of the indicator."""
        p = self.mean(loop, generations)
        return p * (1 - p)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (gaussian_loop(Replace(n=10)), 60),
            (gaussian_loop(Replace(n=[5, 6, 7, 8, 9, 10]), estimator="mle", sampling_bias=0.5, first=True), 6),
        ]


def upper_tails(nu: np.ndarray, x: Any) -> Any:
    """(T,) P(X_t > x_t) for the centred sums X_t of the first t log chi-squares; differentiable in `x` (T,)."""
    walks = [LogChiSquareSum(nu[:t]) for t in range(1, len(nu) + 1)]
    lower, upper = np.transpose([walk.support for walk in walks])
    grid, phi = (_padded([walk.nodes[part] for walk in walks]) for part in (0, 1))
    angle = jnp.clip(x, lower, upper)[:, None] * grid
    waves = phi.imag * jnp.cos(angle) - phi.real * jnp.sin(angle)
    return jnp.clip(0.5 + jnp.sum(waves / (np.arange(grid.shape[1]) + 0.5), axis=1) / np.pi, 0.0, 1.0)


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of different lengths as one array, filled with zeros."""
    out = np.zeros((len(rows), max(map(len, rows))), dtype=rows[0].dtype)
    for row, target in zip(rows, out, strict=True):
        target[: len(row)] = row
    return out

"""The Gaussian family in d dimensions, drawn through its sufficient statistics."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from madtheory.models._expected import Expected, innovations
from madtheory.models._factor import UNROLLED, below, strictly_lower
from madtheory.models._mean_covariance import MeanCovariance
from madtheory.models._moments import Moments
from madtheory.models._normal import Normal
from madtheory.models._view import Seen
from madtheory.random import ONE, ChiSquareTable, Jump, bartlett_factor, normal

CHUNK = 256  # blocks of four points whose sums are added up


class Gaussian(MeanCovariance):
    """N(μ, Σ) with free mean and covariance.

    Attributes:
        dim: d.
    """

    kind: ClassVar[str] = "gaussian"
    view: ClassVar[type] = Seen
    jumps: ClassVar[bool] = True
    kernels: ClassVar[bool] = True
    channels: ClassVar[tuple[str, ...]] = ("mean", "variance")
    carriers: ClassVar[tuple[str, ...]] = ("mean_square_drift", "variance", "log_variance", "tail_probability")

    @property
    def keeps_points(self) -> bool:
        return self.dim > 1

    def tables(self, sizes: np.ndarray, dtype: Any, tilt: float = 0.0, jump: Jump = ONE) -> ChiSquareTable:
        nu = sizes[:, None] - 1 - np.arange(self.dim)
        return ChiSquareTable.build(nu, dtype, tilt, jump)

    def quick(self, tables: ChiSquareTable) -> tuple[Any, ChiSquareTable] | None:
        """Short polynomials, in one dimension; in more, chi-squares are the smaller part of the work."""
        return (tables.short, tables.quick()) if self.dim == 1 else None

    def draw(self, words: Any, model: Normal, n: Any, bias: Any, tables: ChiSquareTable) -> Moments:
        dim, dtype = self.dim, model.mean.dtype
        n, bias = jnp.asarray(n, dtype), jnp.asarray(bias, dtype)
        of_mean, chi, others = _scores(words, dim, dtype)
        spread = jnp.exp(model.log_scale) * jnp.sqrt(bias / n)
        mean = model.mean + spread * model.times(of_mean)
        shrunk = jnp.log(bias) + jnp.log1p(-1 / n)
        if dim == 1:  # the factor of a chi-square stays a logarithm
            return Moments(n, n, mean, model.factor, model.log_scale + 0.5 * tables.log_ratio(chi, n[None] - 1, shrunk)[0])
        factor = model.times(bartlett_factor(chi, others, n - 1, tables))
        return Moments(n, n, mean, factor, model.log_scale + 0.5 * shrunk)

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        return normal(words.many(self.dim * rows), dtype).reshape(self.dim, rows)

    def draw_all(self, words: Any, model: Any, n: Any, rows: int, bias: Any) -> Moments:
        """In one dimension the scores are summed as they are drawn, about the first of them.

        Its square distance from their mean is at most n times their variance: few scores lose no digits, and many are not far.
        """
        if self.dim > 1:
            return super().draw_all(words, model, n, rows, bias)
        dtype = model.mean.dtype
        origin = normal(words.four(0)[0], dtype)
        total, squares = _sums(words, jnp.asarray(n, jnp.int32), origin)
        n, bias = jnp.asarray(n, dtype), jnp.asarray(bias, dtype)
        mean = total / n
        variance = jnp.maximum(squares / n - mean**2, 0)
        spread = jnp.exp(model.log_scale) * jnp.sqrt(bias)
        log_scale = model.log_scale + 0.5 * (jnp.log(bias) + jnp.log(jnp.where(n > 1, variance, 0)))
        return Moments(n, n, model.mean + spread * model.times((origin + mean)[None]), model.factor, log_scale)

    def expected(self, model: Any, n: Any, bias: Any) -> Expected:
        return Expected.drawn(model, n, bias)

    def innovations(self, expected: Expected, model: Normal, estimator: str) -> Any:
        of_mean, of_variance, excess = innovations(expected, model, estimator)
        return jnp.stack([of_mean, of_variance, of_mean**2, of_variance**2, excess])

    def heavy_size(self, n: int) -> int | None:
        return n


def _scores(words: Any, dim: int, dtype: Any) -> tuple[Any, Any, Any]:
    """Normal scores: (d,) for the mean, (d,) for the diagonal of the Bartlett factor and (d, d) for what is below it."""
    if dim == 1:
        first, second, _, _ = words.four(0)
        return normal(first, dtype)[None], normal(second, dtype)[None], jnp.zeros((1, 1), dtype)
    scores = normal(words.many(2 * dim + below(dim)), dtype, stored=dim > UNROLLED)
    return scores[:dim], scores[dim : 2 * dim], strictly_lower(scores[2 * dim :], dim)


def _sums(words: Any, n: Any, origin: Any) -> tuple[Any, Any]:
    """Sum and sum of squares of the first n scores less `origin`, four to a block.

    Sums of `CHUNK` blocks are added up, so that rounding stays that of short sums. XLA:CPU would make the scores once for each
    of two numbers: there the pair is one complex number.
    """
    one = jax.default_backend() == "cpu"
    pair: Any = jax.lax.complex if one else lambda *both: both
    zero, dtype = pair(jnp.zeros_like(origin), jnp.zeros_like(origin)), origin.dtype

    def block(b: Any, total: Any) -> Any:
        scores = [jnp.where(4 * b + k < n, normal(word, dtype) - origin, 0) for k, word in enumerate(words.four(b))]
        return jax.tree.map(jnp.add, total, pair(sum(scores), sum(z * z for z in scores)))

    def chunk(c: Any, total: Any) -> Any:
        last = jnp.minimum((c + 1) * CHUNK, (n + 3) // 4)
        return jax.tree.map(jnp.add, total, jax.lax.fori_loop(c * CHUNK, last, block, zero))

    total = jax.lax.fori_loop(0, (n + 4 * CHUNK - 1) // (4 * CHUNK), chunk, zero)
    return (jax.lax.real(total), jax.lax.imag(total)) if one else total

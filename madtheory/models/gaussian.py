"""The Gaussian family in d dimensions, drawn through its sufficient statistics.

The engine works in coordinates where the real law is N(0, I). Closed loops shrink without limit, so the coordinate
frame itself moves with the model (`Frame`): scales are multiplied in the log domain and nothing under- or overflows.
"""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import count
from madtheory._lapack import cholesky
from madtheory.errors import BadInput
from madtheory.models._factor import UNROLLED, below, diagonal, lower_factor, solve_lower, spread_out, strictly_lower
from madtheory.models._family import Family
from madtheory.random import ChiSquareTable, bartlett_factor, normal

CHUNK = 256  # blocks of four points whose sums are added up


class Normal(eqx.Module):
    """A fitted model N(mean, C C') with C = e^log_scale · factor, relative to the frame.

    Attributes:
        mean: (d,).
        factor: (d, d) lower triangular; a zero on the diagonal is a dead direction.
        log_scale: () kept apart so that tiny steps are not rounded away.
    """

    mean: Any
    factor: Any
    log_scale: Any

    def times(self, columns: Any) -> Any:
        """factor · A for A (d, …)."""
        return self.factor @ columns

    def seen_from(self, frame: Normal) -> Normal:
        """This model in the coordinates in which `frame` is N(0, I)."""
        return Normal(*_shift(frame, self.mean, self.factor), self.log_scale - frame.log_scale)

    def settle(self) -> tuple[Normal, Standard]:
        """A law of full rank to serve as the next frame, and this model seen from it: standard in every living direction.

        Dead directions of the frame get the smallest living scale, so that nothing else a replica remembers is lost. In one
        dimension there is nothing else, and the log-scale of the frame itself becomes −∞.
        """
        if len(self.mean) == 1:
            return self, Standard(jnp.ones_like(self.mean))
        scale = diagonal(self.factor)
        alive = 1 / scale < jnp.inf  # XLA stores a quotient that fills a row, and would read the diagonal for every entry else
        smallest = jnp.min(jnp.where(alive, scale, jnp.inf), initial=jnp.inf)
        filled = jnp.where(alive, 0, jnp.where(jnp.any(alive), smallest, 1))
        frame = Normal(self.mean, self.factor + spread_out(filled), jnp.where(jnp.any(alive), self.log_scale, 0))
        return frame, Standard(alive.astype(scale.dtype))

    def scaled(self, old: Normal) -> Normal:
        """The same law with its log-scale put into the factor; its own is that of `old`, which is 0 and so never changes."""
        return Normal(self.mean, self.factor * jnp.exp(self.log_scale), old.log_scale)

    def rests(self) -> Normal:
        """This model, after `scaled`, with its log-scale written as a constant, which costs nothing."""
        return Normal(self.mean, self.factor, jnp.zeros_like(self.log_scale))


class Standard(eqx.Module):
    """N(0, I) in the directions that are alive: a model seen from the frame that has moved to it.

    Attributes:
        alive: (d,) 1, or 0 for a dead direction; in one dimension the log-scale of the frame tells.
    """

    alive: Any

    @property
    def mean(self) -> Any:
        """(d,)."""
        return jnp.zeros_like(self.alive)

    @property
    def factor(self) -> Any:
        """(d, d)."""
        return spread_out(self.alive)

    @property
    def log_scale(self) -> Any:
        """()."""
        return jnp.zeros((), self.alive.dtype)

    def times(self, columns: Any) -> Any:
        """factor · A for A (d, …)."""
        if len(self.alive) == 1:
            return columns
        return columns * (self.alive if columns.ndim == 1 else self.alive[:, None])

    def rests(self) -> Standard:
        """This model with what never changes written as a constant."""
        return Standard(jnp.ones_like(self.alive)) if len(self.alive) == 1 else self

    def normal(self) -> Normal:
        """The same as a model like any other."""
        return Normal(self.mean, self.factor, self.log_scale)


class Moments(eqx.Module):
    """Summary of a training set: its weighted mean and 1/W covariance C C' with C = e^log_scale · factor.

    Attributes:
        weight: () total weight W; a plain batch has weight n.
        count: () number of points N of positive weight.
        mean: (d,).
        factor: (d, d) lower triangular.
        log_scale: ().
    """

    weight: Any
    count: Any
    mean: Any
    factor: Any
    log_scale: Any

    def weigh(self, weight: Any) -> Moments:
        """The same batch with total weight `weight`; a batch of weight 0 is absent."""
        weight = jnp.asarray(weight, self.mean.dtype)
        return Moments(weight, jnp.where(weight > 0, self.count, 0), self.mean, self.factor, self.log_scale)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Moments):
            return NotImplemented
        weight = self.weight + other.weight
        mine, its = self.weight / weight, other.weight / weight
        apart = other.mean - self.mean
        within = [jnp.sqrt(share) * jnp.exp(batch.log_scale) * batch.factor for share, batch in ((mine, self), (its, other))]
        factor = lower_factor(*within, (jnp.sqrt(mine * its) * apart)[:, None])
        return Moments(weight, self.count + other.count, self.mean + its * apart, factor, jnp.zeros_like(self.log_scale))

    def total(self) -> Moments:
        """The union along a leading axis: shares of the factors and of the means' deviations, side by side."""
        weight = jnp.sum(self.weight)
        share = self.weight / weight
        mean = self.mean[0] + share @ (self.mean - self.mean[0])
        scale = jnp.sqrt(share) * jnp.exp(self.log_scale)
        within = jnp.moveaxis(self.factor * scale[:, None, None], 0, 1).reshape(len(mean), -1)
        factor = lower_factor(within, (jnp.sqrt(share)[:, None] * (self.mean - mean)).T)
        return Moments(weight, jnp.sum(self.count), mean, factor, jnp.zeros_like(weight))

    def seen_from(self, frame: Normal) -> Moments:
        """This summary in the coordinates in which `frame` is N(0, I)."""
        mean, factor = _shift(frame, self.mean, self.factor)
        return Moments(self.weight, self.count, mean, factor, self.log_scale - frame.log_scale)


class OwnFit(eqx.Module):
    """A training set in the coordinates of the model fitted to it: mean 0, and 1/W covariance e^(2 log_scale) where alive.

    Attributes:
        weight: () total weight.
        count: () points.
        alive: (d,) 1 for directions that have any variance, else 0.
        log_scale: ().
    """

    weight: Any
    count: Any
    alive: Any
    log_scale: Any

    def moments(self) -> Moments:
        """The same as any other training set."""
        return Moments(self.weight, self.count, jnp.zeros_like(self.alive), spread_out(self.alive), self.log_scale)

    def __add__(self, other: Any) -> Any:
        """The union with draws of the model, which have no other directions.

        All directions of the sum of squares hold at least the share of this set, so that its Cholesky factor loses nothing.
        """
        if len(self.alive) <= UNROLLED:
            return self.moments() + other
        weight = self.weight + other.weight
        mine, its = self.weight / weight, other.weight / weight
        own, drawn = jnp.sqrt(mine) * jnp.exp(self.log_scale), jnp.sqrt(its) * jnp.exp(other.log_scale) * other.factor
        apart = jnp.sqrt(mine * its) * other.mean
        total = spread_out(jnp.full_like(self.alive, own**2)) + drawn @ drawn.T + apart[:, None] * apart
        factor = cholesky(total) * self.alive
        return Moments(weight, self.count + other.count, its * other.mean, factor, jnp.zeros_like(self.log_scale))


class Frame(eqx.Module):
    """Where the coordinates lie in those of the real law: x = mean + U diag(e^log_diag) z.

    Attributes:
        mean: (d,).
        unit: (d, d) unit lower triangular U.
        recent: (d,) what log_diag has gained since the last `fold`.
        before: (d,) what it was then.
        carry: (d,) Kahan carry of `before`.
    """

    mean: Any
    unit: Any
    recent: Any
    before: Any
    carry: Any

    @property
    def log_diag(self) -> Any:
        """(d,) log-scales of the columns."""
        return self.before + self.recent

    def then(self, model: Normal) -> Frame:
        """The frame of a model given relative to this one."""
        step = jnp.exp(self.log_diag) * model.mean
        mean = self.mean + (step if len(step) == 1 else self.unit @ step)
        recent = self.recent + (jnp.log(diagonal(model.factor)) + model.log_scale)
        return Frame(mean, self.columns(model.factor), recent, self.before, self.carry)

    def fold(self) -> Frame:
        """The same frame with its recent gains added to the compensated sum: few generations add up to small numbers."""
        before, carry = _kahan(self.before, self.carry, self.recent)
        return Frame(self.mean, self.unit, jnp.zeros_like(self.recent), before, jnp.where(jnp.isinf(before), 0, carry))

    def columns(self, factor: Any) -> Any:
        """(d, d) U diag(e^ℓ) F with its diagonal scaled to 1; dead columns become those of the identity."""
        dim = len(self.mean)
        if dim == 1:
            return self.unit
        scale = diagonal(factor)
        gap = jnp.where(jnp.tri(dim, dtype=bool), self.log_diag[:, None] - self.log_diag[None, :], -jnp.inf)
        unit = self.unit @ (jnp.exp(gap) * (factor * (1 / jnp.where(scale > 0, scale, 1))))
        return jnp.where(scale > 0, unit, jnp.eye(dim, dtype=unit.dtype))


class Gaussian(Family):
    """N(μ, Σ) with free mean and covariance.

    Attributes:
        dim: d.
    """

    kind: ClassVar[str] = "gaussian"
    dim: int = count()

    @property
    def keeps_points(self) -> bool:
        return self.dim > 1

    def check_truth(self, truth: Any) -> None:
        if truth.dim != self.dim:
            raise BadInput("truth.mean", f"{self.dim} entries, the model's dim", f"{truth.dim} entries")

    def tables(self, sizes: np.ndarray, dtype: Any, tilt: float = 0.0) -> ChiSquareTable:
        nu = np.unique(sizes)[:, None] - 1 - np.arange(self.dim)
        return ChiSquareTable.build(nu, dtype, tilt)

    def quick(self, tables: ChiSquareTable) -> tuple[Any, ChiSquareTable] | None:
        """Short polynomials, in one dimension; in more, chi-squares are the smaller part of the work."""
        return (tables.short, tables.quick()) if self.dim == 1 else None

    def truth(self, dtype: Any) -> Normal:
        return Normal(jnp.zeros(self.dim, dtype), jnp.eye(self.dim, dtype=dtype), jnp.zeros((), dtype))

    def standard(self, dtype: Any) -> Standard:
        """The model on which a frame rests."""
        return Standard(jnp.ones(self.dim, dtype))

    def frame(self, dtype: Any) -> Frame:
        """The frame of the real law."""
        zero = jnp.zeros(self.dim, dtype)
        return Frame(zero, jnp.eye(self.dim, dtype=dtype), zero, zero, zero)

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

    def draw_points(self, words: Any, model: Normal, rows: int, bias: Any) -> Any:
        dtype = model.mean.dtype
        z = normal(words.many(self.dim * rows), dtype).reshape(self.dim, rows)
        return (model.mean[:, None] + jnp.exp(model.log_scale) * jnp.sqrt(jnp.asarray(bias, dtype)) * model.times(z)).T

    def draw_all(self, words: Any, model: Any, n: Any, rows: int, bias: Any) -> Moments:
        """In one dimension the scores are summed as they are drawn, about the first of them.

        Its square distance from their mean is at most n times their variance: few scores lose no digits, and many are not far.
        """
        if self.dim > 1:
            return super().draw_all(words, model, n, rows, bias)
        dtype = model.mean.dtype
        origin = normal(words.four(0)[0], dtype)
        total = _sums(words, jnp.asarray(n, jnp.int32), origin)
        n, bias = jnp.asarray(n, dtype), jnp.asarray(bias, dtype)
        mean = jax.lax.real(total) / n
        variance = jnp.maximum(jax.lax.imag(total) / n - mean**2, 0)
        spread = jnp.exp(model.log_scale) * jnp.sqrt(bias)
        log_scale = model.log_scale + 0.5 * (jnp.log(bias) + jnp.log(jnp.where(n > 1, variance, 0)))
        return Moments(n, n, model.mean + spread * model.times((origin + mean)[None]), model.factor, log_scale)

    def summarise(self, points: Any, n: Any) -> Moments:
        dtype = points.dtype
        n = jnp.asarray(n, dtype)
        seen = (jnp.arange(len(points)) < n)[:, None]
        origin = points[0]
        mean = origin + jnp.sum(jnp.where(seen, points - origin, 0), axis=0) / n
        factor = lower_factor(jnp.where(seen, points - mean, 0).T / jnp.sqrt(n))
        return Moments(n, n, mean, factor, jnp.zeros((), dtype))

    def own_fit(self, summary: Moments, settled: Standard, estimator: str) -> OwnFit:
        """A training set seen from the frame of its own fit, whose settled form is `settled`."""
        log_scale = 0.5 * jnp.log1p(-1 / summary.count) if estimator == "unbiased" else jnp.zeros_like(summary.log_scale)
        return OwnFit(summary.weight, summary.count, settled.alive, log_scale)

    def fit(self, summary: Moments, estimator: str, reach: Any) -> Normal:
        """Mean and covariance; columns of the factor beyond the rank that the points can have are zero, exactly."""
        rank = jnp.minimum(summary.count, reach) - 1
        grown = -0.5 * jnp.log1p(-1 / summary.count) if estimator == "unbiased" else jnp.zeros_like(summary.count)
        if self.dim == 1:
            return Normal(summary.mean, summary.factor, summary.log_scale + jnp.where(rank > 0, grown, -jnp.inf))
        return Normal(summary.mean, jnp.where(jnp.arange(self.dim) < rank, summary.factor, 0), summary.log_scale + grown)


def _scores(words: Any, dim: int, dtype: Any) -> tuple[Any, Any, Any]:
    """Normal scores: (d,) for the mean, (d,) for the diagonal of the Bartlett factor and (d, d) for what is below it."""
    if dim == 1:
        first, second, _, _ = words.four(0)
        return normal(first, dtype)[None], normal(second, dtype)[None], jnp.zeros((1, 1), dtype)
    scores = normal(words.many(2 * dim + below(dim)), dtype, stored=dim > UNROLLED)
    return scores[:dim], scores[dim : 2 * dim], strictly_lower(scores[2 * dim :], dim)


def _sums(words: Any, n: Any, origin: Any) -> Any:
    """Sum (real part) and sum of squares (imaginary part) of the first n scores less `origin`, four to a block.

    Sums of `CHUNK` blocks are added up, so that rounding stays that of short sums.
    """
    zero, dtype = jax.lax.complex(jnp.zeros_like(origin), jnp.zeros_like(origin)), origin.dtype

    def block(b: Any, total: Any) -> Any:
        scores = [jnp.where(4 * b + k < n, normal(word, dtype) - origin, 0) for k, word in enumerate(words.four(b))]
        return total + jax.lax.complex(sum(scores), sum(z * z for z in scores))

    def chunk(c: Any, total: Any) -> Any:
        last = jnp.minimum((c + 1) * CHUNK, (n + 3) // 4)
        return total + jax.lax.fori_loop(c * CHUNK, last, block, zero)

    return jax.lax.fori_loop(0, (n + 4 * CHUNK - 1) // (4 * CHUNK), chunk, zero)


def _shift(frame: Normal, mean: Any, factor: Any) -> tuple[Any, Any]:
    """Means (…, d) and factors (…, d, d), one or a stack, in the coordinates of `frame`."""
    offset = jnp.exp(-frame.log_scale) * (mean - frame.mean)
    return solve_lower(frame.factor, offset[..., None])[..., 0], solve_lower(frame.factor, factor)


def _kahan(total: Any, carry: Any, step: Any) -> tuple[Any, Any]:
    """Compensated sum."""
    corrected = step - carry
    new = total + corrected
    return new, (new - total) - corrected

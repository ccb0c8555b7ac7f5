"""Fitted normal laws, and the moving frame in whose coordinates they are given."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from madtheory.models._factor import diagonal, solve_lower, spread_out


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
        return Normal(*shift(frame, self.mean, self.factor), self.log_scale - frame.log_scale)

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


def shift(frame: Normal, mean: Any, factor: Any) -> tuple[Any, Any]:
    """Means (…, d) and factors (…, d, d), one or a stack, in the coordinates of `frame`."""
    offset = jnp.exp(-frame.log_scale) * (mean - frame.mean)
    return solve_lower(frame.factor, offset[..., None])[..., 0], solve_lower(frame.factor, factor)


def _kahan(total: Any, carry: Any, step: Any) -> tuple[Any, Any]:
    """Compensated sum."""
    corrected = step - carry
    new = total + corrected
    return new, (new - total) - corrected

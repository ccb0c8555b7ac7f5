"""Training sets of a linear regression: the triangular factor of [X y]'[X y]/W, never the normal equations themselves."""

from __future__ import annotations

from typing import Any, Self

import equinox as eqx
import jax.numpy as jnp

from madtheory.models._factor import lower_factor


class Equations(eqx.Module):
    r"""Summary of a training set, each batch with a design of its own.

    X'X/W = A A', X'y/W = A b and y'y/W = b'b + c², where responses y are what is left of them over the real law's line.

    Attributes:
        weight: () total weight W; a plain batch has weight n.
        count: () number of points N of positive weight.
        factor: (d, d) A, lower triangular.
        cross: (d,) b.
        log_rest: () log c; −∞ where the points lie on a line.
    """

    weight: Any
    count: Any
    factor: Any
    cross: Any
    log_rest: Any

    def weigh(self, weight: Any) -> Self:
        """The same batch with total weight `weight`; a batch of weight 0 is absent."""
        weight = jnp.asarray(weight, self.cross.dtype)
        count = jnp.where(weight > 0, self.count, 0)
        return type(self)(weight, count, self.factor, self.cross, self.log_rest)

    @property
    def augmented(self) -> Any:
        """(d+1, d+1) the factor of [X y]'[X y]/W."""
        above = jnp.pad(self.factor, ((0, 0), (0, 1)))
        return jnp.concatenate([above, jnp.append(self.cross, jnp.exp(self.log_rest))[None]])

    @staticmethod
    def of(weight: Any, count: Any, augmented: Any) -> Equations:
        """The summary with this factor (d+1, d+1)."""
        return Equations(weight, count, augmented[:-1, :-1], augmented[-1, :-1], jnp.log(augmented[-1, -1]))

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Equations):
            return NotImplemented
        weight = self.weight + other.weight
        blocks = [jnp.sqrt(batch.weight / weight) * batch.augmented for batch in (self, other)]
        return Equations.of(weight, self.count + other.count, lower_factor(*blocks))

    def total(self) -> Any:
        """The union along a leading axis."""
        weight = jnp.sum(self.weight)
        shares = jnp.sqrt(self.weight / weight)
        blocks = [share * self._at(k).augmented for k, share in enumerate(shares)]
        return Equations.of(weight, jnp.sum(self.count), lower_factor(*blocks))

    def _at(self, k: int) -> Self:
        return type(self)(self.weight[k], self.count[k], self.factor[k], self.cross[k], self.log_rest[k])


class SharedDesign(Equations):
    """The same for batches of equal size that all have the same design: A stays, and b is averaged."""

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, SharedDesign):
            return NotImplemented
        weight = self.weight + other.weight
        mine, its = self.weight / weight, other.weight / weight
        apart = other.cross - self.cross
        rests = [jnp.log(share) + 2 * batch.log_rest for share, batch in ((mine, self), (its, other))]
        between = jnp.log(mine * its) + jnp.log(jnp.sum(apart**2))
        log_rest = jnp.logaddexp(jnp.logaddexp(*rests), between) / 2
        return SharedDesign(weight, self.count + other.count, self.factor, self.cross + its * apart, log_rest)

    def total(self) -> Any:
        weight = jnp.sum(self.weight)
        share = self.weight / weight
        cross = self.cross[0] + share @ (self.cross - self.cross[0])
        spread = jnp.log(jnp.exp(2 * self.log_rest) + jnp.sum((self.cross - cross) ** 2, axis=-1))
        log_rest = jnp.log(share @ jnp.exp(spread)) / 2
        return SharedDesign(weight, jnp.sum(self.count), self.factor[0], cross, log_rest)

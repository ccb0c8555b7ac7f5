"""What lies between a fitted model and its draws as a training set sees them: a sampler, a curation, or both."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory import _lapack
from madtheory.curation import Curation, Selection, Tilt
from madtheory.models import Family, lower_factor
from madtheory.samplers import Sampler


class Steering(eqx.Module):
    """Synthetic draws of one family: model → sampler → sampling bias → curation. Real draws are left as they are.

    Attributes:
        family: the model family.
        sampler: what a Gaussian is sampled by, or `None`.
        curation: what chooses among draws, or `None`.
        mean: (d,) the engine's origin, in the units of the data.
        factor: (d, d) lower triangular: the engine's units.
    """

    family: Family
    sampler: Sampler | None
    curation: Curation | None
    mean: Any
    factor: Any

    @property
    def selects(self) -> bool:
        """Whether points are chosen one by one."""
        return isinstance(self.curation, Selection)

    def drawn(self, rows: int) -> int:
        """Draws from which `rows` points are made (counts)."""
        return self.curation.drawn(rows) if isinstance(self.curation, Selection) else rows

    def law(self, model: Any, bias: Any) -> tuple[Any, Any]:
        """The model whose draws with the sampling bias that comes back are those before a selection."""
        if self.sampler is not None:
            model = self._sampled(model, self.sampler)
        if isinstance(self.curation, Tilt):
            scaled = type(model)(model.mean, model.factor, model.log_scale + 0.5 * jnp.log(jnp.asarray(bias, model.mean.dtype)))
            return self._tilted(scaled, self.curation), jnp.ones_like(scaled.log_scale)
        return model, bias

    def points(self, words: Any, choice: Any, model: Any, n: Any, rows: int, bias: Any) -> Any:
        """(rows, d) selected draws of a `law`; the first n count. `choice` holds the random words of the selection."""
        curation: Any = self.curation
        drawn = self.family.draw_points(words, model, self.drawn(rows), bias)
        factor = jnp.asarray(self.factor, drawn.dtype)
        centre = None if curation.novelty is None else self.mean + factor @ self.family.centre(model)
        reward = curation.reward(self.mean + drawn @ factor.T, centre)
        chosen = curation.choose(choice, reward, n, rows)
        return jnp.where((chosen < 0)[:, None], jnp.nan, drawn[chosen])

    def _sampled(self, model: Any, sampler: Sampler) -> Any:
        mean, factor = self._out(model)
        if len(mean) == 1:
            kept, std = sampler.through(jnp.abs(factor[0]))
            return self._back(model, kept * mean, std[:, None])
        vectors, std = _lapack.left_singular(factor)
        kept, std = sampler.through(std)
        return self._back(model, vectors @ (kept * (vectors.T @ mean)), lower_factor(vectors * std))

    def _tilted(self, model: Any, tilt: Tilt) -> Any:
        mean, factor = self._out(model)
        if tilt.direction is not None:
            return self._back(model, mean + factor @ (factor.T @ jnp.asarray(tilt.direction, mean.dtype)), factor)
        added = tilt.of_covariance(mean.dtype)
        if len(mean) == 1:
            factor = factor / jnp.sqrt(1 + added * factor**2)
        else:
            inner = _lapack.cholesky(jnp.eye(len(mean), dtype=mean.dtype) + added * factor.T @ factor)
            factor = lower_factor(_lapack.solve_lower(inner, factor.T).T)
        if tilt.centre is not None:
            mean = mean + added * (factor @ (factor.T @ (jnp.asarray(tilt.centre, mean.dtype) - mean)))
        return self._back(model, mean, factor)

    def _out(self, model: Any) -> tuple[Any, Any]:
        """Mean and factor of a model in the units of the data."""
        return self.mean + self.factor @ model.mean, self.factor @ (jnp.exp(model.log_scale) * model.factor)

    def _back(self, like: Any, mean: Any, factor: Any) -> Any:
        """A model of that mean and factor, in the coordinates of the engine."""
        if len(mean) == 1:
            return type(like)((mean - self.mean) / self.factor[0], factor / self.factor, jnp.zeros_like(like.log_scale))
        apart = jnp.concatenate([(mean - self.mean)[:, None], factor], axis=1)
        inner = _lapack.solve_lower(self.factor, apart)
        return type(like)(inner[:, 0], inner[:, 1:], jnp.zeros_like(like.log_scale))


def steering(loop: Any) -> Steering | None:
    """The steering of a loop; `None` where draws reach the training set as the model makes them."""
    if not loop.steered:
        return None
    mean, factor = loop.model.place(loop.truth)
    family = loop.model.bound(loop.truth, 0)
    return Steering(family, loop.sampler, loop.curation, np.asarray(mean, float), np.asarray(factor, float))

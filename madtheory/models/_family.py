"""What a model family is: draw, summarise, fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from madtheory._fields import Checked
from madtheory.errors import BadInput
from madtheory.random import ONE, Jump
from madtheory.truth import RealLaw


class Fitted(eqx.Module):
    """Base of fitted models whose coordinates stay where they are."""

    def rests(self) -> Any:
        """This model with what never changes written as a constant."""
        return self

    def scaled(self, old: Any) -> Any:
        """The same law with whatever scale it keeps apart that of `old`."""
        return self


class View(eqx.Module):
    """A fitted model at one generation, as observables read it.

    Attributes:
        model: the model.
        t: the generation.
    """

    model: Any
    t: Any


class Family(Checked):
    """Base of all models. Everything is written for one replica; the engine vectorises.

    Attributes:
        kind: its name in a loop file.
        truth_type: what describes its real law.
        view: what its observables read.
        estimators: normalisations of the fit that it has.
        least_points: points without which there is no fit (counts).
        biased: whether a sampling bias has a meaning.
        distinct: whether no two replicas are ever equal by chance, as with two numbers or more that are continuous.
        moves: whether its coordinates move with the fits where the schedule lets them.
        needs_points: whether its batches are always drawn point by point.
        jumps: whether many generations can be one step (see `simulate`), in one dimension.
        kernels: whether an accelerator may run a segment of generations as one kernel.
        partial: whether some training sets have no fit, so that a replica fails that meets one.
        loops: whether a draw is a loop that costs more to start than to run for one replica.
        channels: what of a fit its one-step forecast is about, the last with an excess kurtosis; empty for no forecast.
        carriers: observables verified when none is named.
        rewards: what a curation can reward its points for; then it has a `place`, and a `centre` for "novelty".
        dim: d, the dimension of a point; a field, or a property of families of one dimension.
    """

    kind: ClassVar[str]
    truth_type: ClassVar[type[RealLaw]] = RealLaw
    view: ClassVar[type] = View
    estimators: ClassVar[tuple[str, ...]] = ("mle",)
    least_points: ClassVar[int] = 1
    biased: ClassVar[bool] = False
    distinct: ClassVar[bool] = False
    moves: ClassVar[bool] = False
    needs_points: ClassVar[bool] = False
    jumps: ClassVar[bool] = False
    kernels: ClassVar[bool] = False
    partial: ClassVar[bool] = False
    loops: ClassVar[bool] = False
    channels: ClassVar[tuple[str, ...]] = ()
    carriers: ClassVar[tuple[str, ...]] = ()
    rewards: ClassVar[tuple[str, ...]] = ()

    if TYPE_CHECKING:  # a property here would stand in the way of a field there

        @property
        def dim(self) -> int: ...

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        """Instances with a real law each, on which the contract tests run this family."""
        raise NotImplementedError

    @property
    def forecasts(self) -> bool:
        """Whether a fit has a forecast; see `channels`."""
        return bool(self.channels)

    @property
    def keeps_points(self) -> bool:
        """Whether `draw_all` holds the points of a batch for a moment."""
        return True

    def by_points(self, sizes: np.ndarray) -> bool:
        """Whether batches of these sizes (counts) are drawn point by point even where statistics are asked for."""
        return self.needs_points

    def horizon(self) -> int | None:
        """The last generation that all lists of the model reach; `None` when there is no list."""
        return None

    def check_truth(self, truth: Any) -> None:
        """Raise `BadInput` when this family cannot represent the real law."""
        if not isinstance(truth, self.truth_type):
            raise BadInput("truth", f"a {self.truth_type.__name__}, the real law of a {self.kind} model", truth)

    def world(self, truth: Any, dtype: Any) -> Any:
        """The real law as arrays, made once on the host; all that a run knows of it."""
        raise NotImplementedError

    def bound(self, truth: Any, room: int) -> Family:
        """This family as a run of that real law needs it, where shapes follow from the law or from `room`.

        `room` is the most points in a training set, where the family keeps them (`needs_points`).
        """
        return self

    def tables(self, sizes: np.ndarray, dtype: Any, tilt: float = 0.0, jump: Jump = ONE) -> Any:
        """Array inputs that `draw` needs for these batch sizes (counts), made once on the host.

        `tilt` as in `simulate`; `jump` says how many generations are one step.
        """
        return None

    def quick(self, tables: Any) -> tuple[Any, Any] | None:
        """() whether cheaper inputs would be as good, and these; `None` where there are none."""
        return None

    def data(self, truth: Any, dtype: Any) -> np.ndarray | None:
        """(N, d) the user's points in the engine's coordinates, where real draws are rows of them."""
        return None

    def truth(self, world: Any, dtype: Any) -> Any:
        """The real law as a model, in the coordinates of the engine."""
        return world

    def standard(self, dtype: Any) -> Any:
        """The model on which a frame rests, in coordinates that move with the fits."""
        raise NotImplementedError

    def frame(self, dtype: Any) -> Any:
        """Where the engine's coordinates start: at those of the real law."""
        return None

    def place(self, truth: Any) -> tuple[np.ndarray, np.ndarray]:
        """(d,) origin and (d, d) lower triangular units of the engine's coordinates, in the units of the data."""
        return np.zeros(self.dim), np.eye(self.dim)

    def centre(self, model: Any) -> Any:
        """(d,) mean of the draws of a model, in the engine's coordinates."""
        raise NotImplementedError

    def draw(self, words: Any, model: Any, n: Any, bias: Any, tables: Any) -> Any:
        """Summary of n draws of `model` with sampling bias λ, from its exact law; `words` holds the random words."""
        raise NotImplementedError

    def draw_points(self, words: Any, model: Any, rows: int, bias: Any) -> Any:
        """`rows` points (rows, d) of `model` with sampling bias λ."""
        raise NotImplementedError

    def draw_all(self, words: Any, model: Any, n: Any, rows: int, bias: Any) -> Any:
        """Summary of n ≤ `rows` points drawn one by one; a family that can do so without keeping them overrides this."""
        return self.summarise(self.draw_points(words, model, rows, bias), n)

    def summarise(self, points: Any, n: Any) -> Any:
        """Summary of the first n rows of `points`."""
        raise NotImplementedError

    def own_fit(self, summary: Any, settled: Any, estimator: str) -> Any:
        """A training set that is kept whole, in the coordinates of its own fit, in a closed loop."""
        raise NotImplementedError

    def fit(self, summary: Any, estimator: str, reach: Any, words: Any = None) -> Any:
        """The model fitted to a training set that descends from `reach` real points (counts), which bounds its rank.

        `words` holds random words of the fit's own, for a fit that is itself a draw.
        """
        raise NotImplementedError

    def see(self, frame: Any, model: Any, first_error: Any, t: Any, moving: bool) -> Any:
        """What observables read; arguments as of `Seen`."""
        return self.view(model, t)

    def failing(self, frame: Any, model: Any, moving: bool) -> Any:
        """() whether something of a model is not a number."""
        floats = [leaf for leaf in jax.tree.leaves(model) if jnp.issubdtype(leaf.dtype, jnp.floating)]
        return ~jnp.isfinite(sum(jnp.sum(jnp.where(jnp.isneginf(x), 0, x)) for x in floats))

    def expected(self, model: Any, n: Any, bias: Any) -> Any:
        """n draws of `model` described instead of drawn, to be added and weighed like a summary."""
        raise NotImplementedError

    def innovations(self, expected: Any, model: Any, estimator: str) -> Any:
        """(2C + 1, d) a fit against its forecast in C channels: surprises, their squares, the last one's excess kurtosis."""
        raise NotImplementedError

    def heavy_size(self, n: int) -> int | None:
        """Points per generation of a Gaussian closed loop whose raw means are as hard to sample as here with n points.

        `None` where no raw mean is carried by paths that are too rare.
        """
        return None

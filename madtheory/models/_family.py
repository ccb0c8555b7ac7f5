"""What a model family is: draw, summarise, fit."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from madtheory._fields import Checked
from madtheory.random import ONE, Jump


class Family(Checked):
    """Base of all models. Everything is written for one replica; the engine vectorises."""

    kind: ClassVar[str]
    dim: eqx.AbstractVar[int]

    @property
    def keeps_points(self) -> bool:
        """Whether `draw_all` holds the points of a batch for a moment."""
        return True

    def check_truth(self, truth: Any) -> None:
        """Raise `BadInput` when this family cannot represent the real law."""
        raise NotImplementedError

    def tables(self, sizes: np.ndarray, dtype: Any, tilt: float = 0.0, jump: Jump = ONE) -> Any:
        """Array inputs that `draw` needs for these batch sizes (counts), made once on the host.

        `tilt` as in `simulate`; `jump` says how many generations are one step.
        """
        raise NotImplementedError

    def quick(self, tables: Any) -> tuple[Any, Any] | None:
        """() whether cheaper inputs would be as good, and these; `None` where there are none."""
        return None

    def truth(self, dtype: Any) -> Any:
        """The real law as a model, in the coordinates of the engine."""
        raise NotImplementedError

    def standard(self, dtype: Any) -> Any:
        """The model on which a frame rests, in coordinates that move with the fits."""
        raise NotImplementedError

    def frame(self, dtype: Any) -> Any:
        """Where the engine's coordinates start: at those of the real law."""
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

    def fit(self, summary: Any, estimator: str, reach: Any) -> Any:
        """The model fitted to a training set that descends from `reach` real points (counts), which bounds its rank."""
        raise NotImplementedError

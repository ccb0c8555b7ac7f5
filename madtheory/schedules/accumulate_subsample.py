"""The pool grows without end, but each generation trains on a random part of it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from madtheory._fields import flag, sizes
from madtheory.schedules._schedule import PointDraw, Schedule, at, distinct, per_generation
from madtheory.schedules._table import Composition
from madtheory.schedules.accumulate import pooled


class AccumulateSubsample(Schedule):
    """A fixed training budget under accumulation (Kazdan et al. 2024).

    Generation t adds n draws of the last model to the pool and fits n points chosen from all of the pool.
    The choice needs the points themselves, so this schedule is always simulated with `draw="points"`.

    Attributes:
        n: points added and points chosen per generation (counts), one number or one per generation.
        with_replacement: choose with replacement (a point may occur twice) or without.
    """

    kind: ClassVar[str] = "accumulate_subsample"
    needs_points: ClassVar[bool] = True
    forecast: ClassVar[bool] = False
    n: Any = sizes()
    with_replacement: bool = flag(default=False)

    @staticmethod
    def cases() -> list[Schedule]:
        return [AccumulateSubsample(n=6), AccumulateSubsample(n=[5, 6, 8, 10], with_replacement=True)]

    def begin(self, draw: PointDraw) -> tuple[Any, Any]:
        n = at(self.n, 1)
        points = draw.real_points(n)
        return draw.summary(points, n), draw.empty_pool().add(points, n)

    def step(self, t: Any, memory: Any, model: Any, draw: PointDraw) -> tuple[Any, Any]:
        n = at(self.n, t)
        pool = memory.add(draw.synthetic_points(model, n), n)
        return pool.choose(draw, n, self.with_replacement), pool

    def composition(self, generations: int) -> Composition:
        how = "resample" if self.with_replacement else "subset"
        return pooled(self.n, None, generations)._replace(pool=how, size_seen=np.array(per_generation(self.n, generations)))

    def batch_sizes(self, generations: int) -> np.ndarray:
        return distinct(generations, self.n)

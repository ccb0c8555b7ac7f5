"""Many generations of a replace loop in one step, for what depends on the variance alone.

In one dimension log σ² gains log λ + log(χ²_ν/ν) + const at every generation, all independent: what it gains in k generations is
one fixed law again, drawn like the law of one generation. Where the mean goes depends on every σ² on the way: it has no such law.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from madtheory.errors import BadInput
from madtheory.loop import Loop
from madtheory.random import ONE, Jump
from madtheory.schedules import Replace


def jump(loop: Loop, generations: int, k: object) -> Jump:
    """The jump of k generations; raises `BadInput` where the loop has none, or k does not divide the generations."""
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1 or generations % k:
        raise BadInput("jump", f"a whole number that divides the {generations} generations", k)
    if k == 1:
        return ONE
    if not (loop.model.jumps and isinstance(loop.schedule, Replace)) or loop.dim > 1 or loop.steered:
        raise BadInput("jump", "1, unless the schedule is replace and the model a gaussian in one dimension", k)
    if np.ndim(loop.schedule.n) or np.ndim(loop.sampling_bias) or loop.schedule.n < 2:
        raise BadInput("jump", "1, unless n (from 2 on) and sampling_bias are one number each", k)
    divided = 0.0 if loop.estimator == "unbiased" else math.log1p(-1 / float(loop.schedule.n))
    return Jump(int(k), math.log(float(loop.sampling_bias)) + divided)


def check_alone(k: Jump, **asked: Any) -> None:
    """Refuse what a run that jumps cannot do besides: arguments by name, each of which must be `None`, 0 or "statistics"."""
    for name, value in asked.items():
        if k.generations > 1 and value not in (None, 0, "statistics"):
            raise BadInput("jump", f"1 together with {name}", k.generations)

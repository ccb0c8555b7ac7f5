"""What the laws of linear regression share: their hypotheses, and loops to check them on."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from madtheory.laws._law import Hypothesis
from madtheory.loop import Loop
from madtheory.models import LinearRegression, RegressionTruth
from madtheory.schedules import Schedule

OLS = Hypothesis("least squares", lambda loop: loop.model.method == "ols")  # type: ignore[attr-defined]
TRUE_NOISE = Hypothesis("labels with the real σ²", lambda loop: loop.model.noise == "true")  # type: ignore[attr-defined]
REFITTED = Hypothesis("labels with the fitted σ²", lambda loop: loop.model.noise == "refitted")  # type: ignore[attr-defined]
FRESH_DESIGN = Hypothesis("new inputs for every batch", lambda loop: loop.model.design == "fresh")  # type: ignore[attr-defined]
REDRAWN = Hypothesis(  # else more is known, see `one_design_risk`
    "new inputs for every batch, or labels with the fitted σ²",
    lambda loop: FRESH_DESIGN.holds(loop) or REFITTED.holds(loop),
)
SAME_DESIGN = Hypothesis("the same inputs in every batch", lambda loop: loop.model.design == "reused" and _one_size(loop))  # type: ignore[attr-defined]
WHITE = Hypothesis("inputs of covariance I", lambda loop: np.array_equal(loop.truth.input_covariance, np.eye(features(loop))))
FINITE = Hypothesis(
    "d + 2 points or more in every batch: with |n − d| ≤ 1 the expected risk is infinite",
    lambda loop: int(np.min(loop.schedule.batch_sizes(first(loop)))) >= features(loop) + 2,
)


def noisier(loop: Loop) -> Loop:
    """The same loop with a tenth more noise."""
    return eqx.tree_at(lambda lo: lo.truth.noise_variance, loop, 1.1 * loop.truth.noise_variance)


def features(loop: Any) -> int:
    """d."""
    return loop.model.features


def noise_variance(loop: Any) -> Any:
    """() σ²."""
    return jnp.asarray(loop.truth.noise_variance, dtype=jnp.float64)


def sizes(loop: Loop, generations: int) -> Any:
    """(T,) points of the batch that generation 1…T adds, where it adds one."""
    given = jnp.asarray(loop.schedule.n, dtype=jnp.float64)  # type: ignore[attr-defined]
    n = jnp.broadcast_to(given, (generations,)) if given.ndim == 0 else given[:generations]
    first_size = getattr(loop.schedule, "n_initial", None)
    return n if first_size is None else n.at[0].set(first_size)


def first(loop: Loop) -> int:
    """Generations that say all about the sizes of batches."""
    return loop.horizon() or 3


def _one_size(loop: Loop) -> bool:
    return len(loop.schedule.batch_sizes(first(loop))) == 1


def regression_loop(schedule: Schedule, d: int = 3, estimator: str = "unbiased", white: bool = True, **model: Any) -> Loop:
    """A loop of regressions in d dimensions, by least squares on fresh designs with the real σ² unless told otherwise."""
    given = {"design": "fresh", "noise": "true"} | model
    covariance = None if white else np.diag(np.arange(1.0, d + 1)) + 0.2
    truth = RegressionTruth(coefficients=np.linspace(0.5, 1.5, d), noise_variance=0.8, covariance=covariance)
    return Loop(model=LinearRegression(features=d, **given), truth=truth, schedule=schedule, bias_first_generation=False,
                estimator=estimator)  # fmt: skip



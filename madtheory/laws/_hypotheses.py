"""Hypotheses that several laws share."""

from __future__ import annotations

import numpy as np

from madtheory.laws._law import Hypothesis
from madtheory.loop import Loop

UNIVARIATE = Hypothesis("one dimension", lambda loop: loop.dim == 1)
REPLACE = Hypothesis("the replace schedule", lambda loop: loop.schedule.kind == "replace")
ACCUMULATE = Hypothesis("the accumulate schedule", lambda loop: loop.schedule.kind == "accumulate")
WHOLE_BATCHES = Hypothesis("training sets made of whole batches", lambda loop: loop.schedule.composition(1).pool is None)
SUBSAMPLE = Hypothesis("the accumulate-subsample schedule", lambda loop: loop.schedule.kind == "accumulate_subsample")
UNBIASED = Hypothesis("the unbiased 1/(N-1) estimator", lambda loop: loop.estimator == "unbiased")
MLE = Hypothesis("the mle 1/N estimator", lambda loop: loop.estimator == "mle")
UNIT_BIAS = Hypothesis("sampling_bias = 1", lambda loop: bool(np.all(np.asarray(loop.sampling_bias) == 1)))
NO_BIAS = Hypothesis("sampling bias 1 for every batch", lambda loop: bool(np.all(_biases(loop) == 1)))
PARAMETRIC = Hypothesis("real data drawn from the Gaussian itself", lambda loop: loop.truth.real_draws == "parametric")
FULL_RANK = Hypothesis("more points than dimensions in every training set", lambda loop: _smallest(loop) > loop.dim)
CONSTANT_SIZE = Hypothesis("one sample size for all generations", lambda loop: np.ndim(loop.schedule.n) == 0)  # type: ignore[attr-defined]
CONSTANT_BIAS = Hypothesis("one sampling_bias for all generations", lambda loop: np.ndim(loop.sampling_bias) == 0)
NO_INITIAL_SIZE = Hypothesis("a real batch of the same size", lambda loop: getattr(loop.schedule, "n_initial", None) is None)


def gaussian_and_univariate(loop: Loop) -> bool:
    """Whether fourth moments are known: one dimension and Gaussian real data."""
    return UNIVARIATE.holds(loop) and PARAMETRIC.holds(loop)


def _smallest(loop: object) -> int:
    """Points in the smallest training set of the first generations."""
    last = loop.schedule.horizon() or 3  # type: ignore[attr-defined]
    return int(np.min(loop.schedule.composition(min(last, 64)).training_sizes()))  # type: ignore[attr-defined]


def _biases(loop: object) -> np.ndarray:
    """λ of the loop and of every batch of a composition that brings its own."""
    own = getattr(loop.schedule, "bias", None)  # type: ignore[attr-defined]
    return np.atleast_1d(loop.sampling_bias if own is None else own)  # type: ignore[attr-defined]

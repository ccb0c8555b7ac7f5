"""Planted bugs: what could be wrong in an engine, one short function each, with a loop on which it should be found.

The laws never see a bug. `by` names the checks that must find it; none means that no verdict of this budget can, and
`lost` says why.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import digamma, polygamma

import madtheory.engine as engine
import madtheory.models._normal as fitted
import madtheory.models.gaussian as gaussian
from madtheory._run import Run
from madtheory.laws._cases import gaussian_loop
from madtheory.models import Gaussian, Seen
from madtheory.random import ChiSquareTable, Stream
from madtheory.schedules import Accumulate, AccumulateSubsample, FixedReal, Fresh, Replace, Weighted, Window
from tests.verify.planting import BUGS as BUGS
from tests.verify.planting import WRONG_AT, batches, bug, moved, one_generation, runs, scaled, scores, streams, with_schedule

REPLACE = gaussian_loop(Replace(n=10))
BIASED = gaussian_loop(Replace(n=10), sampling_bias=0.9)
CUBE = gaussian_loop(Replace(n=10), dim=3, estimator="mle", sampling_bias=0.9)
ACCUMULATE = gaussian_loop(Accumulate(n=10))
FRESH = gaussian_loop(Fresh(n_real=10, n_synthetic=20))
FIXED = gaussian_loop(FixedReal(n_real=10, n_synthetic=20))
WINDOW = gaussian_loop(Window(n=12, window=3, n_real=6))
WEIGHTED = gaussian_loop(Weighted(n_real=10, n_synthetic=20, weight=0.3))
GOLDEN = gaussian_loop(Weighted(n_real=10, n_synthetic=20, weight="golden"))
SUBSAMPLE = gaussian_loop(AccumulateSubsample(n=10))
LARGE = gaussian_loop(Replace(n=10**6), sampling_bias=0.5)


# estimators and scales


@bug(REPLACE, "one_step", "end_of_run")
def estimator_mle(replace: Any) -> None:
    """The mle is computed where the unbiased estimator was asked for."""
    replace(Gaussian, "fit", lambda fit: lambda family, summary, estimator, *more: fit(family, summary, "mle", *more))


@bug(CUBE, "one_step")
def estimator_unbiased(replace: Any) -> None:
    """The unbiased estimator is computed where the mle was asked for, d = 3."""
    replace(Gaussian, "fit", lambda fit: lambda family, summary, estimator, *more: fit(family, summary, "unbiased", *more))


@bug(REPLACE, "one_step")
def variance_1_percent(replace: Any) -> None:
    """Every batch has 1 % too much variance."""
    batches(scaled(1.01))(replace)


@bug(REPLACE, "one_step", generations=50, replicas=200_000)
def variance_tenth_percent(replace: Any) -> None:
    """Every batch has 0.1 % too much variance, looked for in 10⁷ batches."""
    batches(scaled(1.001))(replace)


@bug(REPLACE, lost="0.1 % of a step with sd 47 % needs 7·10⁶ batches; this run has 2·10⁵")
def variance_tenth_percent_small_run(replace: Any) -> None:
    """Every batch has 0.1 % too much variance, looked for in 2·10⁵ batches."""
    batches(scaled(1.001))(replace)


@bug(REPLACE, "one_step")
def drift_5_percent(replace: Any) -> None:
    """The means of batches scatter 5 % too far."""
    batches(moved(1.05))(replace)


@bug(REPLACE, lost="0.2 % in the drift's variance needs 1.6·10⁷ batches; this run has 2·10⁵")
def drift_tenth_percent(replace: Any) -> None:
    """The means of batches scatter 0.1 % too far."""
    batches(moved(1.001))(replace)


@bug(BIASED, "one_step", "end_of_run")
def bias_as_standard_deviation(replace: Any) -> None:
    """λ multiplies the standard deviation instead of the covariance."""
    runs(lambda loop: eqx.tree_at(lambda lo: lo.sampling_bias, loop, loop.sampling_bias**2))(replace)


@bug(BIASED, "per_generation", "end_of_run")
def bias_in_generation_1(replace: Any) -> None:
    """λ scales the real draws of generation 1, which it should not."""
    runs(lambda loop: gaussian_loop(loop.schedule, sampling_bias=loop.sampling_bias, first=True))(replace)


@bug(BIASED, "per_generation")
def bias_forgotten_once(replace: Any) -> None:
    """λ is not applied in one generation."""
    one_generation(1 / 0.9)(replace)


@bug(BIASED, "one_step")
def bias_not_on_the_mean(replace: Any) -> None:
    """λ scales the scatter of a batch but not the noise of its mean."""
    batches(moved(1 / math.sqrt(0.9)))(replace)


# samplers


@bug(REPLACE, "one_step", draw="points")
def noise_t30(replace: Any) -> None:
    """Points have Student's t with 30 degrees of freedom, scaled to the right variance: right mean, wrong shape."""
    scores(lambda z: (z + (z**3 + z) / 120) * math.sqrt(28 / 30))(replace)


@bug(REPLACE, "one_step", draw="points")
def normal_truncated_at_3(replace: Any) -> None:
    """Normals end at 3 standard deviations."""
    scores(lambda z: jnp.where(abs(z) > 3, 0, z))(replace)


@bug(REPLACE, "one_step", generations=50, replicas=150_000, draw="points")
def normal_truncated_at_4(replace: Any) -> None:
    """Normals end at 4 standard deviations (−0.1 % of variance), looked for in 7.5·10⁷ points."""
    scores(lambda z: jnp.where(abs(z) > 4, 0, z))(replace)


@bug(REPLACE, "one_step", "end_of_run")
def chi_square_lognormal(replace: Any) -> None:
    """log χ² is normal, with the right mean and variance."""

    def wrong(ratio: Any) -> Any:
        return lambda table, z, nu: digamma(4.5) - math.log(4.5) + math.sqrt(polygamma(1, 4.5)) * z

    replace(ChiSquareTable, "log_ratio", wrong)


@bug(CUBE, "one_step", "end_of_run")
def bartlett_without_off_diagonal(replace: Any) -> None:
    """The Bartlett factor is diagonal."""
    replace(gaussian, "bartlett_factor", lambda make: lambda *args: jnp.diag(jnp.diagonal(make(*args))))


@bug(CUBE, "one_step", "end_of_run")
def bartlett_degrees_not_shifted(replace: Any) -> None:
    """All diagonal entries of the Bartlett factor have ν degrees of freedom, instead of ν, ν−1 and so on."""

    def wrong(make: Any) -> Any:
        def equal(z: Any, below: Any, nu: Any, table: Any) -> Any:
            diagonal = jnp.exp(0.5 * table.log_ratio(z, jnp.full(len(z), nu, z.dtype)))
            return jnp.tril(make(z, below, nu, table), -1) + jnp.diag(diagonal)

        return equal

    replace(gaussian, "bartlett_factor", wrong)


@bug(CUBE, "one_step")
def bartlett_degrees_reversed(replace: Any) -> None:
    """The degrees of freedom of the Bartlett factor stand in the wrong order: the determinant keeps its law."""

    def wrong(make: Any) -> Any:
        def reverse(z: Any, below: Any, nu: Any, table: Any) -> Any:
            left = nu - jnp.arange(len(z), dtype=z.dtype)[::-1]
            diagonal = jnp.exp(0.5 * (table.log_ratio(z, left) + jnp.log(left / nu)))
            return jnp.tril(make(z, below, nu, table), -1) + jnp.diag(diagonal)

        return reverse

    replace(gaussian, "bartlett_factor", wrong)


# random words


@bug(REPLACE, "spread", "distribution")
def same_words_every_generation(replace: Any) -> None:
    """Every generation reads the words of generation 1."""
    streams(lambda s: Stream(s.key, s.replica, jnp.uint32(1)))(replace)


@bug(REPLACE, "invariant")
def same_words_every_replica(replace: Any) -> None:
    """All replicas read the words of replica 0."""
    streams(lambda s: Stream(s.key, jnp.uint32(0), s.generation))(replace)


@bug(REPLACE, "invariant")
def replicas_share_streams(replace: Any) -> None:
    """Two replicas each read the same words."""
    streams(lambda s: Stream(s.key, s.replica >> np.uint32(1), s.generation))(replace)


@bug(REPLACE, "invariant")
def one_pair_of_replicas(replace: Any) -> None:
    """Replica 1 reads the words of replica 0; all others have their own."""
    streams(lambda s: Stream(s.key, jnp.where(s.replica == 1, 0, s.replica).astype(jnp.uint32), s.generation))(replace)


@bug(FRESH, "one_step")
def real_and_synthetic_share_words(replace: Any) -> None:
    """The role is ignored: real and synthetic batches read the same words."""
    replace(Stream, "words", lambda words: lambda stream, role, slot=0: words(stream, 0, slot))


@bug(WINDOW, "one_step")
def batches_of_a_window_share_words(replace: Any) -> None:
    """The slot is ignored: the batches of all models in memory read the same words."""
    replace(Stream, "words", lambda words: lambda stream, role, slot=0: words(stream, role, 0))


@bug(REPLACE, "symmetry")
def mean_and_variance_share_words(replace: Any) -> None:
    """The scatter of a batch is made from the same normal score as its mean."""
    replace(gaussian, "_scores", lambda make: lambda *args: (make(*args)[0], *make(*args)[::2]))


# generations and memory


@bug(REPLACE, "end_of_run", "tilted", "distribution", replicas=20_000)
def one_generation_late(replace: Any) -> None:
    """Generation t is reported as it was before its step: the last generation never shows."""

    def wrong(advance: Any) -> Any:
        def late(job: Any, t: Any, replica: Any, state: Any) -> Any:
            after, row = advance(job, t, replica, state)
            before = Seen(state.frame, state.model, state.first_error, t)
            old = jnp.concatenate([jnp.atleast_1d(o.value(before, job.world)) for o in job.observables])
            return after, jnp.concatenate([old, row[len(old) :]]).astype(row.dtype)

        return late

    replace(engine, "advance", wrong)


@bug(REPLACE, "per_generation")
def one_generation_5_percent(replace: Any) -> None:
    """One generation has 5 % too much variance."""
    one_generation(1.05)(replace)


@bug(REPLACE, "per_generation", replicas=150_000)
def one_generation_1_percent(replace: Any) -> None:
    """One generation has 1 % too much variance."""
    one_generation(1.01)(replace)


@bug(REPLACE, "per_generation", replicas=20_000)
def one_generation_with_11_points(replace: Any) -> None:
    """One generation draws 11 points instead of 10."""
    runs(with_schedule(Replace(n=[11 if t == WRONG_AT else 10 for t in range(1, 21)])))(replace)


@bug(LARGE, generations=600, replicas=4000, lost="rounding has no bias where a step spans many floats; only float64 shows it")
def kahan_carry_lost(replace: Any) -> None:
    """The sum of log-scales is not compensated, over 600 generations of a fast collapse at n = 10⁶."""
    replace(fitted, "_kahan", lambda kahan: lambda total, carry, step: (total + step, carry))


@bug(REPLACE, lost="rounding adds 10⁻⁶ to a log-variance with sd 2; only the same draws in float64 show it")
def kahan_carry_lost_small_n(replace: Any) -> None:
    """The sum of log-scales is not compensated, n = 10."""
    replace(fitted, "_kahan", lambda kahan: lambda total, carry, step: (total + step, carry))


@bug(ACCUMULATE, "end_of_run")
def accumulate_drops_the_real_batch(replace: Any) -> None:
    """The real batch is forgotten after generation 1."""

    def wrong(begin: Any) -> Any:
        return lambda schedule, draw: (begin(schedule, draw)[0], begin(schedule, draw)[1].weigh(0.0))

    replace(Accumulate, "begin", wrong)


@bug(ACCUMULATE, "end_of_run")
def memory_is_stale(replace: Any) -> None:
    """The memory after a step is the one before it: synthetic batches are used once."""
    replace(Accumulate, "step", lambda step: lambda schedule, t, memory, *args: (step(schedule, t, memory, *args)[0], memory))


@bug(WINDOW, "end_of_run")
def window_without_the_newest_model(replace: Any) -> None:
    """The window ends one model too early: the last model is not used until a generation later."""

    def late(step: Any) -> Any:
        def wrong(schedule: Any, t: Any, memory: Any, model: Any, draw: Any) -> Any:
            older = jax.tree.map(lambda m: m[0], memory)
            models = jax.tree.map(lambda new, old: jnp.concatenate([new[None], old[:-1]]), model, memory)
            return step(schedule, t, jax.tree.map(lambda m: jnp.roll(m, -1, 0), memory), older, draw)[0], models

        return wrong

    replace(Window, "step", late)


# schedules


@bug(FRESH, "one_step", replicas=20_000)
def fresh_share_off_by_one(replace: Any) -> None:
    """9 real and 21 synthetic points instead of 10 and 20, n = 30."""
    runs(with_schedule(Fresh(n_real=9, n_synthetic=21)))(replace)


@bug(WEIGHTED, "one_step")
def weight_wrong(replace: Any) -> None:
    """The weight on real data is 0.33 instead of 0.3."""
    runs(with_schedule(Weighted(n_real=10, n_synthetic=20, weight=0.33)))(replace)


@bug(GOLDEN, "one_step", "end_of_run")
def golden_weight_of_equal_batches(replace: Any) -> None:
    """The golden weight 0.618 of equal batches is used for batches of 10 and 20."""
    runs(with_schedule(Weighted(n_real=10, n_synthetic=20, weight=(math.sqrt(5) - 1) / 2)))(replace)


@bug(FIXED, "one_step", "end_of_run")
def fixed_real_batch_redrawn(replace: Any) -> None:
    """The real batch that should be reused is drawn anew in every generation."""
    runs(with_schedule(FixedReal(n_real=10, n_synthetic=20, real="redrawn")))(replace)


@bug(SUBSAMPLE, "end_of_run", generations=6, replicas=40_000)
def subsample_with_replacement(replace: Any) -> None:
    """Points are chosen with replacement instead of without."""
    runs(with_schedule(AccumulateSubsample(n=10, with_replacement=True)))(replace)


# tiles


@bug(REPLACE, "invariant")
def padding_leaks(replace: Any) -> None:
    """The replicas that fill the last tile are counted."""
    replace(Run, "_merge", lambda merge: lambda tiles, count, summary: merge(tiles, tiles.width, summary))


@bug(REPLACE, "invariant")
def tiles_repeat(replace: Any) -> None:
    """Every tile runs the replicas of the first one."""
    replace(sys.modules["madtheory.simulate"], "tile_width", lambda _: lambda job, replicas: 1024)
    replace(Run, "_call", lambda call: lambda tiles, place, some, *args: call(tiles, place, [0 for _ in some], *args))


@bug(REPLACE, lost="replicas are exchangeable; only a comparison of bits shows it")
def replicas_swapped_between_tiles(replace: Any) -> None:
    """The states of a tile go on with the streams of its neighbours after the first generation."""
    streams(lambda s: Stream(s.key, jnp.where(s.generation > 1, s.replica ^ np.uint32(1024), s.replica), s.generation))(replace)

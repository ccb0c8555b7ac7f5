"""The Gaussian family: its statistics are those of points, its summaries merge, its frames are a change of coordinates."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma, polygamma

from madtheory.models import Gaussian, Seen
from madtheory.models._moments import Moments
from madtheory.models._normal import Frame, Normal
from madtheory.random import SYNTHETIC, Stream, seed_words
from tests.false_alarms import worst_z, z_bound

REPLICAS = 2**15
BIAS = 0.7
ROWS = 32  # points drawn, of which n count
FLOAT64 = 1e-11  # relative: a few hundred roundings
SIZES = [1, 2, 3, 4, 6, 30]
every_size = pytest.mark.parametrize("n", SIZES)
every_dim = pytest.mark.parametrize("dim", [1, 3])
both = pytest.mark.parametrize("points", [False, True], ids=["statistics", "points"])


def some_normal(dim: int, dtype: Any, salt: int = 0) -> Normal:
    """A model with nothing special about it."""
    rng = np.random.default_rng(salt)
    factor = np.tril(rng.normal(size=(dim, dim)), -1) + np.diag(rng.uniform(0.5, 1.5, dim))
    return Normal(jnp.asarray(rng.normal(size=dim), dtype), jnp.asarray(factor, dtype), jnp.asarray(-0.3 - 0.2 * salt, dtype))


def dense(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean (…, d) and covariance (…, d, d) in float64."""
    factor = np.asarray(model.factor, float) * np.exp(np.asarray(model.log_scale, float))[..., None, None]
    return np.asarray(model.mean, float), factor @ np.swapaxes(factor, -1, -2)


# draws


@functools.partial(jax.jit, static_argnums=(3, 4))
def batches(key: Any, n: Any, tables: Any, dim: int, points: bool) -> Moments:
    family, model = Gaussian(dim=dim), some_normal(dim, jnp.float32)

    def one(replica: Any) -> Moments:
        words = Stream(key, replica, jnp.uint32(1)).words(SYNTHETIC)
        if points:
            return family.summarise(family.draw_points(words, model, ROWS, BIAS), n)
        return family.draw(words, model, n, BIAS, tables)

    return jax.vmap(one)(jnp.arange(REPLICAS, dtype=jnp.uint32))


def drawn(seed: int, dim: int, n: int, points: bool) -> Moments:
    tables = Gaussian(dim=dim).tables(np.array([n, *range(1000, 1008 - 2 * dim)]), np.float32)
    return batches(seed_words(seed), jnp.float32(n), tables, dim, points)


def standardised(batch: Moments, dim: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean (R, d) and n × covariance (R, d, d) of batches as if they came from N(0, I)."""
    mean, covariance = dense(batch)
    centre, spread = dense(some_normal(dim, jnp.float32))
    whiten = np.linalg.inv(np.linalg.cholesky(BIAS * spread))
    return (mean - centre) @ whiten.T, n * whiten @ covariance @ whiten.T


def moments_z(mean: np.ndarray, scatter: np.ndarray, n: int) -> float:
    """Largest |z| of first, second and mixed moments of mean and scatter, against N(0, I/n) and Wishart(n−1)."""
    dim, nu, one = mean.shape[1], n - 1, np.eye(mean.shape[1])
    below = np.tril_indices(dim)
    centred = scatter - nu * one
    wishart = nu * (np.einsum("ik,jl->ijkl", one, one) + np.einsum("il,jk->ijkl", one, one))
    checks = [(mean, np.zeros(dim)), (mean[:, :, None] * mean[:, None], one / n)]
    if nu:
        pairs = np.einsum("rij,rkl->rijkl", centred, centred)
        checks += [(scatter[:, *below], (nu * one)[below]), (pairs[:, *below][:, :, *below], wishart[below][:, *below])]
        checks += [(np.einsum("ri,rjk->rijk", mean, centred), np.zeros((dim,) * 3))]
    return max(worst_z(samples, expected) for samples, expected in checks)


@both
@every_dim
@every_size
def test_a_batch_has_the_moments_of_its_law(n: int, dim: int, points: bool, seed: int) -> None:
    batch = drawn(seed, dim, n, points)
    assert np.all(np.asarray(batch.count) == n)
    assert moments_z(*standardised(batch, dim, n), n) < z_bound(100)


@pytest.mark.parametrize("points", [False, True])
def test_a_wrong_size_is_rejected(points: bool, seed: int) -> None:
    batch = drawn(seed, 3, 6, points)
    assert moments_z(*standardised(batch, 3, 6), 7) > z_bound(100)


@both
@every_dim
def test_the_log_determinant_has_the_cumulants_of_its_law(dim: int, points: bool, seed: int) -> None:
    _, scatter = standardised(drawn(seed, dim, 6, points), dim, 6)
    half = (5 - np.arange(dim)) / 2
    centred = np.linalg.slogdet(scatter)[1] - np.sum(digamma(half) + np.log(2))
    expected = np.array([0.0, np.sum(polygamma(1, half)), np.sum(polygamma(2, half))])
    assert worst_z(np.stack([centred, centred**2, centred**3], axis=1), expected) < z_bound(3)


@every_dim
def test_statistics_and_points_have_one_distribution(dim: int, seed: int) -> None:
    found = [standardised(drawn(seed + points, dim, 6, points), dim, 6)[1] for points in (False, True)]
    for summary in (np.linalg.det, lambda s: s[:, 0, 0], lambda s: s[:, -1, 0], lambda s: s[:, -1, -1]):
        assert stats.ks_2samp(*(summary(scatter) for scatter in found)).pvalue > 1e-6 / 8


def test_another_distribution_is_rejected(seed: int) -> None:
    found = [standardised(drawn(seed, 3, n, False), 3, n)[1][:, 0, 0] for n in (6, 7)]
    assert stats.ks_2samp(*found).pvalue < 1e-6


@both
def test_a_short_batch_has_lost_its_rank(points: bool) -> None:
    model = jax.vmap(lambda b: Gaussian(dim=3).fit(b, "unbiased", 9))(drawn(0, 3, 3, points))
    diagonal = np.diagonal(np.asarray(model.factor), axis1=1, axis2=2)
    assert np.all(diagonal[:, :2] > 0)
    assert np.all(np.asarray(model.factor)[:, :, 2] == 0)


@both
def test_one_replica_at_a_time_is_all_at_once(points: bool) -> None:
    family, model, n = Gaussian(dim=3), some_normal(3, jnp.float32), jnp.float32(6)
    together = drawn(0, 3, 6, points)
    for replica in (0, 1, 1000):
        words = Stream(seed_words(0), jnp.uint32(replica), jnp.uint32(1)).words(SYNTHETIC)
        alone = family.draw(words, model, n, BIAS, family.tables(np.array([6]), np.float32))
        alone = family.summarise(family.draw_points(words, model, ROWS, BIAS), n) if points else alone
        for one, many in zip(jax.tree.leaves(alone), jax.tree.leaves(together), strict=True):
            assert np.asarray(one) == pytest.approx(np.asarray(many[replica]), rel=1e-5, abs=1e-5)


# summaries


def cloud(n: int, dim: int, salt: int) -> np.ndarray:
    rng = np.random.default_rng(salt)
    return rng.normal(size=(n, dim)) @ rng.normal(size=(dim, dim)) + 3 * rng.normal(size=dim)


def summary(points: np.ndarray) -> Moments:
    return Gaussian(dim=points.shape[1]).summarise(jnp.asarray(points), len(points))


def check(found: Any, mean: np.ndarray, covariance: np.ndarray) -> None:
    assert dense(found)[0] == pytest.approx(mean, rel=FLOAT64, abs=FLOAT64)
    assert dense(found)[1] == pytest.approx(covariance, rel=FLOAT64, abs=FLOAT64)


@pytest.fixture
def _float64() -> Any:
    with jax.enable_x64(True):
        yield


CLOUDS = [(5, 0), (3, 1), (11, 2)]


@every_dim
@pytest.mark.usefixtures("_float64")
def test_summaries_merge_as_points_do(dim: int) -> None:
    parts = [cloud(n, dim, salt) for n, salt in CLOUDS]
    a, b, c = (summary(part) for part in parts)
    together = np.concatenate(parts)
    mean, covariance = together.mean(axis=0), np.atleast_2d(np.cov(together.T, bias=True))
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), a, b, c)
    for union in ((a + b) + c, a + (b + c), c + b + a, stacked.total()):
        check(union, mean, covariance)
        assert float(union.count) == float(union.weight) == len(together)


@every_dim
@pytest.mark.usefixtures("_float64")
def test_weights_are_those_of_points(dim: int) -> None:
    parts, shares = [cloud(n, dim, salt) for n, salt in CLOUDS], np.array([0.2, 0.0, 0.8])
    a, b, c = (summary(part).weigh(share) for part, share in zip(parts, shares, strict=True))
    weight = np.concatenate([np.full(len(part), share / len(part)) for part, share in zip(parts, shares, strict=True)])
    together = np.concatenate(parts)
    covariance = np.atleast_2d(np.cov(together.T, aweights=weight, bias=True))
    union = a + b + c
    check(union, weight @ together, covariance)
    assert float(union.count) == 16  # a batch of weight 0 is absent
    assert float(union.weight) == pytest.approx(1.0)


@every_dim
@pytest.mark.parametrize(("estimator", "ddof"), [("mle", 0), ("unbiased", 1)])
@pytest.mark.usefixtures("_float64")
def test_the_fit_is_the_sample_covariance(dim: int, estimator: str, ddof: int) -> None:
    points = cloud(7, dim, 5)
    model = Gaussian(dim=dim).fit(summary(points), estimator, dim + 1)
    check(model, points.mean(axis=0), np.atleast_2d(np.cov(points.T, ddof=ddof)))


@pytest.mark.usefixtures("_float64")
def test_rows_that_do_not_count_are_not_seen() -> None:
    points = np.concatenate([cloud(5, 3, 0), np.full((4, 3), 1e6)])
    found = Gaussian(dim=3).summarise(jnp.asarray(points), 5)
    check(found, points[:5].mean(axis=0), np.cov(points[:5].T, bias=True))


@pytest.mark.usefixtures("_float64")
def test_a_far_and_narrow_cloud_keeps_its_variance() -> None:
    """The one-pass formula loses everything here."""
    points = 1e6 + 1e-3 * cloud(50, 3, 0)
    halves = summary(points[:20]) + summary(points[20:])
    assert dense(halves)[1] == pytest.approx(np.cov(points.T, bias=True), rel=1e-6)


# frames


def moved(frame: Frame, mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance in the coordinates of the real law, of what has these in those of `frame`."""
    columns = np.asarray(frame.unit) @ np.diag(np.exp(np.asarray(frame.log_diag)))
    return np.asarray(frame.mean) + columns @ mean, columns @ covariance @ columns.T


@every_dim
@pytest.mark.usefixtures("_float64")
def test_a_chain_of_frames_is_a_product_of_matrices(dim: int) -> None:
    frame = Gaussian(dim=dim).frame(jnp.float64)
    centre, matrix = np.zeros(dim), np.eye(dim)
    for salt in range(6):
        step = some_normal(dim, jnp.float64, salt)
        centre = centre + matrix @ np.asarray(step.mean)
        matrix = matrix @ np.asarray(step.factor) * np.exp(float(step.log_scale))
        frame = frame.then(step)
        mean, covariance = moved(frame, np.zeros(dim), np.eye(dim))
        assert mean == pytest.approx(centre, rel=FLOAT64)
        assert covariance == pytest.approx(matrix @ matrix.T, rel=FLOAT64)


@every_dim
@pytest.mark.usefixtures("_float64")
def test_a_change_of_frame_changes_nothing(dim: int) -> None:
    family = Gaussian(dim=dim)
    frame = family.frame(jnp.float64).then(some_normal(dim, jnp.float64, 1))
    step, model, batch = some_normal(dim, jnp.float64, 2), some_normal(dim, jnp.float64, 3), summary(cloud(9, dim, 4))
    for thing in (model, batch):
        before, after = moved(frame, *dense(thing)), moved(frame.then(step), *dense(thing.seen_from(step)))
        assert after[0] == pytest.approx(before[0], rel=FLOAT64)
        assert after[1] == pytest.approx(before[1], rel=FLOAT64)


@every_dim
@pytest.mark.usefixtures("_float64")
def test_several_models_move_as_one_does(dim: int) -> None:
    models = [some_normal(dim, jnp.float64, salt) for salt in (1, 2, 3)]
    step = some_normal(dim, jnp.float64, 4)
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *models).seen_from(step)
    for k, model in enumerate(models):
        alone = model.seen_from(step)
        check(jax.tree.map(lambda leaf, k=k: leaf[k], together), *dense(alone))


@pytest.mark.parametrize("dead", [[], [2], [1, 2], [0, 1, 2]])
@pytest.mark.usefixtures("_float64")
def test_dead_directions_are_kept_in_the_frame(dead: list[int]) -> None:
    """Settling changes no law, neither that of the model nor that of another one with its full rank."""
    frame, other = Gaussian(dim=3).frame(jnp.float64).then(some_normal(3, jnp.float64, 1)), some_normal(3, jnp.float64, 3)
    full = some_normal(3, jnp.float64, 2)
    scale = jnp.where(len(dead) == 3, -jnp.inf, full.log_scale)
    model = Normal(full.mean, full.factor.at[:, np.array(dead, int)].set(0), scale)
    expected = moved(frame, np.asarray(model.mean), np.nan_to_num(dense(model)[1]))
    step, standard = model.settle()
    new = frame.then(step)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves((new, standard)))
    kept = moved(frame, *dense(other)), moved(new, *dense(other.seen_from(step)))
    for before, after in [(expected, moved(new, *dense(standard))), kept]:
        assert after[0] == pytest.approx(before[0], rel=FLOAT64)
        assert after[1] == pytest.approx(before[1], rel=FLOAT64, abs=FLOAT64)
    seen = Seen(new, standard, 0.0, 1)
    assert np.array_equal(np.isneginf(seen.log_diag), np.isin(np.arange(3), dead))
    assert np.asarray(seen.factor @ seen.factor.T) == pytest.approx(expected[1], rel=FLOAT64, abs=FLOAT64)

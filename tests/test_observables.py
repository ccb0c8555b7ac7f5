"""Every observable against its textbook formula, in the coordinates of the data, and where the variance is all but gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import multivariate_normal, norm

from madtheory.models import Gaussian, Seen, World
from madtheory.models._normal import Normal
from madtheory.observables import catalogue, reported
from madtheory.observables._jacobi import log_eigenvalues

CATALOGUE = catalogue(Gaussian(dim=1))
EXACT = 1e-9
every_dim = pytest.mark.parametrize("dim", [1, 3, 5])


class Fitted:
    """A real law and a fitted one, drawn from nowhere in particular."""

    def __init__(self, dim: int, salt: int) -> None:
        rng = np.random.default_rng(salt)
        self.dim, self.mean0, self.mean = dim, rng.normal(size=dim), rng.normal(size=dim)
        self.cov0, self.cov = (m @ m.T + 0.1 * np.eye(dim) for m in rng.normal(size=(2, dim, dim)))
        self.drift = self.mean - self.mean0

    def kl(self, mean_p: Any, cov_p: Any, mean_q: Any, cov_q: Any) -> float:
        gap, inverse = mean_q - mean_p, np.linalg.inv(cov_q)
        ratio = np.linalg.slogdet(cov_q)[1] - np.linalg.slogdet(cov_p)[1]
        return 0.5 * (np.trace(inverse @ cov_p) + gap @ inverse @ gap - self.dim + ratio)

    def w2_squared(self) -> float:
        half = sqrtm(self.cov0)
        return self.drift @ self.drift + np.trace(self.cov0 + self.cov - 2 * np.real(sqrtm(half @ self.cov @ half)))

    def fisher(self) -> float:
        """Squared error in the Fisher metric at the real law, per point."""
        inverse = np.linalg.inv(self.cov0)
        off = inverse @ (self.cov - self.cov0)
        return self.drift @ inverse @ self.drift + 0.5 * np.trace(off @ off)


    def marginals(self) -> list[tuple[Any, Any]]:
        """Each coordinate of the real law and of the fitted one."""
        both = ((self.mean0, self.cov0), (self.mean, self.cov))
        return list(zip(*([norm(m, v**0.5) for m, v in zip(mean, np.diag(cov), strict=True)] for mean, cov in both), strict=True))


def slopes(cov: np.ndarray) -> np.ndarray:
    """Of the last coordinate on the others; 0 without others."""
    return np.linalg.solve(cov[:-1, :-1], cov[:-1, -1]) if len(cov) > 1 else np.zeros(1)


def within(law: Any, other: Any) -> float:
    """Mass of one law in the central 90 % of another."""
    low, high = other.interval(0.9)
    return law.cdf(high) - law.cdf(low)


TEXTBOOK: dict[str, Callable[[Fitted], Any]] = {
    "drift": lambda f: f.drift,
    "mean_square_drift": lambda f: f.drift @ f.drift,
    "variance": lambda f: np.trace(f.cov) / f.dim,
    "log_variance": lambda f: np.log(np.linalg.det(f.cov)) / f.dim,
    "log_eigenvalues": lambda f: np.log(np.linalg.eigvalsh(f.cov)[::-1]),
    "largest_eigenvalue": lambda f: np.linalg.eigvalsh(f.cov)[-1],
    "effective_rank": lambda f: np.trace(f.cov) ** 2 / np.trace(f.cov @ f.cov),
    "effective_rank_annealed": lambda f: np.array([np.trace(f.cov) ** 2, np.trace(f.cov @ f.cov)]),
    "w2_squared": Fitted.w2_squared,
    "frechet": Fitted.w2_squared,
    "kl_forward": lambda f: f.kl(f.mean0, f.cov0, f.mean, f.cov),
    "kl_reverse": lambda f: f.kl(f.mean, f.cov, f.mean0, f.cov0),
    "entropy": lambda f: multivariate_normal(f.mean, f.cov).entropy(),
    "tail_probability": lambda f: np.sqrt(np.trace(f.cov) / f.dim) > 0.1,
    "improvement": lambda f: f.fisher() < 1.0,
    "precision": lambda f: np.mean([within(q, p) for p, q in f.marginals()]),
    "recall": lambda f: np.mean([within(p, q) for p, q in f.marginals()]),
    "slope": lambda f: slopes(f.cov),
    "slope_risk": lambda f: (slopes(f.cov) - slopes(f.cov0)) @ (f.cov0[:-1, :-1] if f.dim > 1 else np.eye(1))
    @ (slopes(f.cov) - slopes(f.cov0)),
}


def whitened(f: Fitted, dtype: Any) -> Normal:
    """The fitted law in the coordinates where the real one is N(0, I)."""
    root = np.linalg.inv(np.linalg.cholesky(f.cov0))
    factor = np.linalg.cholesky(root @ f.cov @ root.T)
    return Normal(jnp.asarray(root @ f.drift, dtype), jnp.asarray(factor * np.e, dtype), jnp.asarray(-1.0, dtype))


def seen(f: Fitted, moved: bool, dtype: Any = jnp.float64) -> Seen:
    """The fitted law as the engine shows it: in a frame that stayed or in one that came along."""
    frame, model = Gaussian(dim=f.dim).frame(dtype), whitened(f, dtype)
    if moved:
        step, model = model.settle()
        frame = frame.then(step)
    return Seen(frame, model, jnp.asarray(1.0, dtype), 2)


def value(name: str, f: Fitted, moved: bool = False) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(CATALOGUE[name]().value(seen(f, moved), World.of(f.cov0, np.float64)), float)


def test_every_observable_has_its_formula() -> None:
    assert set(TEXTBOOK) == set(CATALOGUE)
    assert set(reported(Gaussian(dim=1))) <= set(CATALOGUE)


@every_dim
@pytest.mark.parametrize("moved", [False, True], ids=["still", "moved"])
@pytest.mark.parametrize("name", TEXTBOOK)
def test_the_textbook_formula(name: str, moved: bool, dim: int) -> None:
    for salt in range(3):
        f = Fitted(dim, salt)
        expected = np.asarray(TEXTBOOK[name](f), float)
        found = value(name, f, moved)
        if name == "effective_rank_annealed":
            found, expected = found[:1] / found[1:], expected[:1] / expected[1:]
        assert found == pytest.approx(expected, rel=EXACT, abs=EXACT)


@pytest.mark.parametrize("name", ["w2_squared", "log_eigenvalues", "kl_forward", "kl_reverse"])
def test_another_law_has_another_value(name: str) -> None:
    assert value(name, Fitted(3, 0)) != pytest.approx(np.asarray(TEXTBOOK[name](Fitted(3, 1))), rel=1e-3)


@every_dim
def test_the_truth_is_at_no_distance(dim: int) -> None:
    f = Fitted(dim, 0)
    f.mean, f.cov, f.drift = f.mean0, f.cov0, np.zeros(dim)
    for name in ("w2_squared", "frechet", "kl_forward", "kl_reverse", "mean_square_drift", "improvement"):
        target = 1.0 if name == "improvement" else 0.0
        assert value(name, f) == pytest.approx(target, abs=1e-12)


# the spectrum, however far apart its members


def exact_log_eigenvalues(columns: np.ndarray, log_scale: np.ndarray) -> list[float]:
    """With as many digits as it takes."""
    with mp.workdps(200):
        factor = mp.matrix(columns.tolist()) * mp.diag([mp.exp(mp.mpf(float(s))) for s in log_scale])
        return sorted((float(mp.log(v)) for v in mp.eigsy(factor * factor.T, eigvals_only=True)), reverse=True)


SCALES = {
    "near": [0.3, 0.1, -0.2],
    "far": [30.0, -30.0, 0.0],
    "steep": [0.0, -60.0, -120.0],
    "rising": [-60.0, 0.0, 60.0],
    "pair": [-500.0, -500.1, 0.0],
    "many": [0.0, -1.0, -30.0, -31.0, -90.0],
}


@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-12), (np.float32, 3e-6)])
@pytest.mark.parametrize("scale", SCALES.values(), ids=list(SCALES))
def test_log_eigenvalues_of_any_spread(scale: list[float], dtype: Any, bound: float) -> None:
    """Absolute error of the logarithm, beside the rounding of the logarithm itself."""
    rng = np.random.default_rng(len(scale))
    columns = (np.tril(rng.normal(size=(len(scale),) * 2), -1) + np.eye(len(scale))).astype(dtype)
    scales = np.array(scale, dtype)
    with jax.enable_x64(dtype == np.float64):
        found = np.asarray(log_eigenvalues(jnp.asarray(columns), jnp.asarray(scales)), float)
    exact = np.array(exact_log_eigenvalues(columns.astype(float), scales.astype(float)))
    rounding = 2 * np.finfo(dtype).eps * abs(exact)
    assert np.all(abs(found - exact) < bound + rounding)


def test_lost_rank_is_minus_infinity() -> None:
    with jax.enable_x64(True):
        columns, scales = jnp.asarray([[1.0, 0, 0], [0.5, 1, 0], [2, 0.1, 1]]), jnp.asarray([0.0, -3.0, -jnp.inf])
        found = np.asarray(log_eigenvalues(columns, scales))
    assert found[2] == -np.inf
    kept = np.asarray(columns)[:, :2] * np.exp(np.asarray(scales)[:2])
    assert found[:2] == pytest.approx(np.log(np.linalg.svd(kept, compute_uv=False) ** 2), rel=EXACT)


# collapsed models: what is infinite is infinite, and nothing is not a number

INFINITE = {"log_variance": -np.inf, "entropy": -np.inf, "kl_forward": np.inf, "kl_reverse": np.inf}


def collapsed(dim: int, log_scale: float, dead: int, moved: bool) -> Seen:
    factor = np.tril(0.3 * np.ones((dim, dim)), -1) + np.diag((np.arange(dim) < dim - dead).astype(float))
    factor[:, dim - dead :] = 0
    model = Normal(jnp.full(dim, 0.5, jnp.float32), jnp.asarray(factor, jnp.float32), jnp.float32(log_scale))
    frame = Gaussian(dim=dim).frame(jnp.float32)
    if moved:
        step, model = model.settle()
        frame = frame.then(step)
    return Seen(frame, model, jnp.float32(1), 2)


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("dead", [0, 1])
@pytest.mark.parametrize("log_scale", [-5.0, -60.0, -1000.0])
@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("name", CATALOGUE)
def test_a_collapsed_model_is_measured(name: str, dim: int, log_scale: float, dead: int, moved: bool) -> None:
    with np.errstate(over="ignore"):
        found = np.asarray(CATALOGUE[name]().value(collapsed(dim, log_scale, dead, moved), World.of(np.eye(dim), np.float32)))
    assert not np.any(np.isnan(found))
    if dead and name in INFINITE:
        assert found == INFINITE[name]
    if not dead and name == "log_variance":
        assert found == pytest.approx(2 * log_scale, rel=1e-6)

"""More dimensions and the schedules that pool: sufficient statistics on both sides, all replicas at once.

NumPy draws means and Bartlett factors for all replicas in one array operation and pools batches by the usual formulas:
(n, mean, scatter) + (n', mean', scatter') with n n'/(n + n') (mean − mean')(mean − mean')ᵀ between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import _closed as closed
from benchmarks import _machine as machine
from benchmarks._harness import Claim, Outcome, Result, Way
from benchmarks._lines import Line, compare, rate
from benchmarks._ours import Job, here, predicted
from benchmarks._run import Run

N = 200
SCHEDULES: dict[str, dict[str, Any]] = {
    "fresh": {"kind": "fresh", "n_real": N, "n_synthetic": N},
    "accumulate": {"kind": "accumulate", "n": N},
    "window": {"kind": "window", "n": N, "window": 2},
}
"""All unbiased; the window shares its n points between two models."""


def multivariate(run: Run) -> Iterator[Line]:
    """Replace in 3 to 100 dimensions, and three schedules that pool."""
    for dim, replicas in ((3, 16_384), (10, 2048), (31, 512), (100, 64))[: run.pick(1, 4)]:
        yield from _compared(run, "replace", {"kind": "replace", "n": N}, dim, run.pick(64, replicas))
    for name, schedule in list(SCHEDULES.items())[: run.pick(1, 3)]:
        for dim, replicas in ((1, 65_536), (3, 8192))[: run.pick(1, 2)]:
            yield from _compared(run, name, schedule, dim, run.pick(256, replicas))


def _compared(run: Run, name: str, schedule: dict[str, Any], dim: int, replicas: int) -> Iterator[Line]:
    generations = run.pick(4, 20)
    job = Job(schedule, dim, generations, machine.roomy(replicas, 64))
    loop = replace if name == "replace" else LOOPS[name]
    ours = here({"": job}, work=job.replicas * generations)
    ways = [ours, Way("NumPy", lambda seed: loop(seed, dim, replicas, generations), replicas * generations)]
    claims = _claims(name, job, generations)
    yield from compare("multivariate", f"{name}, d={dim}", ways, claims, show=rate, **run.how)[0]


def _claims(name: str, job: Job, t: int) -> list[Claim]:
    if name == "replace":
        return [closed.log_variance(N, job.dim, t, "unbiased")]
    return predicted(job, ["mean_square_drift", "log_variance"], t)


class Means:
    """Means over replicas, generation by generation."""

    def __init__(self, replicas: int) -> None:
        self.replicas = replicas
        self.drift: list[float] = []
        self.spread: list[float] = []

    def add(self, mean: np.ndarray, log_variance: np.ndarray) -> None:
        """Store one generation."""
        self.drift.append(float(np.mean(np.sum(mean**2, axis=-1))))
        self.spread.append(float(np.mean(log_variance)))

    def result(self) -> Result:
        """As an outcome."""
        mean = {"mean_square_drift": np.array(self.drift), "log_variance": np.array(self.spread)}
        return Result({"": Outcome(self.replicas, mean)})


def bartlett(rng: np.random.Generator, replicas: int, dim: int, n: int) -> np.ndarray:
    """(R, d, d) lower triangular factors of Wishart matrices of n − 1 degrees of freedom."""
    factor = np.zeros((replicas, dim, dim))
    rows, columns = np.tril_indices(dim, -1)
    factor[:, rows, columns] = rng.standard_normal((replicas, len(rows)))
    k = np.arange(dim)
    factor[:, k, k] = np.sqrt(rng.chisquare(n - 1 - k, (replicas, dim)))
    return factor


def replace(seed: int, dim: int, replicas: int, generations: int) -> Result:
    """The factor of the covariance is a product of triangular matrices: no decomposition anywhere."""
    rng, means = np.random.default_rng(seed), Means(replicas)
    mean, factor = np.zeros((replicas, dim)), np.broadcast_to(np.eye(dim), (replicas, dim, dim))
    for _ in range(generations):
        mean = mean + (factor @ rng.standard_normal((replicas, dim, 1)))[..., 0] / np.sqrt(N)
        factor = factor @ bartlett(rng, replicas, dim, N) / np.sqrt(N - 1)
        means.add(mean, 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).mean(axis=1))
    return means.result()


class Scalar:
    """Batches in one dimension, without matrices."""

    def __init__(self, seed: int, dim: int, replicas: int) -> None:
        self.rng, self.replicas = np.random.default_rng(seed), replicas
        self.origin = (np.zeros((replicas, 1)), np.ones((replicas, 1)))

    def draw(self, model: Any, n: int) -> Any:
        """(n, mean, scatter) of n draws of a model (mean, scale)."""
        mean, scale = model
        mean = mean + scale * self.rng.standard_normal((self.replicas, 1)) / np.sqrt(n)
        return n, mean, scale**2 * self.rng.chisquare(n - 1, (self.replicas, 1))

    def pool(self, a: Any, b: Any) -> Any:
        """Union of two batches."""
        n, gap = a[0] + b[0], b[1] - a[1]
        return n, a[1] + gap * (b[0] / n), a[2] + b[2] + self.square(gap) * (a[0] * b[0] / n)

    def square(self, gap: np.ndarray) -> np.ndarray:
        """Scatter of a difference of means."""
        return gap**2

    def fit(self, batch: Any) -> Any:
        """Unbiased fit: (mean, scale)."""
        n, mean, scatter = batch
        return mean, np.sqrt(scatter / (n - 1))

    def log_variance(self, model: Any) -> np.ndarray:
        """log|Σ|/d."""
        return 2 * np.log(model[1][:, 0])


class Matrix(Scalar):
    """Batches in more dimensions; the scale is a Cholesky factor."""

    def __init__(self, seed: int, dim: int, replicas: int) -> None:
        super().__init__(seed, dim, replicas)
        self.dim = dim
        self.origin = (np.zeros((replicas, dim)), np.broadcast_to(np.eye(dim), (replicas, dim, dim)))

    def draw(self, model: Any, n: int) -> Any:
        mean, scale = model
        mean = mean + (scale @ self.rng.standard_normal((self.replicas, self.dim, 1)))[..., 0] / np.sqrt(n)
        root = scale @ bartlett(self.rng, self.replicas, self.dim, n)
        return n, mean, root @ root.mT

    def square(self, gap: np.ndarray) -> np.ndarray:
        return gap[:, :, None] * gap[:, None, :]

    def fit(self, batch: Any) -> Any:
        n, mean, scatter = batch
        return mean, np.linalg.cholesky(scatter / (n - 1))

    def log_variance(self, model: Any) -> np.ndarray:
        return 2 * np.log(np.diagonal(model[1], axis1=1, axis2=2)).mean(axis=1)


def _pooled(step: Callable[[Scalar, Any, list[Any]], Any]) -> Callable[..., Result]:
    """A loop whose generation t ≥ 2 trains on `step(family, last training set, models, newest first)`."""

    def loop(seed: int, dim: int, replicas: int, generations: int) -> Result:
        family, means = (Scalar if dim == 1 else Matrix)(seed, dim, replicas), Means(replicas)
        batch, models = family.draw(family.origin, N), []
        for _ in range(generations):
            models = [family.fit(batch), *models[:1]]
            means.add(models[0][0], family.log_variance(models[0]))
            batch = step(family, batch, models)
        return means.result()

    return loop


def _fresh(family: Scalar, batch: Any, models: list[Any]) -> Any:
    return family.pool(family.draw(family.origin, N), family.draw(models[0], N))


def _accumulate(family: Scalar, batch: Any, models: list[Any]) -> Any:
    return family.pool(batch, family.draw(models[0], N))


def _window(family: Scalar, batch: Any, models: list[Any]) -> Any:
    if len(models) == 1:
        return family.draw(models[0], N)
    return family.pool(family.draw(models[0], N // 2), family.draw(models[1], N // 2))


LOOPS = {"fresh": _pooled(_fresh), "accumulate": _pooled(_accumulate), "window": _pooled(_window)}

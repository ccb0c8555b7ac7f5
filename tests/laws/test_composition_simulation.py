"""Laws of every schedule against the loop run point by point, and against a law that is nearly right.

Each score is a mean over replicas in standard errors. |z| ≤ 4.5 fails for a true law once in 150,000 scores; one run
of this file makes about 300, so it fails by chance once in some 500 runs.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np
import pytest

from madtheory.laws import ATLAS, Law, evaluate
from madtheory.laws._cases import gaussian_loop
from madtheory.loop import Loop
from madtheory.models import Gaussian
from madtheory.schedules import Accumulate, AccumulateSubsample, Custom, FixedReal, Fresh, Weighted, Window
from madtheory.truth import Truth
from tests.naive_loop import run

LIMIT = 4.5
REPLICAS = 25_000  # per run; an exact law gets two


def statistic(name: str, loop: Loop, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """(T+1, R) the observable of every generation and replica."""
    off, d = means - loop.truth.mean, loop.dim
    if name == "drift":
        return off[..., 0]
    drift, variance = np.sum(off**2, axis=-1), np.trace(covariances, axis1=-2, axis2=-1) / d
    simple = {"mean_square_drift": drift, "variance": variance, "total_second_moment": drift + d * variance}
    if name in simple:
        return simple[name]
    log_det = np.linalg.slogdet(covariances)[1]
    entropy = 0.5 * (d * np.log(2 * np.pi * np.e) + log_det)
    kl_reverse = 0.5 * (d * variance + drift - d - log_det)  # of a truth N(0, I)
    return {"log_variance": log_det / d, "entropy": entropy, "kl_reverse": kl_reverse}[name]


def scores(law: Law, loop: Loop, generations: int, told: Loop, sample: np.ndarray) -> np.ndarray:
    """Standard errors between what `law` says of the loop `told` and the sample (T+1, R): means, then second moments."""
    mean = np.asarray(evaluate(law.mean, told, generations)).reshape(generations + 1, -1)[:, 0]
    variance = evaluate(law.variance, told, generations)
    rows = sorted({1, (generations + 1) // 2, generations})
    pairs = [(sample[t], mean[t]) for t in rows]
    if variance is not None:
        pairs += [(sample[t] ** 2, variance.reshape(generations + 1, -1)[t, 0] + mean[t] ** 2) for t in rows]
    return np.array([(x.mean() - m) / (x.std() / np.sqrt(len(x))) for x, m in pairs])


NAMES = ["composition-variance", "composition-mean-square-drift", "composition-drift", "subsample-variance", "conservation",
         "subsample-mean-square-drift", "accumulate-variance", "accumulate-mean-square-drift", "accumulate-log-variance",
         "accumulate-entropy", "accumulate-kl-reverse"]
CASES = [pytest.param(ATLAS[name], *case, id=f"{name}-{i}") for name in NAMES for i, case in enumerate(ATLAS[name].cases())]


@pytest.mark.parametrize(("law", "loop", "generations"), CASES)
def test_exact_laws_hold_and_their_neighbours_are_rejected(law: Law, loop: Loop, generations: int, seed: int) -> None:
    runs = [statistic(law.observable, loop, *run(loop, generations, REPLICAS, seed + i)) for i in range(2)]
    sample = np.concatenate(runs, axis=1)
    right, wrong = (scores(law, loop, generations, told, sample) for told in (loop, law.wrong(loop)))
    assert np.max(abs(right)) <= LIMIT
    assert np.max(abs(wrong)) > LIMIT


ANY = Custom(source=[0, 1, 0, 2, 1, 3], size=[4, 5, 6, 7, 3, 4], bias=[1, 0.9, 1.1, 0.8, 1, 1.2],
             weights=[[1, 0, 0, 0, 0, 0], [0.3, 0.3, 0.4, 0, 0, 0], [0.2, 0, 0.5, 0.1, 0.2, 0], [0, 0.1, 0.1, 0.2, 0.3, 0.3]])
LOPSIDED = Truth.fitted(np.array([[0.0], [0.1], [0.3], [4.0]]), real_draws="bootstrap")
WALKS = {
    "composition": gaussian_loop(ANY),
    "pool": gaussian_loop(AccumulateSubsample(n=[6, 4, 5, 7], with_replacement=True), sampling_bias=0.8),
    "subset": gaussian_loop(AccumulateSubsample(n=5), sampling_bias=[0.9, 0.8, 1.2, 1.1], first=True, estimator="mle"),
    "bootstrap": Loop(model=Gaussian(dim=1), truth=LOPSIDED, schedule=FixedReal(n_real=4, n_synthetic=5), sampling_bias=0.9,
                      bias_first_generation=True, estimator="unbiased"),
}


def covariance_scores(loop: Loop, told: Loop, seed: int) -> np.ndarray:
    """Scores of E (μ_s−μ_0)(μ_t−μ_0) for all pairs, then of E S_t, over generations 1…4."""
    means, covariances = run(loop, 4, 2 * REPLICAS, seed)
    off = means[1:, :, 0] - loop.truth.mean
    products = np.concatenate([(off[:, None] * off[None])[np.triu_indices(4)], covariances[1:, :, 0, 0]])
    said = evaluate(ATLAS["composition-mean-covariance"].mean, told, 4)[1:, 1:][np.triu_indices(4)]
    kind = "subsample" if loop.schedule.kind == "accumulate_subsample" else "composition"
    said = np.append(said, evaluate(ATLAS[f"{kind}-variance"].mean, told, 4)[1:])
    return (products.mean(axis=1) - said) / (products.std(axis=1) / np.sqrt(products.shape[1]))


@pytest.mark.parametrize("loop", WALKS.values(), ids=list(WALKS))
def test_covariances_across_generations(loop: Loop, seed: int) -> None:
    assert np.max(abs(covariance_scores(loop, loop, seed))) <= LIMIT


@pytest.mark.parametrize("loop", WALKS.values(), ids=list(WALKS))
def test_covariances_of_a_wrong_loop_are_rejected(loop: Loop, seed: int) -> None:
    told = eqx.tree_at(lambda lo: lo.truth.covariance, loop, 1.1 * loop.truth.covariance)
    assert np.max(abs(covariance_scores(loop, told, seed))) > LIMIT


SIZES = (12, 24, 48)
LARGE: dict[str, Any] = {
    "fresh": lambda n: gaussian_loop(Fresh(n_real=n, n_synthetic=2 * n), dim=2, sampling_bias=0.8),
    "fixed": lambda n: gaussian_loop(FixedReal(n_real=n, n_synthetic=n), dim=2, estimator="mle"),
    "golden": lambda n: gaussian_loop(Weighted(n_real=n, n_synthetic=n, weight="golden")),
    "accumulate": lambda n: gaussian_loop(Accumulate(n=n), dim=3),
    "subset": lambda n: gaussian_loop(AccumulateSubsample(n=n), sampling_bias=0.9),
    "window": lambda n: gaussian_loop(Window(n=n, window=2), estimator="mle", sampling_bias=1.2),
}
FIRST_ORDER = ("log_variance", "w2_squared", "kl_forward", "kl_reverse", "effective_rank", "effective_rank_annealed")
SPECTRAL = ("effective_rank", "effective_rank_annealed")  # nothing random in one dimension
LAST = 3


def distances(loop: Loop, mean: np.ndarray, covariance: np.ndarray) -> dict[str, np.ndarray]:
    """(R,) first-order observables, for a truth with a diagonal covariance."""
    scale, d = np.diagonal(loop.truth.covariance), loop.dim
    off, shape = (mean - loop.truth.mean) / np.sqrt(scale), covariance / np.sqrt(np.outer(scale, scale))
    log_det, trace, drift = np.linalg.slogdet(shape)[1], np.trace(shape, axis1=1, axis2=2), np.sum(off**2, axis=1)
    inverse = np.linalg.inv(shape)
    covariance_trace, square = np.trace(covariance, axis1=1, axis2=2), np.sum(covariance**2, axis=(1, 2))
    ratio = np.mean(covariance_trace**2) / np.mean(square)
    overlap = np.sqrt(np.linalg.eigvalsh(np.outer(scale, scale) * shape)).sum(axis=1)
    return {
        "log_variance": (log_det + np.log(scale).sum()) / d,
        "kl_reverse": 0.5 * (trace + drift - d - log_det),
        "kl_forward": 0.5 * (np.trace(inverse, axis1=1, axis2=2) + np.einsum("ri,rij,rj->r", off, inverse, off) - d + log_det),
        "w2_squared": off**2 @ scale + scale.sum() + np.diagonal(shape, axis1=1, axis2=2) @ scale - 2 * overlap,
        "effective_rank": covariance_trace**2 / square,
        "effective_rank_annealed": ratio + (covariance_trace**2 - ratio * square) / np.mean(square),  # its influence values
        "fisher": drift + 0.5 * np.sum((shape - np.eye(d)) ** 2, axis=(1, 2)),
    }


def errors(make: Any, seed: int, leading: bool) -> dict[str, list[tuple[float, float]]]:
    """For each observable and size: simulation minus law at generation LAST, and its standard error.

    With `leading` false the law is one that forgets the fluctuations: the observable of the mean model.
    """
    out: dict[str, list[tuple[float, float]]] = {name: [] for name in (*FIRST_ORDER, "improvement")}
    for n in SIZES:
        loop = make(n)
        means, covariances = run(loop, LAST, REPLICAS, seed + n)
        seen = distances(loop, means[LAST], covariances[LAST])
        seen["improvement"] = 1.0 * (seen["fisher"] < distances(loop, means[1], covariances[1])["fisher"])
        mean_model = distances(loop, means[LAST].mean(axis=0)[None], covariances[LAST].mean(axis=0)[None])
        for name, found in out.items():
            law = ATLAS[f"first-order-{name.replace('_', '-')}"]
            if not law.applies(loop) or (name in SPECTRAL and loop.dim == 1):
                continue
            blind = 0.5 if name == "improvement" else float(mean_model[name][0])
            said = float(evaluate(law.mean, loop, LAST)[LAST]) if leading else blind
            found.append((seen[name].mean() - said, seen[name].std() / np.sqrt(REPLICAS)))
    return out


def too_slow(found: list[tuple[float, float]], power: float) -> bool:
    """Whether the error fails to fall like n^−power from the smallest size to each other one, beyond LIMIT standard errors."""
    (first, first_se), *others = found
    falls = [(SIZES[0] / n) ** power for n in SIZES[1:]]
    return any(abs(e) > f * abs(first) + LIMIT * np.hypot(se, f * first_se) for (e, se), f in zip(others, falls, strict=True))


@pytest.mark.parametrize("make", LARGE.values(), ids=list(LARGE))
def test_first_order_laws_converge_at_their_rate(make: Any, seed: int) -> None:
    found = errors(make, seed, leading=True)
    for name in filter(found.get, FIRST_ORDER):
        assert not too_slow(found[name], 1.5), (name, found[name])  # 1/n² in theory; a missing 1/n term would show
    assert not found["improvement"] or not too_slow(found["improvement"], 0.5), found["improvement"]


@pytest.mark.parametrize("make", LARGE.values(), ids=list(LARGE))
def test_laws_without_fluctuations_are_rejected(make: Any, seed: int) -> None:
    found = errors(make, seed, leading=False)
    assert all(too_slow(found[name], 1.5) for name in filter(found.get, FIRST_ORDER)), found
    assert not found["improvement"] or too_slow(found["improvement"], 0.5), found["improvement"]

"""Samplers step by step, and choices draw by draw, in NumPy. Of the data the samplers know the score alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from madtheory.curation import Acceptance, BestOf, TopShare
from madtheory.samplers import Ancestral, Denoiser, FlowMatching


def naive_sampler(sampler: Any, mean: Any, std: Any, rng: np.random.Generator, count: int) -> np.ndarray:
    """(count,) draws from N(mean, std²), which may be one for each draw."""
    if isinstance(sampler, Denoiser):
        noised = mean + std * rng.normal(size=count) + float(sampler.sigma) * rng.normal(size=count)
        return mean + std**2 / (std**2 + float(sampler.sigma) ** 2 + sampler.penalty) * (noised - mean)
    if isinstance(sampler, FlowMatching):
        return naive_flow(sampler, mean, std, rng, count)
    high, low, steps = float(sampler.sigma_max), float(sampler.sigma_min), sampler.steps
    power = {"geometric": 0, "uniform": 1, "edm": 1 / 7}[sampler.grid]
    levels = np.geomspace(high, low, steps + 1) if power == 0 else np.linspace(high**power, low**power, steps + 1) ** (1 / power)
    x = high * rng.normal(size=count)
    if sampler.start == "exact":
        x = mean + np.sqrt(std**2 + high**2) * rng.normal(size=count)

    def denoised(x: np.ndarray, level: float) -> np.ndarray:
        score = -(x - mean) / (std**2 + level**2)
        return x + level**2 * score

    for now, after in itertools.pairwise(levels):
        away = (x - denoised(x, now)) / now
        if isinstance(sampler, Ancestral):
            noise = now**2 - after**2 if sampler.variance == "forward" else after**2 * (now**2 - after**2) / now**2
            x = denoised(x, now) + after**2 / now * away + np.sqrt(noise) * rng.normal(size=count)
        elif sampler.solver == "exact":
            x = mean + (x - mean) * np.sqrt((std**2 + after**2) / (std**2 + now**2))
        else:
            ahead = x + (after - now) * away
            again = (ahead - denoised(ahead, after)) / after
            x = ahead if sampler.solver == "euler" else x + (after - now) * (away + again) / 2
    return denoised(x, levels[-1]) if sampler.final == "denoise" else x


def naive_flow(sampler: FlowMatching, mean: Any, std: Any, rng: np.random.Generator, count: int) -> np.ndarray:
    """The velocity E[x − ε | x_t], by regression of x − ε on x_t."""
    x, base, h = float(sampler.base) * rng.normal(size=count), float(sampler.base), 1 / sampler.steps

    def velocity(x: np.ndarray, t: float) -> np.ndarray:
        slope = (t * std**2 - (1 - t) * base**2) / ((1 - t) ** 2 * base**2 + t**2 * std**2)
        return mean + slope * (x - t * mean)

    for k in range(sampler.steps):
        first = velocity(x, k * h)
        second = velocity(x + h * first, (k + 1) * h)
        x = x + h * (first if sampler.solver == "euler" else (first + second) / 2)
    return x


def naive_choice(case: Any, points: np.ndarray, centre: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(R, n) points kept of (R, drawn) points, whose models have means (R, 1)."""
    if case.direction is not None:
        reward = float(case.direction[0]) * points
    elif case.centre is not None:
        reward = -float(case.strength) / 2 * (points - float(case.centre[0])) ** 2
    else:
        reward = float(case.novelty) / 2 * (points - centre) ** 2
    if isinstance(case, TopShare):
        n = int(np.floor(points.shape[1] * case.share + 1e-9))
        return np.take_along_axis(points, np.argsort(-reward, axis=1)[:, :n], axis=1)
    if isinstance(case, Acceptance):
        passed = np.argsort(reward < float(case.least), axis=1, kind="stable")
        return np.take_along_axis(points, passed, axis=1)[:, : int((reward >= float(case.least)).sum(axis=1).min())]
    grouped, reward = (a.reshape(len(a), -1, case.candidates) for a in (points, reward))
    if not isinstance(case, BestOf):
        odds = np.exp(reward)
        below = rng.uniform(size=(*odds.shape[:2], 1)) * odds.sum(axis=2, keepdims=True)
        chosen = (odds.cumsum(axis=2) < below).sum(axis=2)
    else:
        chosen = reward.argmax(axis=2)
    return np.take_along_axis(grouped, chosen[..., None], axis=2)[..., 0]

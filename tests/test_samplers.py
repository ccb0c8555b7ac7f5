"""Samplers against the naive scheme, and against published and asymptotic values."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from madtheory import samplers
from madtheory.laws._law import float64
from madtheory.samplers import Ancestral, Denoiser, FlowMatching, LowRank, ProbabilityFlow, Sampler
from tests.false_alarms import z_bound
from tests.naive_steering import naive_sampler

SAMPLERS = [case for kind in samplers.KINDS.values() if not kind.spectral for case in kind.cases()]
named = pytest.mark.parametrize


@float64
def through(sampler: Sampler, std: float) -> tuple[float, float]:
    share, out = sampler.through(jnp.asarray(std))
    return float(share), float(out)


@named("sampler", SAMPLERS, ids=lambda case: case.kind)
def test_a_sampler_is_its_naive_scheme(sampler: Sampler, seed: int) -> None:
    mean, std, count = 1.3, 0.8, 400_000
    draws = naive_sampler(sampler, mean, std, np.random.default_rng(seed), count)
    share, out = through(sampler, std)
    z = [(draws.mean() - share * mean) / (out / np.sqrt(count)), (draws.var() / out**2 - 1) / np.sqrt(2 / count)]
    assert np.max(np.abs(z)) < z_bound(2 * len(SAMPLERS))


def test_the_other_noise_variance_is_rejected(seed: int) -> None:
    draws = naive_sampler(Ancestral(20, 20.0, 0.05), 0.0, 0.8, np.random.default_rng(seed), 400_000)
    _, out = through(Ancestral(20, 20.0, 0.05, variance="forward"), 0.8)
    assert abs(draws.var() / out**2 - 1) / np.sqrt(2 / 400_000) > z_bound(1)


@named(("steps", "solver", "factor"), [(17, "euler", 0.846), (17, "heun", 1.055), (49, "euler", 0.944), (49, "heun", 1.006)])
def test_the_published_grid_shrinks_or_swells_as_known(steps: int, solver: str, factor: float) -> None:
    sampler = ProbabilityFlow(steps, 80.0, 0.002, grid="edm", solver=solver)
    assert through(sampler, 0.5)[1] / 0.5 == pytest.approx(factor, abs=5e-4)


@named("std", [0.1, 1.0, 5.0])
def test_a_geometric_grid_has_one_factor_for_every_direction(std: float) -> None:
    for eta, error in ((0.3, 1e-9), (0.6, 1e-6)):
        grid = 100, 1e6, 1e6 * np.exp(-100 * eta)
        assert np.log(through(ProbabilityFlow(*grid), std)[1] / std) == pytest.approx(-eta / 4, abs=error)
        each = (Ancestral(*grid, variance=variance) for variance in ("posterior", "forward"))
        small, large = (np.log(through(sampler, std)[1] / std) for sampler in each)
        assert (small, large) == pytest.approx((-eta / 2, eta / 2), abs=eta**2 / 6)
        assert abs(small + large) < eta**2 / 4


def test_flow_matching_follows_its_expansion() -> None:
    for std in (0.3, 1.0, 2.0):
        wanted = [-(1 + np.pi * (std + 1 / std) / 4) / (2 * k) for k in (40, 80)]
        found = [np.log(through(FlowMatching(k), std)[1] / std) for k in (40, 80)]
        off = abs(np.subtract(found, wanted))
        assert off[1] < 0.3 * off[0] + 1e-9
        assert off[0] < 1e-4
    assert through(FlowMatching(1), 0.5)[1] == 0
    assert through(FlowMatching(2), 0.5)[1] == pytest.approx(0.2, rel=1e-12)


def test_the_exact_step_stops_where_the_data_are_noised() -> None:
    for final, wanted in (("stop", np.sqrt(0.8**2 + 0.3**2)), ("denoise", 0.8**2 / np.sqrt(0.8**2 + 0.3**2))):
        sampler = ProbabilityFlow(5, 8.0, 0.3, solver="exact", start="exact", final=final)
        assert through(sampler, 0.8) == pytest.approx((1, wanted), rel=1e-12)


@named("rest", ["noise", "lost"])
def test_few_factors_keep_the_leading_directions(rest: str) -> None:
    """Against the eigenvectors of the fit: the trace stays with noise, and the rank goes without."""
    std = jnp.asarray([3.0, 2.0, 1.0, 0.5])
    _, out = LowRank(2, rest=rest).through(std)
    assert out[:2] == pytest.approx([3.0, 2.0])
    assert float(jnp.sum(out**2)) == pytest.approx(float(jnp.sum(std**2)) if rest == "noise" else 13.0, rel=1e-6)
    assert out[2] == out[3]


def test_a_denoised_loop_dies_out_smallest_first() -> None:
    """Eigenvalue s becomes s²/(s + σ²): gone after about s/σ² generations."""
    std = np.array([1.0, 0.3])
    for _ in range(30):
        std = np.array([through(Denoiser(0.25), s)[1] for s in std])
    assert std[0] ** 2 < 1e-3
    assert std[1] < 1e-12

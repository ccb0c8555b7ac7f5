"""The laws of all samplers: 10⁶ draws of some here, 2·10⁸ of each at night, by the checks of `benchmarks.samplers`."""

from __future__ import annotations

import pytest

from benchmarks.samplers import SAMPLERS, measure, quantiles

FEW, MANY = 2**20, 2 * 10**8


@pytest.mark.parametrize("name", ["normal", "log χ² table, ν = 2"])
def test_a_million_draws(name: str, seed: int) -> None:
    assert measure(name, FEW, seed)["passed"]


@pytest.mark.parametrize("name", ["log χ² table, ν = 99", pytest.param("poisson(100)", marks=pytest.mark.slow)])
def test_a_wrong_law_is_rejected(name: str, seed: int) -> None:
    """By 0.2 % of its parameter, which four million draws of these tell apart."""
    found = measure(name, 4 * FEW, seed)
    assert found["passed"]
    assert found["wrong rejected"]


@pytest.mark.slow
def test_the_quantiles_are_as_right_as_the_report_says() -> None:
    """10⁻¹² in float64 everywhere; in float32 10⁻⁶ but for the smallest shapes, whose logarithm has no more digits."""
    found = quantiles()
    assert max(error["float64"] for error in found.values()) < 1e-12
    coarse = {name for name, error in found.items() if error["float32"] > 1e-6}
    assert coarse == {"log χ² table, ν = 1", "log χ² table, ν = 2", "log χ² table, ν = 3", "log gamma(1)", "log gamma(1.5)"}


@pytest.mark.nightly
@pytest.mark.parametrize("name", SAMPLERS)
def test_two_hundred_million_draws_and_a_wrong_law_that_is_rejected(name: str, seed: int) -> None:
    found = measure(name, MANY, seed)
    assert found["passed"]
    assert found["wrong rejected"]

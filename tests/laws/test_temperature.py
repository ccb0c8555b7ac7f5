"""Cold sampling of an even alphabet: the map of many points, followed from both sides of its thresholds, and the engine."""

from __future__ import annotations

import pytest

from madtheory.laws import ATLAS, evaluate
from madtheory.laws.temperature import cold_loop, sharpened
from madtheory.loop import Loop
from madtheory.models import Categorical, CategoricalTruth
from madtheory.schedules import Fresh
from madtheory.simulate import simulate

STEPS = 20_000


def followed(x: float, real: float, symbols: int, temperature: float) -> float:
    """Where one symbol's probability goes under p' = r p* + (1−r) p^{1/T}/Z."""
    for _ in range(STEPS):
        x = real / symbols + (1 - real) * sharpened(x, symbols, temperature)
    return x


def threshold(name: str, symbols: int, temperature: float) -> float:
    """A law's number."""
    return float(evaluate(ATLAS[name].value, cold_loop(symbols, temperature)))  # type: ignore[attr-defined, arg-type]


@pytest.mark.parametrize(("symbols", "temperature"), [(2, 0.5), (2, 0.8), (5, 0.5), (5, 0.8), (20, 0.7)])
def test_even_probabilities_are_stable_above_the_threshold_only(symbols: int, temperature: float) -> None:
    critical = threshold("temperature-threshold", symbols, temperature)
    even = 1 / symbols
    assert followed(even * (1 + 1e-6), critical + 0.01, symbols, temperature) == pytest.approx(even, rel=1e-5)
    assert followed(even * (1 + 1e-6), critical - 0.01, symbols, temperature) > 1.05 * even


@pytest.mark.parametrize(("symbols", "temperature"), [(3, 0.8), (5, 0.5), (5, 0.8), (20, 0.7)])
def test_a_concentrated_state_survives_up_to_the_spinodal_only(symbols: int, temperature: float) -> None:
    spinodal = threshold("temperature-spinodal", symbols, temperature)
    assert spinodal > 1 - temperature
    assert followed(0.999, spinodal - 1e-3, symbols, temperature) > 1.05 / symbols
    assert followed(0.999, spinodal + 1e-3, symbols, temperature) == pytest.approx(1 / symbols, rel=1e-4)


def test_two_symbols_have_no_hysteresis() -> None:
    assert threshold("temperature-spinodal", 2, 0.8) == pytest.approx(0.2, abs=1e-3)


def test_a_wrong_threshold_is_refused() -> None:
    assert followed(0.2 * (1 + 1e-6), 0.19, 5, 0.8) != pytest.approx(0.2, rel=1e-2)


def test_the_printed_state() -> None:
    assert followed(0.2, 0.22, 5, 0.8) == pytest.approx(0.2, abs=1e-9)
    assert followed(0.9, 0.22, 5, 0.8) == pytest.approx(0.515, abs=5e-4)


def left(n_real: int, seed: int) -> float:
    """Mean heterozygosity after many generations of two symbols at temperature 1/2, whose threshold is 1/2."""
    loop = Loop(model=Categorical(), truth=CategoricalTruth.uniform(2), schedule=Fresh(n_real=n_real, n_synthetic=2_000),
                sampling_bias=0.5, bias_first_generation=False, estimator="mle")  # fmt: skip
    run = simulate(loop, generations=60, replicas=64, observables=["heterozygosity"], seed=seed)
    return float(run.observables["heterozygosity"].mean[-1])


def test_the_engine_stays_even_with_enough_real_data(seed: int) -> None:
    assert left(3_000, seed) > 0.49


def test_an_even_state_below_the_threshold_is_rejected(seed: int) -> None:
    assert left(500, seed) < 0.3

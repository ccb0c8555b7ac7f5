"""One generation given the last: the surprises of a run, pooled, and generation by generation.

Given the state, the next generation's law is explicit in every regime, so these checks keep their power at any t. Each
surprise has mean 0 and its square mean 1 under the claim, and surprises of different generations are uncorrelated. Their
standard errors are known, not estimated, and squares are tested through their logarithm: calibrated from n = 2 on.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from madtheory.simulate import Simulation
from madtheory.verify._finding import Finding, largest_p, log_resolution, two_sided_p, z_power, z_resolution

LAW = "one-step-forecast"


def one_step(simulation: Simulation, neighbour: tuple[np.ndarray, np.ndarray] | None) -> Iterator[Finding]:
    """Findings from the surprises.

    `neighbour` holds mean surprises (T, 2C, d) of the claim and of a wrong neighbour on the same few paths, for the power.
    """
    if simulation.surprises is None or neighbour is None:
        return
    mean, error = simulation.surprises
    own, wrong = neighbour
    moved = _centred(wrong) - _centred(own)
    pooled = np.sqrt(np.sum(error**2, axis=0)) / len(error)
    shift = _centred(wrong.mean(axis=0)) - _centred(own.mean(axis=0))
    names = simulation.loop.model.channels
    channels = [f"surprise_{name}" for name in names] + [f"surprise_{name}_spread" for name in names]
    for c, channel in enumerate(channels):
        yield _finding(simulation, channel, "one_step", _centred(mean.mean(axis=0))[c], shift[c], pooled[c])
    yield _finding(simulation, "surprise", "per_generation", _centred(mean).ravel(), moved.ravel(), error.ravel())


def _centred(mean: np.ndarray) -> np.ndarray:
    """(…, 2C, d) what is 0 under the claim: mean surprises, and the logarithms of mean squares."""
    channels = mean.shape[-2] // 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate([mean[..., :channels, :], np.log(mean[..., channels:, :])], axis=-2)


def _finding(simulation: Simulation, observable: str, check: str, value: np.ndarray, moved: np.ndarray,
             error: np.ndarray) -> Finding:  # fmt: skip
    """The largest of uncorrelated z's."""
    last, z = int(simulation.generations[-1]), value / error
    if not np.all(np.isfinite(z)):
        return Finding(LAW, observable, check, last, untestable=True, detail="a step without spread, as after one point")
    worst = float(z[np.argmax(abs(z))])
    resolution = (log_resolution if observable.endswith("spread") else z_resolution)(float(error.min()), len(z))
    power = z_power(float(np.max(abs(moved / error))), len(z))
    detail = "largest over generations, coordinates, and mean and spread of the surprises" if check == "per_generation" else ""
    return Finding(LAW, observable, check, last, worst, largest_p(two_sided_p(worst), len(z)), power, resolution, detail=detail)

"""One generation given the last: the surprises of a run, pooled, and generation by generation.

Given the state, the next generation's law is explicit in every regime, so these checks keep their power at any t. Each
surprise has mean 0 and its square mean 1 under the claim, and surprises of different generations are uncorrelated.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from madtheory.simulate import Simulation
from madtheory.verify._finding import Finding, largest_p, two_sided_p, z_power, z_resolution

CHANNELS = ("mean", "variance", "mean_spread", "variance_spread")
CENTRES = np.array([0.0, 0.0, 1.0, 1.0])


def one_step(simulation: Simulation, pilot: Simulation | None) -> Iterator[Finding]:
    """Findings from the surprises; `pilot` is a small run whose forecasts come from the wrong neighbour, for the power."""
    if simulation.surprises is None:
        return
    mean, error = simulation.surprises
    shift, cells = _pilot_shift(simulation, pilot), mean.shape[0] * mean.shape[2]
    for c, channel in enumerate(CHANNELS):
        yield _pooled(simulation, c, channel, None if shift is None else shift[:, c])
    z = ((mean - CENTRES[:, None]) / error)[:, :2]
    worst = float(z.flat[np.argmax(abs(z))])
    p = largest_p(two_sided_p(worst), 2 * cells)
    largest = None if shift is None else float(np.max(abs(shift[:, :2])))
    yield Finding("one-step-forecast", "surprise", "per_generation", int(simulation.generations[-1]), worst, p,
                  z_power(largest, 2 * cells), z_resolution(float(error[:, :2].min()), 2 * cells),
                  detail="largest over generations and coordinates, of mean and variance")  # fmt: skip


def _pooled(simulation: Simulation, c: int, channel: str, shift: np.ndarray | None) -> Finding:
    """One channel over all generations, the worst coordinate."""
    mean, error = simulation.surprises  # type: ignore[misc]
    total = np.sqrt(np.sum(error[:, c] ** 2, axis=0))
    z = np.sum(mean[:, c] - CENTRES[c], axis=0) / total
    worst = float(z[np.argmax(abs(z))])
    p = largest_p(two_sided_p(worst), len(z))
    pooled = None if shift is None else float(np.max(abs(np.sum(shift * error[:, c], axis=0) / total)))
    relative = float(np.min(total) / len(mean))
    return Finding("one-step-forecast", f"surprise_{channel}", "one_step", int(simulation.generations[-1]), worst, p,
                   z_power(pooled, len(z)), z_resolution(relative, len(z)))  # fmt: skip


def _pilot_shift(simulation: Simulation, pilot: Simulation | None) -> np.ndarray | None:
    """(T, channels, d) by how many standard errors of `simulation` the wrong neighbour would be off."""
    if pilot is None or pilot.surprises is None:
        return None
    return (pilot.surprises[0] - CENTRES[:, None]) / simulation.surprises[1]  # type: ignore[index]

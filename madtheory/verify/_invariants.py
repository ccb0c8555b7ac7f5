"""What must hold exactly: no statistics, no error rate. Some bugs show nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from madtheory.simulate import Simulation
from madtheory.verify._finding import Finding

FINGERPRINTED = 2**17  # replicas among which two equal ones by chance are rarer than the level of any run


def invariants(simulation: Simulation, replicas: int, generations: int) -> Iterator[Finding]:
    """Findings with p-value 0 or `None`: broken, or not."""
    failed = len(simulation.failed)
    yield _exact("finite", failed == 0, generations, f"{failed} replicas stopped being finite" + _first(simulation.failed))
    yield _exact("complete", _complete(simulation, replicas, generations), generations,
                 f"{simulation.replicas} replicas over {len(simulation.generations) - 1} generations")  # fmt: skip
    if simulation.loop.truth.parametric and simulation.loop.model.distinct:  # rows of a table can be chosen alike by chance
        copies = duplicates(simulation)
        yield _exact("distinct", copies == 0, generations, f"{copies} replicas equal to another")


def duplicates(simulation: Simulation) -> int:
    """Replicas whose last state has the bits of another's."""
    columns = [np.atleast_2d(s.values[-1].T) for s in simulation.observables.values() if s.values is not None]
    state = np.ascontiguousarray(np.concatenate(columns)[:, :FINGERPRINTED].T)
    return len(state) - len(np.unique(state.view(f"V{state.itemsize * state.shape[1]}")))


def _complete(simulation: Simulation, replicas: int, generations: int) -> bool:
    kept = [s.values.shape[1] for s in simulation.observables.values() if s.values is not None]
    return simulation.replicas == replicas and len(simulation.generations) == generations + 1 and all(k == replicas for k in kept)


def _first(failed: tuple[int, ...]) -> str:
    return f" (replica {failed[0]} first)" if failed else ""


def _exact(name: str, good: bool, generation: int, detail: str) -> Finding:
    return Finding(None, name, "invariant", generation, p_value=None if good else 0.0, detail=detail)

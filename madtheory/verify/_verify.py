"""`verify`: a loop's simulation against a loop's laws."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from madtheory import _arguments as arguments
from madtheory.errors import BadInput
from madtheory.laws import ATLAS, Law, Quantity
from madtheory.loop import Loop
from madtheory.observables import catalogue
from madtheory.predict import candidates
from madtheory.simulate import Progress, Simulation, simulate
from madtheory.verify._bound import bound
from madtheory.verify._distribution import distribution
from madtheory.verify._end_of_run import end_of_run, raw_horizon
from madtheory.verify._finding import Finding, Verdict, judge
from madtheory.verify._invariants import invariants
from madtheory.verify._one_step import one_step
from madtheory.verify._shrinking import shrinking
from madtheory.verify._symmetry import symmetry
from madtheory.verify._tilted import tilted

ALSO = ("log_variance", "drift", "coefficient_drift", "log_noise_variance")
"""What the checks of symmetry and of distinct replicas need besides, where the model has it."""
PILOT = 2048


class Verdicts(list[Verdict]):
    """Verdicts, and the run that they are about.

    Attributes:
        simulation: what was measured.
    """

    def __init__(self, verdicts: Iterable[Verdict], simulation: Simulation) -> None:
        super().__init__(verdicts)
        self.simulation = simulation


def verify(
    loop: Loop,
    *,
    generations: int,
    observables: str | Sequence[str] | None = None,
    replicas: int = 10_000,
    seed: int = 0,
    draw: str = "statistics",
    devices: int | str | Sequence[Any] | None = None,
    level: float = 0.01,
    against: Loop | None = None,
    progress: Progress | None = None,
) -> Verdicts:
    """Simulate `loop` and test the laws of `against` (by default of `loop` itself) on it.

    Four kinds of check run together: the end of the run (means, spread, distribution, symmetry), one step pooled over
    generations, the largest one-step surprise of any generation, and exact invariants. A raw mean beyond its horizon is
    reported as untestable, and a tilted run carries the test where it can.

    Args:
        loop: what is simulated.
        generations: T.
        observables: names; those with an exact law among the model's `carriers` by default.
        replicas: R.
        seed: a whole number in [0, 2⁶⁴).
        draw: "statistics" or "points".
        devices: as in `simulate`.
        level: probability that any verdict fails although every law is true.
        against: a loop whose laws are claimed to hold for `loop`.
        progress: as in `simulate`.

    Raises:
        BadInput: naming the argument.
    """
    generations = loop.check_generations(generations)
    arguments.check_level(level)
    known = catalogue(loop.model)
    names = arguments.observables(observables, known, loop.model.carriers)
    claim = loop if against is None else against
    if claim.model.kind != loop.model.kind:
        raise BadInput("against", f"a loop of a {loop.model.kind} model", claim.model.kind)
    if claim.dim != loop.dim:
        raise BadInput("against", f"a loop in {loop.dim} dimensions", f"{claim.dim} dimensions")
    claim.check_generations(generations)
    also = [name for name in ALSO if name in known]
    keep = sorted({generations, *_testable(loop, generations, replicas)})
    again = functools.partial(simulate, loop, generations=generations, observables=sorted({*names, *also}),
                              replicas=replicas, seed=seed, draw=draw, devices=devices, keep=keep)  # fmt: skip
    run = again(claim=_forecastable(loop, claim), progress=progress)
    again = functools.partial(again, tile=run.provenance["tile"])  # by themselves fewer replicas would take another program
    return Verdicts(judge(list(_findings(claim, run, names, again, observables is not None)), level), run)


def _findings(claim: Loop, run: Simulation, names: Sequence[str], again: Callable[..., Simulation],
              asked: bool) -> Iterator[Finding]:  # fmt: skip
    """All checks; `again` repeats the run with other arguments, in the same compiled program."""
    loop, seed, generations = run.loop, run.provenance["seed"], again.keywords["generations"]  # type: ignore[attr-defined]
    yield from invariants(run, again.keywords["replicas"], generations)  # type: ignore[attr-defined]
    for law in (law for name in names for law in _laws(name, claim, asked)):
        yield from _check(law, claim, run, seed)
    yield from symmetry(run)
    yield from one_step(run, _neighbour(claim, run, again))
    if "variance" in names and generations > raw_horizon(loop, run.replicas):
        other = functools.partial(again, seed=(seed + 2) % 2**64, draw="statistics", claim=_forecastable(loop, claim))
        yield from tilted(claim, loop, generations, lambda tilt: other(tilt=tilt))


def _check(law: Law, claim: Loop, run: Simulation, seed: int) -> Iterator[Finding]:
    """The checks that suit the kind of law."""
    if law.kind == "exact":
        yield from end_of_run(law, claim, run)
        yield from distribution(law, claim, run)
    elif law.kind in ("upper", "lower"):
        yield from bound(law, claim, run)
    else:
        yield from shrinking(law, claim, run, seed)


def _neighbour(claim: Loop, run: Simulation, again: Callable[..., Simulation]) -> tuple[np.ndarray, np.ndarray] | None:
    """(T, 4, d) mean surprises of the claim, and of its wrong neighbour, on the first paths of the run."""
    if run.surprises is None:
        return None
    few = min(run.replicas, PILOT)
    own = run if few == run.replicas else again(claim=claim, replicas=few)
    other = again(claim=ATLAS["composition-variance"].wrong(claim), replicas=few)
    return own.surprises[0], other.surprises[0]  # type: ignore[index]


def _laws(observable: str, claim: Loop, asked: bool) -> list[Law]:
    """The strongest law of an observable; bounds and first-order laws too when the observable was asked for by name."""
    strongest = next((law for law in candidates(observable, claim.model) if law.applies(claim)), None)
    bounds = [law for law in ATLAS.values() if law.observable == observable and law.kind in ("upper", "lower")]
    found = [] if strongest is None or not (asked or strongest.kind == "exact") else [strongest]
    return found + [law for law in bounds if asked and not isinstance(law, Quantity) and law.applies(claim)]


def _testable(loop: Loop, generations: int, replicas: int) -> list[int]:
    """The last generation at which raw means can be tested, where that is before the end."""
    horizon = raw_horizon(loop, replicas)
    return [int(horizon)] if 1 <= horizon < generations else []


def _forecastable(loop: Loop, claim: Loop) -> Loop | None:
    """`claim` where it can forecast the generations of `loop`: the same kind of schedule with the same memory."""
    alike = jax.tree.structure(loop.schedule) == jax.tree.structure(claim.schedule)
    same = jax.tree.structure(loop.truth) == jax.tree.structure(claim.truth) and all(
        np.array_equal(*both) for both in zip(jax.tree.leaves(loop.truth), jax.tree.leaves(claim.truth), strict=True)
    )
    possible = loop.schedule.forecast and loop.forecasts and claim.forecasts and loop.truth.parametric
    return claim if alike and same and possible else None

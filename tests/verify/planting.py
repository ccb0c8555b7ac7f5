"""How a bug is planted: functions of the engine, of a schedule or of the model are replaced while it is in."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import math
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import equinox as eqx
import jax.numpy as jnp

import madtheory.engine as engine
import madtheory.models.gaussian as gaussian
from madtheory import Loop
from madtheory._replica import Job
from madtheory.models import Gaussian
from madtheory.verify import Verdict, verify

simulation = importlib.import_module("madtheory.simulate")  # the package exports the function of this name

Plant = Callable[[Callable[..., None]], None]
WRONG_AT = 7  # the generation of bugs that touch one generation only


@dataclasses.dataclass(frozen=True)
class Bug:
    """A bug and where to look for it.

    Attributes:
        name, says: what is wrong.
        plant: puts it in, given a function that patches.
        loop, generations, replicas, draw: the run that should find it.
        by: checks of which one must fail; empty for a bug that this run cannot see.
        lost: why nothing sees it.
    """

    name: str
    says: str
    plant: Plant
    loop: Loop
    generations: int = 20
    replicas: int = 10_000
    draw: str = "statistics"
    by: tuple[str, ...] = ()
    lost: str = ""


BUGS: dict[str, Bug] = {}


def bug(loop: Loop, *by: str, **budget: Any) -> Callable[[Plant], Plant]:
    """Put a function into the catalogue; its name and docstring say what is wrong."""

    def add(plant: Plant) -> Plant:
        says = " ".join((plant.__doc__ or "").split())
        BUGS[plant.__name__] = Bug(plant.__name__, says, plant, loop, by=by, **budget)
        return plant

    return add


@contextlib.contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """The bug is in; programs compiled without it are forgotten, and those with it afterwards."""
    with contextlib.ExitStack() as stack:

        def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
            stack.enter_context(patch.object(owner, name, make(getattr(owner, name))))

        bug.plant(replace)
        engine.forget()  # compiled programs hold the functions that they were made from
        stack.callback(engine.forget)
        yield


def run(bug: Bug, seed: int, level: float = 0.01) -> list[Verdict]:
    """The verdicts on the bug's loop, planted or not."""
    size = {"generations": bug.generations, "replicas": bug.replicas}
    return verify(bug.loop, **size, seed=seed, draw=bug.draw, level=level, devices=1)


def failed(verdicts: list[Verdict]) -> list[str]:
    """Names of the checks that failed."""
    return [f"{v.check} {v.observable}" for v in verdicts if v.status == "failed"]


# what several bugs share


def runs(change: Callable[[Loop], Loop]) -> Plant:
    """The engine runs another loop than the one that it was asked for."""
    return lambda replace: replace(simulation, "make_job", lambda make: lambda loop, *args: make(change(loop), *args))


def with_schedule(schedule: Any) -> Callable[[Loop], Loop]:
    """The same loop with another schedule."""
    return lambda loop: eqx.tree_at(lambda lo: lo.schedule, loop, schedule)


def streams(change: Callable[[Any], Any]) -> Plant:
    """Every draw reads the words of another stream."""

    def wrong(draw: Any) -> Any:
        def new(job: Any, t: Any, replica: Any) -> Any:
            own = draw(job, t, replica)
            return eqx.tree_at(lambda d: d.stream, own, change(own.stream))

        return new

    return lambda replace: replace(Job, "draw", wrong)


def batches(change: Callable[..., Any]) -> Plant:
    """Every batch drawn through its statistics is changed: `change(batch, model)`."""

    def wrong(draw: Any) -> Any:
        return lambda family, words, model, *args: change(draw(family, words, model, *args), model)

    return lambda replace: replace(Gaussian, "draw", wrong)


def scaled(factor: float) -> Callable[..., Any]:
    """A batch whose scatter is multiplied by `factor`."""
    return lambda batch, model: eqx.tree_at(lambda b: b.log_scale, batch, batch.log_scale + 0.5 * math.log(factor))


def moved(factor: float) -> Callable[..., Any]:
    """A batch whose mean is `factor` times as far from the model's."""
    return lambda batch, model: eqx.tree_at(lambda b: b.mean, batch, model.mean + factor * (batch.mean - model.mean))


def scores(change: Callable[[Any], Any]) -> Plant:
    """Every normal score is changed."""
    return lambda replace: replace(gaussian, "normal", lambda normal: lambda word, dtype: change(normal(word, dtype)))


def one_generation(factor: float) -> Plant:
    """One generation is drawn with λ `factor` times too large."""

    def wrong(draw: Any) -> Any:
        def new(job: Any, t: Any, replica: Any) -> Any:
            own = draw(job, t, replica)
            return eqx.tree_at(lambda d: d.bias, own, own.bias * jnp.where(t == WRONG_AT, factor, 1))

        return new

    return lambda replace: replace(Job, "draw", wrong)

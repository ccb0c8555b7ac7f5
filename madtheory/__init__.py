"""madtheory: the laboratory for the theory of self-consuming generative models.

    import madtheory as mad
    loop = mad.Loop.from_toml("loop.toml")
    mad.predict(loop, 20), mad.simulate(loop, generations=20), mad.verify(loop, generations=20)

Everything is imported when it is first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType
from typing import Any

NAMESPACES = ("models", "schedules", "samplers", "curation", "laws", "observables", "random", "figures")
NAMES = {
    "BadInput": "errors",
    "LawDoesNotApply": "errors",
    "Loop": "loop",
    "Truth": "truth",
    "predict": "predict",
    "Prediction": "predict",
    "Grid": "sweep",
    "simulate": "simulate",
    "Simulation": "simulate",
    "sweep": "sweep",
    "verify": "verify",
    "Verdict": "verify",
}
"""Public name → the module that holds it."""


def __getattr__(name: str) -> Any:
    if name in NAMESPACES:
        return importlib.import_module(f"madtheory.{name}")
    if name in NAMES:
        return getattr(importlib.import_module(f"madtheory.{NAMES[name]}"), name)
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'madtheory' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*NAMES, *NAMESPACES, "__version__"])


@functools.cache
def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("madtheory")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+source"


class _Package(ModuleType):
    """The package, in which `predict`, `simulate` and `verify` stay functions when the modules of that name are imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in NAMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

"""What is wrong with a command line, in the one line that every other complaint has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from madtheory.errors import BadInput, Words, did_you_mean


def one_line(error: Any) -> str:
    """`FIELD: expected …; got …` for an error of cyclopts."""
    return str(COMPLAINTS.get(type(error).__name__, _other)(error))


def _unknown_command(error: Any) -> BadInput:
    given, known = error.unused_tokens[0], [name for name in error.app if not name.startswith("-")]
    return BadInput("command", did_you_mean(given, known), given)


def _unknown_option(error: Any) -> BadInput:
    given = error.token.keyword or error.token.value
    known = [name for argument in error.argument_collection for name in argument.names if name.startswith("--")]
    return BadInput(given, did_you_mean(given, known), given)


def _wrong_type(error: Any) -> BadInput:
    return BadInput(error.token.keyword, f"a value of type {error.target_type.__name__}", error.token.value)


def _missing(error: Any) -> BadInput:
    return BadInput(error.keyword or error.argument.name, "a value", Words("nothing"))


def _repeated(error: Any) -> BadInput:
    return BadInput(error.token.keyword, "to be given once", Words("several"))


def _too_many(error: Any) -> BadInput:
    return BadInput("arguments", "no more of them", " ".join(error.unused_tokens))


def _other(error: Any) -> BadInput:
    return BadInput("arguments", "a command line that `madtheory --help` describes", Words(error))


COMPLAINTS: dict[str, Callable[[Any], BadInput]] = {
    "UnknownCommandError": _unknown_command,
    "UnknownOptionError": _unknown_option,
    "CoercionError": _wrong_type,
    "MissingArgumentError": _missing,
    "RepeatArgumentError": _repeated,
    "UnusedCliTokensError": _too_many,
}

"""What is wrong with a command line, in the one line that every other complaint has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from madtheory.errors import BadInput, Words, did_you_mean

if TYPE_CHECKING:
    from cyclopts import CycloptsError


def one_line(error: CycloptsError) -> str:
    """`FIELD: expected …; got …` for whatever cyclopts refused."""
    return str(_complaint(error))


def _complaint(error: CycloptsError) -> BadInput:
    import cyclopts

    match error:
        case cyclopts.UnknownCommandError():
            return BadInput("command", did_you_mean(error.unused_tokens[0], _commands(error)), error.unused_tokens[0])
        case cyclopts.UnknownOptionError():
            given = error.token.keyword or error.token.value
            flags = [name for argument in error.argument_collection for name in argument.names if name.startswith("--")]
            return BadInput(given, did_you_mean(given, flags), given)
        case cyclopts.CoercionError():
            return BadInput(error.token.keyword or "argument", f"a value of type {error.target_type.__name__}", error.token.value)
        case cyclopts.MissingArgumentError():
            return BadInput(error.keyword or error.argument.name, "a value", Words("nothing"))
        case cyclopts.RepeatArgumentError():
            return BadInput(error.token.keyword, "to be given once", Words("several"))
        case cyclopts.UnusedCliTokensError():
            return BadInput("arguments", "no more of them", " ".join(error.unused_tokens))
    return BadInput("arguments", "a command line that `madtheory --help` describes", Words(error))


def _commands(error: CycloptsError) -> list[str]:
    return [name for name in error.app if not name.startswith("-")]

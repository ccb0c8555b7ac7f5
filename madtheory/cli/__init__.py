"""The command line: `madtheory predict | simulate | verify | laws | experiments | run`, and for grids `sweep | status | merge |
export | report`.

Exit status: 0 all passed, 1 some verdict failed, 2 bad input (one line on stderr), 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from madtheory.cli._complaints import one_line
from madtheory.cli._interrupt import interrupts
from madtheory.errors import BadInput, LawDoesNotApply

BAD_INPUT, INTERRUPTED = 2, 130
TOO_LARGE = "memory: expected a run that fits into it; got one that does not (take fewer generations, dimensions or points)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal without λ gets a question mark, not a traceback
    with interrupts:
        try:
            status = _run(sys.argv[1:] if argv is None else list(argv))
        except KeyboardInterrupt:
            return INTERRUPTED
    return INTERRUPTED if interrupts.seen else status


def _run(argv: list[str]) -> int:
    from cyclopts import CycloptsError

    from madtheory.cli._commands import app

    _keep_compiled_programs()
    try:
        status = app(argv, exit_on_error=False, print_error=False)
        sys.stdout.flush()
        return status or 0
    except CycloptsError as error:
        return _refuse(one_line(error))
    except (BadInput, LawDoesNotApply) as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse(TOO_LARGE)
    except BrokenPipeError:  # the reader of a pipe has gone: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _keep_compiled_programs() -> None:
    """Let JAX keep what it compiles in the user's cache folder, unless the user has said where or it cannot be written."""
    folder = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "madtheory", "jax")
    with contextlib.suppress(OSError):
        os.makedirs(folder, exist_ok=True)
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", folder)
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def _refuse(line: str) -> int:
    print(line, file=sys.stderr)
    return BAD_INPUT

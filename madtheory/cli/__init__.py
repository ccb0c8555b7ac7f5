"""The command line: `madtheory predict | simulate | verify | laws | run | experiments`.

Exit status: 0 all passed, 1 some verdict failed, 2 bad input (one line on stderr), 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from madtheory.cli._complaints import one_line
from madtheory.errors import BadInput, LawDoesNotApply

BAD_INPUT = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    from cyclopts import CycloptsError

    from madtheory.cli._commands import app

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal without λ gets a question mark, not a traceback
    try:
        status = app(sys.argv[1:] if argv is None else list(argv), exit_on_error=False, print_error=False)
        sys.stdout.flush()
        return status or 0
    except CycloptsError as error:
        return _refuse(one_line(error))
    except (BadInput, LawDoesNotApply) as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse("memory: expected a run that fits; got one that does not (fewer generations, dimensions or points would)")
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe has gone: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _refuse(line: str) -> int:
    print(line, file=sys.stderr)
    return BAD_INPUT

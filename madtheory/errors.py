"""The two things that go wrong before a run: bad input, and a law outside its hypotheses."""

from __future__ import annotations

import contextlib
import difflib
import reprlib
from collections.abc import Iterable, Iterator

LONGEST, SOME = 280, 10  # characters of a list of names, and names that are listed of a longer one


class BadInput(ValueError):
    """A value that madtheory refuses, said in one line: field, expected, got.

    `where` is the file or object the field belongs to; it is filled in by whoever knows it.
    """

    def __init__(self, field: str, expected: str, got: object, where: str = "") -> None:
        self.field, self.expected, self.got, self.where = field, expected, got, where
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: {self.field}" if self.where else self.field
        return " ".join(f"{place}: expected {self.expected}; got {_short(self.got)}".split())

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return BadInput, (self.field, self.expected, self.got, self.where)  # so that another process can hand it on

    def inside(self, prefix: str) -> BadInput:
        """The same complaint about a field that lies within `prefix`."""
        return BadInput(f"{prefix}.{self.field}", self.expected, self.got, self.where)

    def located(self, where: str) -> BadInput:
        """The same complaint, naming the file `where` unless it names one already."""
        return BadInput(self.field, self.expected, self.got, self.where or where)


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """Complaints from within get `name` before their field, unless they are about another file."""
    try:
        yield
    except BadInput as error:
        raise error if error.where else error.inside(name) from None


class LawDoesNotApply(Exception):
    """A law was asked about a loop that breaks one of its hypotheses; `hypothesis` names it."""

    def __init__(self, law: str, hypothesis: str) -> None:
        self.law, self.hypothesis = law, hypothesis
        super().__init__(f"{law} does not apply: it needs {hypothesis}")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return LawDoesNotApply, (self.law, self.hypothesis)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`one of a, b, c`, with the nearest name at the end when there is one; of very many only the nearest ones."""
    names = sorted(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    listed = ", ".join(names)
    if len(listed) > LONGEST:
        some = sorted(difflib.get_close_matches(str(name), names, n=SOME, cutoff=0.0))
        listed = f"{', '.join(some)} and {len(names) - len(some)} others"
    return f"one of {listed}{hint}"


class Words(str):
    """Text for the place of a value that is shown without quotes: `got nothing`."""

    __repr__ = str.__str__


def _short(value: object, limit: int = 80) -> str:
    text = " ".join(_repr.repr(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


class _Repr(reprlib.Repr):
    """`repr` that never costs more than a line: long lists are cut before they are written out."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = 8
        self.maxstring = self.maxother = self.maxlong = 80

    def repr_int(self, x: int, level: int) -> str:
        """A whole number, which Python refuses to write out beyond some thousands of digits."""
        return super().repr_int(x, level) if x.bit_length() < 4096 else f"a whole number of {x.bit_length()} bits"


_repr = _Repr()

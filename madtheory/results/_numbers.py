"""Numbers for the text of a paper: every one a TeX macro, none typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from madtheory.errors import BadInput
from madtheory.results._tables import tex


def numbers_tex(numbers: Mapping[str, Any], digits: int = 4) -> str:
    """One `\\newcommand` per number, in the order given; names are letters only, as TeX wants them."""
    for name in numbers:
        if not (name.isascii() and name.isalpha()):
            raise BadInput("numbers", "names made of letters", name)
    return "".join(f"\\newcommand{{\\{name}}}{{{tex(value, digits)}}}\n" for name, value in numbers.items())

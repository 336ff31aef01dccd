"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple


class Finding(NamedTuple):
    """`place` is the way to it, `Resources.DeadQueue.Properties.DelaySeconds`; `fix` says what would be right."""

    place: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}; {self.fix}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that this one is most like, or all of them where it is like none."""
    names = list(known)
    lowered = {one.lower(): one for one in names}
    found = get_close_matches(name.lower(), lowered, n=1)
    return lowered[found[0]] if found else f"one of {', '.join(names) or 'none'}"

"""What a check found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from enum import Enum
from typing import NamedTuple


class Level(str, Enum):
    ERROR = "error"
    """The deployment would be refused, or would not do what the file says."""
    WARNING = "warning"
    """It would be deployed, and somebody should know of it first."""


class Finding(NamedTuple):
    """`place` is the way to it, `Resources.DeadQueue.Properties.DelaySeconds`; `fix` says what would be right."""

    place: str
    problem: str
    fix: str
    level: Level = Level.ERROR

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}; {self.fix}"


Findings = Iterator[Finding]


def error(place: str, problem: str, fix: str) -> Finding:
    return Finding(place, problem, fix)


def warning(place: str, problem: str, fix: str) -> Finding:
    return Finding(place, problem, fix, Level.WARNING)


def severe(is_severe: bool) -> Callable[[str, str, str], Finding]:
    """`error` or `warning`."""
    return error if is_severe else warning


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that this one is most like, or all of them where it is like none."""
    names = list(known)
    lowered = {one.lower(): one for one in names}
    found = get_close_matches(name.lower(), lowered, n=1)
    return lowered[found[0]] if found else f"one of {', '.join(names) or 'none'}"

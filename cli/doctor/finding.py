"""What a check found, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(str, Enum):
    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """It can't be known from here, and why."""
    SKIPPED = "skipped"
    """What it needs has failed."""


@dataclass(frozen=True)
class Finding:
    """`found` in one line; `fix` is the command that mends it, or whom to ask for what. Neither ever holds a secret."""

    state: State
    found: str
    fix: str = ""


def passed(found: str) -> Finding:
    return Finding(State.PASS, found)


def warned(found: str, fix: str) -> Finding:
    return Finding(State.WARN, found, fix)


def failed(found: str, fix: str) -> Finding:
    return Finding(State.FAIL, found, fix)


def unknown(why: str, fix: str = "") -> Finding:
    return Finding(State.UNKNOWN, why, fix)

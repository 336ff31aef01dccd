"""How a service says of an operation whether it has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    IMPLEMENTED = "implemented"
    PARTIAL = "partial"
    MISSING = "not"


@dataclass(frozen=True)
class Covered:
    """`operation` is its name in the API reference and `request` its form on the wire.

    `lacks` says in a phrase what a partial operation does not do; it is empty for one that does everything documented.
    """

    operation: str
    request: str
    lacks: str = ""
    here: bool = True

    @property
    def state(self) -> State:
        if not self.here:
            return State.MISSING
        return State.PARTIAL if self.lacks else State.IMPLEMENTED

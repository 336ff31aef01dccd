"""What was acknowledged, and what may have happened besides: the state of one thing, through kills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

State = TypeVar("State")


class Lost(AssertionError):
    """What was found is neither what was acknowledged nor what was under way."""


class Cell(Generic[State]):
    """One thing that a single client changes, one change at a time.

    After a change that was never answered it may be in the old state or in the new one, and in nothing between; `settle` says which.
    """

    def __init__(self, name: str, state: State) -> None:
        self.name = name
        self.state = state
        self._under_way: list[State] = []

    @contextmanager
    def becomes(self, state: State) -> Iterator[None]:
        """The block is a request that makes it so. One that raises may have done so or not."""
        self._under_way.append(state)
        yield
        self.state = state
        self._under_way.clear()

    def possible(self) -> list[State]:
        return [self.state, *self._under_way]

    def settle(self, found: State) -> None:
        """Raises Lost."""
        if found not in self.possible():
            raise Lost(f"{self.name}: found {_short(found)}, acknowledged {_short(self.state)}, under way {_short(self._under_way)}")
        self.state = found
        self._under_way.clear()


def _short(state: object) -> str:
    text = repr(state)
    return text if len(text) < 200 else f"{text[:100]}… {len(text)} characters"

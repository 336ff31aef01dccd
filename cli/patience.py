"""Waiting for a service that does not answer now, or is too busy; nothing is wrong with what it was asked then."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from cli.errors import CommandError

# Beyond the attempts that the clients make by themselves: about four minutes together.
PAUSES = (1.0, 4.0, 15.0, 60.0, 160.0)

_Argument = TypeVar("_Argument")
_Answer = TypeVar("_Answer")
_Item = TypeVar("_Item")


class Unavailable(Exception):
    """One of the services does not answer, or is too busy."""


def _tell_nobody(_reason: str) -> None:
    """Nobody looks."""


@dataclass
class Patience:
    """`tell` hears why somebody waits, and an empty text when that is over."""

    tell: Callable[[str], None] = _tell_nobody
    sleep: Callable[[float], None] = time.sleep

    def with_(self, call: Callable[[_Argument], _Answer], argument: _Argument) -> _Answer:
        """What `call` answers once it is not Unavailable. Raises CommandError when that takes too long."""
        broken = 0
        while True:
            try:
                return call(argument)
            except Unavailable as error:
                self.pause(broken, error)
                broken += 1

    def walk(self, items: Callable[[str], Iterable[_Item]], name: Callable[[_Item], str], after: str) -> Iterator[_Item]:
        """What `items` lists beyond `after`, taken up where it broke off. Raises CommandError when that takes too long."""
        broken = 0
        while True:
            try:
                for item in items(after):
                    after, broken = name(item), 0
                    yield item
                return
            except Unavailable as error:
                self.pause(broken, error)
                broken += 1

    def pause(self, broken: int, error: Unavailable) -> None:
        """The pause after so many failures in a row. Raises CommandError after the last."""
        if broken >= len(PAUSES):
            raise CommandError(str(error), "nothing is lost: the same command goes on there once it answers") from error
        self.tell(str(error))
        self.sleep(PAUSES[broken] * random.uniform(0.5, 1.0))
        self.tell("")

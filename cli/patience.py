"""Waiting for a service that does not answer now, or is too busy; nothing is wrong with what it was asked then."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from cli.errors import CommandError

# Beyond the attempts that the clients make by themselves.
PAUSES = (1.0, 4.0, 15.0)
# So many in a row that got no answer: then it is not they.
TROUBLES = 3

_Argument = TypeVar("_Argument")
_Answer = TypeVar("_Answer")
_Item = TypeVar("_Item")


class Unavailable(Exception):
    """One of the services does not answer, or is too busy."""


class GivenUp(Exception):
    """Nothing came of this one through all pauses; others were answered."""


def _tell_nobody(_reason: str) -> None:
    """Nobody looks."""


@dataclass
class Patience:
    """`tell` hears why somebody waits, and an empty text when that is over."""

    tell: Callable[[str], None] = _tell_nobody
    sleep: Callable[[float], None] = time.sleep
    troubles: int = 0

    def with_(self, call: Callable[[_Argument], _Answer], argument: _Argument) -> _Answer:
        """What `call` answers once it is not Unavailable.

        Raises GivenUp when that takes too long, and CommandError when it did for several in a row.
        """
        for pause in (*PAUSES, None):
            try:
                answer = call(argument)
                self.troubles = 0
                return answer
            except Unavailable as error:
                reason = str(error)
                self._wait(pause, reason)
        self.troubles += 1
        if self.troubles >= TROUBLES:
            raise _stopped(reason)
        raise GivenUp(reason)

    def walk(self, items: Callable[[str], Iterable[_Item]], name: Callable[[_Item], str], after: str) -> Iterator[_Item]:
        """What `items` lists beyond `after`, taken up where it broke off. Raises CommandError when that takes too long."""
        pauses = iter(PAUSES)
        while True:
            try:
                for item in items(after):
                    after, pauses = name(item), iter(PAUSES)
                    yield item
                return
            except Unavailable as error:
                pause = next(pauses, None)
                if pause is None:
                    raise _stopped(str(error)) from error
                self._wait(pause, str(error))

    def _wait(self, pause: float | None, reason: str) -> None:
        if pause is not None:
            self.tell(reason)
            self.sleep(pause * random.uniform(0.5, 1.0))
            self.tell("")


def _stopped(reason: str) -> CommandError:
    return CommandError(reason, "nothing is lost: the same command goes on there once it answers")

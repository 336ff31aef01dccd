"""Not faster than so many a second."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """`rate` is in steps a second. Time that was lost is not made up for: there are no bursts."""

    def __init__(self, rate: float, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._interval = 1 / rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = monotonic()

    def wait(self) -> None:
        """Until the next step may be taken."""
        now = self._monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._interval

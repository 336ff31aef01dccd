"""What an instance has around it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from math import inf
from random import Random
from typing import Any

from sightline import credentials
from sightline.clock import Clock, CloudClock
from sightline.credentials import Credentials
from sightline.http import Connections, Network

Sleep = Callable[[float], None]


class Invocation:
    """What the invocation that runs has brought, and whether its instance is of any use after it. An instance runs one at a time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._end = inf
        self.credentials: Credentials | None = None
        self.unfit = ""

    def begin(self, context: Any) -> None:
        """The context knows its function's timeout, and not what is left of it. Outside of Function Compute there is none."""
        timeout = getattr(getattr(context, "function", None), "timeout", None)
        self._end = self._monotonic() + float(timeout or inf)
        self.credentials = credentials.from_context(context)

    def seconds_left(self) -> float:
        """Until the platform ends the invocation: infinite where nothing ends it, negative where it should be over."""
        return self._end - self._monotonic()

    def end(self) -> None:
        """Ends the process where it can do no more, since a runtime replaces an instance only then. Raises SystemExit.

        Function Compute's runtime catches Exception only. The invocation fails with the process, and is retried in another one.
        """
        self._end, self.credentials = inf, None
        if self.unfit:
            logging.getLogger("sightline").error("this instance ends: %s", self.unfit)
            raise SystemExit(self.unfit)


class Host:
    """A network, time and chance, and the invocation that runs. The fault tests bring their own."""

    def __init__(
        self,
        network: Network | None = None,
        clock: Clock | None = None,
        sleep: Sleep = time.sleep,
        chance: Random | None = None,
        invocation: Invocation | None = None,
        request_seconds: float = 30,
    ) -> None:
        self.network = network or Connections()
        self.clock = clock or CloudClock()
        self.sleep = sleep
        self.chance = chance or Random()
        self.invocation = invocation or Invocation()
        self.request_seconds = request_seconds

    def patient(self, request_seconds: float) -> Host:
        """The same, with another patience."""
        return Host(self.network, self.clock, self.sleep, self.chance, self.invocation, request_seconds)

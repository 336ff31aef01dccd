"""What an instance has around it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any

import httpx

from sightline import credentials
from sightline.clock import Clock, CloudClock
from sightline.credentials import Credentials

Sleep = Callable[[float], None]


def new_client() -> httpx.Client:
    """Connections are kept over the invocations of a warm instance; proxies of the environment are not for cloud services.

    Answers are wanted as they are, as the official SDKs want them: nothing that unpacks to a multiple of what was sent.
    """
    # It logs every request at INFO, which is the level of Function Compute's root logger.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.Client(timeout=httpx.Timeout(30, connect=5), trust_env=False, headers={"Accept-Encoding": "identity"})


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


@dataclass(frozen=True)
class Host:
    """A network, time and chance, and the invocation that runs. The fault tests bring their own."""

    client: httpx.Client = field(default_factory=new_client)
    clock: Clock = field(default_factory=CloudClock)
    sleep: Sleep = time.sleep
    chance: Random = field(default_factory=Random)
    invocation: Invocation = field(default_factory=Invocation)
    request_seconds: float = 30

"""Sending a request so that a passing fault is not a failure."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

import httpx

from sightline.errors import ServiceUnreachable

ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.2

Sleep = Callable[[float], None]


def new_client() -> httpx.Client:
    """Connections are kept over the invocations of a warm instance; proxies of the environment are not for cloud services."""
    # It logs every request at INFO, which is the level of Function Compute's root logger.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.Client(timeout=httpx.Timeout(30, connect=5), trust_env=False)


def send(
    client: httpx.Client, build: Callable[[], httpx.Request], service: str, operation: str, *, again: bool, sleep: Sleep = time.sleep
) -> httpx.Response:
    """Send what `build` makes; where `again` is true, no answer, 429 and 5xx are tried up to three times with growing, random pauses.

    `again` must be false for a call that may not happen twice. Raises ServiceUnreachable where no answer came.
    """
    attempts = ATTEMPTS if again else 1
    for attempt in range(1, attempts + 1):
        try:
            response = client.send(build())
        except httpx.TransportError as error:
            if attempt == attempts:
                sent = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
                raise ServiceUnreachable(service, operation, type(error).__name__, sent=sent) from error
        else:
            if attempt == attempts or (response.status_code < 500 and response.status_code != 429):
                return response
        sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
    raise AssertionError("unreachable: the last attempt returns or raises")

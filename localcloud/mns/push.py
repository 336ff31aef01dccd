"""One push: a POST that ends within its time whatever the subscriber does, sent to no address that nobody may subscribe."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import httpcore
import httpx

from localcloud.mns.endpoint import PUSH_REACH
from localcloud.network import Reach

PUSH_TIMEOUT_SECONDS = 5.0
"""From the first byte sent to the last header received ("HTTP endpoint": a push is answered within 5 seconds)."""


def post(url: str, headers: Mapping[str, str], body: bytes, seconds: float = PUSH_TIMEOUT_SECONDS, reach: Reach = PUSH_REACH) -> int:
    """The status of the answer, whose body is not read and whose redirect is not followed.

    Raises httpcore's NetworkError, TimeoutException or ProtocolError, OSError where the host is unknown, and Forbidden.
    """
    target = httpx.URL(url)
    sent = [(b"Host", target.netloc), *((name.encode(), value.encode()) for name, value in headers.items())]
    # No proxy that the environment names: it could not reach this machine's own endpoints.
    with httpcore.ConnectionPool(network_backend=_Backend(time.monotonic() + seconds, reach)) as pool:
        length = (b"Content-Length", str(len(body)).encode())
        with pool.stream("POST", httpcore.URL(str(target)), headers=[*sent, length], content=body) as response:
            return response.status


class _Backend(httpcore.SyncBackend):
    """Resolves a name once, asks `reach`, and connects to that very address."""

    def __init__(self, deadline: float, reach: Reach) -> None:
        self._deadline = deadline
        self._reach = reach

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the port's signature; the pool gives neither
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        *others, last = self._reach.addresses(host, port)
        for address in others:
            # localhost is ::1 and 127.0.0.1, and a subscriber may listen on one of them alone.
            with suppress(httpcore.ConnectError):
                return self._connected(address, port, timeout)
        return self._connected(last, port, timeout)

    def _connected(self, address: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(address, port, _within(self._deadline, timeout)), self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection on which every wait is for what is left of the whole time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _within(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _within(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _within(self._deadline, timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _within(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the subscriber took too long")
    return left if timeout is None else min(left, timeout)

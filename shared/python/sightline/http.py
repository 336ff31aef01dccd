"""HTTP/1.1 over the standard library's client: connections that are kept, and silence that ends.

A client library would cost more CPU at every cold start than everything else before the first answer, and what is needed of one is little
(bench/RESULTS.md, cold start). Proxies of the environment are not for cloud services, and answers are wanted as they are: nothing that
unpacks to a multiple of what was sent.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from sightline.value import Value

if TYPE_CHECKING:
    from ssl import SSLContext

# An idle connection that is older is not trusted: whatever stands between forgets it without a word. By the machine's clock, since no
# document says whether another counts while Function Compute has the instance frozen.
IDLE_SECONDS = 5.0
MOST_IDLE = 16
_CHUNK_BYTES = 64 * 1024


class Request(Value):
    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""


class NoAnswer(Exception):
    """What went wrong, in a word. Unless it was not `sent`, the request may have taken effect."""

    def __init__(self, cause: str, *, sent: bool = True) -> None:
        super().__init__(cause)
        self.sent = sent


class Response(Protocol):
    """The head of an answer; header names are in lower case."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes. Raises NoAnswer where it ends too early, or where nothing comes any more."""
        ...

    def close(self) -> None: ...


class Network(Protocol):
    def send(self, request: Request, connect_seconds: float, silence_seconds: float) -> Response:
        """`silence_seconds` is how long nothing may come or go. Raises NoAnswer."""
        ...


class Connections:
    """A `Network`. Threads may send side by side; a connection serves one of them at a time."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str], list[tuple[float, HTTPConnection]]] = {}
        self._context: SSLContext | None = None
        self._lock = threading.Lock()

    def send(self, request: Request, connect_seconds: float, silence_seconds: float) -> Response:
        parts = urlsplit(request.url)
        origin = (parts.scheme, parts.netloc)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection = self._kept(origin) or self._connect(origin, connect_seconds)
        try:
            connection.sock.settimeout(silence_seconds)
            with suppress(ConnectionError):  # who hangs up on a request may have said why
                connection.request(request.method, target, request.content or None, dict(request.headers))
            response = connection.getresponse()
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            raise NoAnswer(_named(error)) from error
        received = _Received(self, origin, connection, response)
        if _is_final(response):
            return received
        received.close()
        raise NoAnswer("its head is cut off, or not that of the final answer")

    def _connect(self, origin: tuple[str, str], seconds: float) -> HTTPConnection:
        scheme, netloc = origin
        try:
            context = self._trust() if scheme == "https" else None
            connection = HTTPConnection(netloc) if context is None else HTTPSConnection(netloc, context=context)
            # As bytes, since a text goes through the codec for international names, whose tables take longer to load than the answer.
            name = connection.host.encode("ascii")
            plain = socket.create_connection((name, connection.port), seconds)  # type: ignore[arg-type]
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sock = plain if context is None else context.wrap_socket(plain, server_hostname=name)
        except (OSError, HTTPException, ValueError) as error:
            raise NoAnswer(_named(error), sent=False) from error
        return connection

    def _trust(self) -> SSLContext:
        if self._context is None:
            self._context = _trusted()
        return self._context

    def _kept(self, origin: tuple[str, str]) -> HTTPConnection | None:
        """One that is young, and that nothing has come on since its last answer: the other side would have ended it."""
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                if not idle:
                    return None
                since, connection = idle.pop()
            if 0 <= time.time() - since < IDLE_SECONDS and not _is_readable(connection):
                return connection
            connection.close()

    def keep(self, origin: tuple[str, str], connection: HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(origin, [])
            if len(idle) < MOST_IDLE:
                idle.append((time.time(), connection))
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            kept = [connection for idle in self._idle.values() for _, connection in idle]
            self._idle.clear()
        for connection in kept:
            connection.close()


class _Received:
    """Its connection is kept once the whole body was read, and closed otherwise."""

    def __init__(self, connections: Connections, origin: tuple[str, str], connection: HTTPConnection, response: HTTPResponse) -> None:
        self._connections = connections
        self._origin = origin
        self._connection = connection
        self._response = response
        self._is_whole = False
        self.status = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.getheaders()}

    def chunks(self) -> Iterator[bytes]:
        left = self._response.length  # None where the body says itself where it ends
        try:
            while left != 0:
                # Counted here, since read1 of Python 3.10 does not.
                chunk = self._response.read1(_CHUNK_BYTES if left is None else min(left, _CHUNK_BYTES))
                if not chunk:
                    break
                left = None if left is None else left - len(chunk)
                yield chunk
        except (OSError, HTTPException) as error:
            raise NoAnswer(_named(error)) from error
        if left:
            raise NoAnswer("the answer was cut off")
        self._is_whole = True

    def close(self) -> None:
        can_be_kept = self._is_whole and not self._response.will_close
        self._response.close()
        if can_be_kept:
            self._connections.keep(self._origin, self._connection)
        else:
            self._connection.close()


def _is_final(response: HTTPResponse) -> bool:
    """Whether it says where it ends: http.client takes a head that is cut off for a whole one, and a hint (103) for the answer."""
    return response.status >= 200 and (response.length is not None or response.chunked)


def _is_readable(connection: HTTPConnection) -> bool:
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def _named(error: Exception) -> str:
    return "timed out" if isinstance(error, TimeoutError) else type(error).__name__


def _is_hashed(folder: str) -> bool:
    with suppress(OSError), os.scandir(folder) as entries:
        return any(entry.name.endswith(".0") for entry in entries)
    return False


def _trusted() -> SSLContext:
    """Whom to believe: SSL_CERT_FILE where it is set, else the system's store, else certifi's.

    A store that is a folder named by hashes, as Debian has it, is looked into when a certificate comes; to read all that are in a file
    costs more CPU than the rest of a cold start's first request.
    """
    import ssl

    chosen = os.environ.get("SSL_CERT_FILE")
    folder = ssl.get_default_verify_paths().capath
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if chosen:
        context.load_verify_locations(cafile=chosen)
    elif folder and _is_hashed(folder):
        context.load_verify_locations(capath=folder)
    else:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    return context

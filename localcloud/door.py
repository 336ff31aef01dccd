"""The one door of the laptop cloud: a single port that turns HTTP into calls of the services behind it, and their replies into HTTP."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import tempfile
import threading
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import uvicorn

from localcloud.http import Body, FileSlice, Headers, Later, Reply, Request, Service, SetsTerms, Terms

log = logging.getLogger("localcloud.door")

WORKERS = 64
"""Requests served at the same time; those that wait for something to happen (`Later`) not counted."""
IN_MEMORY = 1024 * 1024
"""Bytes of a request body kept in memory; a longer one goes to a file."""
CHUNK = 256 * 1024
KEEP_ALIVE_SECONDS = 75
_GZIP = 31
"""zlib's window bits for a gzip header."""
GRACE_SECONDS = 2
"""How long `stop` waits for requests that are under way."""
BODY_PREFIX = "body-"
_ABSOLUTE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?]*)(.*)")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class DoorError(Exception):
    """The door can't open: the address is taken or not ours."""


class ClientGone(Exception):
    """The client hung up before its request was whole, so nothing of it may count."""


class Door:
    """An HTTP/1.1 server in a background thread of this process.

    Requests are offered to the services in their order; the first that claims one serves it, in a worker thread.
    Bodies longer than `IN_MEMORY` bytes lie under `scratch` until their request is answered.
    """

    def __init__(self, services: Sequence[Service], host: str = "127.0.0.1", port: int = 0, *, scratch: Path) -> None:
        self._services = tuple(services)
        self._host = host
        self._wanted_port = port
        self._scratch = scratch
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="door")
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.port = port

    def start(self) -> None:
        """Return once connections are accepted. Raises DoorError."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        for leftover in self._scratch.glob(f"{BODY_PREFIX}*"):
            leftover.unlink()
        listener = self._listen()
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._application,
            interface="asgi3",  # uvicorn does not see that a bound method is one
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="door", daemon=True)
        self._thread.start()
        self._server.listening.wait()

    def stop(self) -> None:
        """Accept nothing more, give requests under way a moment, and end."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _listen(self) -> socket.socket:
        # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it each reply waits for a delayed ACK, 40 ms.
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self._wanted_port))
            listener.listen()
        except OSError as error:
            listener.close()
            raise DoorError(
                f"port {self._wanted_port} of {self._host} can't be opened ({error.strerror}); choose another port or stop what uses it"
            ) from error
        return listener

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = Body()
        try:
            terms = self._terms(_request(scope, body))
            body = await self._read(receive, terms) if terms.takes_body else body
            request = _request(scope, body)
            reply, file = await self._answer(request, receive)
            if not terms.takes_body and _has_body(request):
                # What follows on this connection could be the body that nobody read, or the next request.
                reply = replace(reply, headers={**reply.headers, "Connection": "close"})
            await _send(request.method, reply, file, receive, send)
        except ClientGone:
            log.info("a client hung up in the middle of a request")
        finally:
            if body.path:
                body.path.unlink(missing_ok=True)

    def _terms(self, request: Request) -> Terms:
        service = next((one for one in self._services if one.claims(request)), None)
        return service.terms(request) if isinstance(service, SetsTerms) else Terms()

    async def _read(self, receive: Receive, terms: Terms) -> Body:
        pending = bytearray()
        spill: BinaryIO | None = None
        loop = asyncio.get_running_loop()
        try:
            pace = Pace(terms.bytes_per_second)
            async for piece in _pieces(receive):
                await pace.after(len(piece))
                pending += piece
                if len(pending) > IN_MEMORY:
                    spill = spill or self._spill()
                    await loop.run_in_executor(None, spill.write, bytes(pending))
                    pending.clear()
            if spill is None:
                return Body(bytes(pending))
            spill.write(pending)
            spill.close()
            return Body(path=Path(spill.name))
        except BaseException:
            if spill:
                spill.close()
                Path(spill.name).unlink()
            raise

    def _spill(self) -> BinaryIO:
        return tempfile.NamedTemporaryFile(dir=self._scratch, prefix=BODY_PREFIX, delete=False)  # type: ignore[return-value]

    async def _answer(self, request: Request, receive: Receive) -> tuple[Reply, BinaryIO | None]:
        answer: Callable[[], Reply | Later] = partial(self._serve, request)
        while True:
            reply, file = await asyncio.get_running_loop().run_in_executor(self._workers, _guarded, request, answer)
            if isinstance(reply, Reply):
                return reply, file
            await _ready(reply.ready, receive)
            answer = reply.reply

    def _serve(self, request: Request) -> Reply | Later:
        for service in self._services:
            if service.claims(request):
                return service.serve(request)
        return Reply(404, {"Content-Type": "text/plain; charset=utf-8"}, b"No service of the laptop cloud takes this request.\n")


class _Server(uvicorn.Server):
    """Tells when it listens. In a thread other than the main one uvicorn installs no signal handlers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def _guarded(request: Request, answer: Callable[[], Reply | Later]) -> tuple[Reply | Later, BinaryIO | None]:
    """The reply, and its file already open, so that a replaced object is still sent whole."""
    try:
        reply = answer()
        return reply, reply.body.path.open("rb") if isinstance(reply, Reply) and isinstance(reply.body, FileSlice) else None
    except Exception:  # The boundary of a request: a fault in one must not end the server.
        log.exception("%s %s failed", request.method, request.raw_path)
        return Reply(500, {"Content-Type": "text/plain; charset=utf-8"}, b"The laptop cloud failed; its log says why.\n"), None


async def _ready(ready: Future[Any], receive: Receive) -> None:
    """Return once `ready` is done, well or badly; raise ClientGone, and cancel it, if the client hangs up before."""
    waiting, gone = asyncio.wrap_future(ready), asyncio.ensure_future(_hang_up(receive))
    try:
        await asyncio.wait([waiting, gone], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ClientGone
        if not waiting.cancelled():
            waiting.exception()  # seen; whoever makes the reply tells it
    finally:
        waiting.cancel()
        gone.cancel()


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _request(scope: Scope, body: Body) -> Request:
    target = scope["raw_path"].decode("ascii")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("ascii")
    # Header bytes beyond ASCII pass through unchanged as Latin-1 (RFC 9110, 5.5), and back out the same way.
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    if not target.startswith(("/", "*")):
        target, pairs = _from_absolute_form(target, pairs)
    return Request(scope["method"], target, Headers(pairs), body, scope["client"][0] if scope["client"] else "")


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _from_absolute_form(target: str, pairs: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """What a proxy's client sends, `GET http://host/path`: its host replaces the Host header (RFC 9112, 3.2.2)."""
    form = _ABSOLUTE_FORM.match(target)
    if form is None:
        return f"/{target}", pairs
    host, origin = form.groups()
    if not origin.startswith("/"):
        origin = "/" + origin
    return origin, [(name, value) for name, value in pairs if name.lower() != "host"] + [("host", host)]


async def _send(method: str, reply: Reply, file: BinaryIO | None, receive: Receive, send: Send) -> None:
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": list(_header_lines(method, reply))})
        if file is not None and isinstance(reply.body, FileSlice) and method != "HEAD":
            await _stream(file, reply.body, receive, send)
        content = reply.body if isinstance(reply.body, bytes) and method != "HEAD" else b""
        await send({"type": "http.response.body", "body": content})
    finally:
        if file is not None:
            file.close()


def _header_lines(method: str, reply: Reply) -> Iterator[tuple[bytes, bytes]]:
    headers: Mapping[str, str] = reply.headers
    named = {name.lower() for name in headers}
    for name, value in headers.items():
        # A service that answers HEAD may name the length of the entity itself; otherwise the length is what is sent.
        if name.lower() != "content-length" or method == "HEAD":
            yield name.encode("latin-1"), _header_value(value)
    length_is_given = method == "HEAD" and "content-length" in named
    gzipped = isinstance(reply.body, FileSlice) and reply.body.gzipped
    if reply.status not in (204, 304) and not length_is_given and not gzipped:
        length = reply.body.length if isinstance(reply.body, FileSlice) else len(reply.body)
        yield b"Content-Length", str(length).encode()


def _header_value(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


async def _stream(file: BinaryIO, piece: FileSlice, receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()
    gone = asyncio.ensure_future(_hang_up(receive))
    pace, packing = Pace(piece.bytes_per_second), zlib.compressobj(wbits=_GZIP) if piece.gzipped else None
    try:
        file.seek(piece.start)
        left = piece.length
        while left and not gone.done():
            data = await loop.run_in_executor(None, file.read, min(CHUNK, left, piece.bytes_per_second or CHUNK))
            if not data:
                raise EOFError(f"{piece.path.name} is {left} bytes shorter than its reply says")
            left -= len(data)
            await pace.after(len(data))
            if packing:
                data = await loop.run_in_executor(None, packing.compress, data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        if packing:
            await send({"type": "http.response.body", "body": packing.flush(), "more_body": True})
    finally:
        gone.cancel()


class Pace:
    """Keeps a transfer from being faster than so many bytes a second; without a number it never waits."""

    def __init__(self, bytes_per_second: int | None) -> None:
        self._bytes_per_second = bytes_per_second
        self._due = time.monotonic()

    async def after(self, count: int) -> None:
        """Wait until `count` more bytes may have passed."""
        if self._bytes_per_second:
            self._due += count / self._bytes_per_second
            await asyncio.sleep(self._due - time.monotonic())


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""The one door of the laptop cloud: a single port that turns HTTP into calls of the services behind it, and their replies into HTTP."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import uvicorn

from localcloud.door.connection import Connection, Patience
from localcloud.door.intake import ClientGone, Intake, Message, Receive, TooLarge, TooSlow
from localcloud.door.sending import Send, hang_up, send_reply
from localcloud.http import Body, FileSlice, Headers, Later, Refuses, Reply, Request, Service, SetsTerms, Terms, Trouble

log = logging.getLogger("localcloud.door")

WORKERS = 64
"""Requests served at the same time; those that wait for something to happen (`Later`) not counted."""
LONGEST_HEAD = 32 * 1024
"""Bytes of a request's target and headers. Up to `UNREADABLE_HEAD` the service refuses them in its own words, beyond it the door does."""
UNREADABLE_HEAD = 256 * 1024
REFUSED_BYTES, REFUSED_SECONDS = 64 * 1024 * 1024, 2.0
"""How much more of a refused request is taken, so that its client stops sending and reads the refusal."""
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 2
"""How long `stop` waits for requests that are under way."""
_ABSOLUTE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?]*)(.*)")

Scope = Message


class DoorError(Exception):
    """The door can't open: the address is taken or not ours."""


class Door:
    """An HTTP/1.1 server in a background thread of this process.

    Requests are offered to the services in their order; the first that claims one serves it, in a worker thread.
    Large bodies lie under `scratch` until their request is answered.
    """

    def __init__(
        self, services: Sequence[Service], host: str = "127.0.0.1", port: int = 0, *, scratch: Path, patience: Patience | None = None
    ) -> None:
        self._services = tuple(services)
        self._host = host
        self._wanted_port = port
        self._patience = patience or Patience()
        self._intake = Intake(scratch, self._patience.pause_seconds)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="door")
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.port = port

    def start(self) -> None:
        """Return once connections are accepted. Raises DoorError."""
        self._intake.open()
        listener = self._listen()
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._application,
            interface="asgi3",  # uvicorn does not see that a bound method is one
            http=partial(Connection, patience=self._patience),  # type: ignore[arg-type]  # uvicorn only calls it
            h11_max_incomplete_event_size=UNREADABLE_HEAD,
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
        request = _request(scope)
        service = next((one for one in self._services if one.claims(request)), _Nobody())
        terms = service.terms(request) if isinstance(service, SetsTerms) else Terms()
        body = Body()
        try:
            body = await self._read(request, terms, receive)
            reply, file = await self._answer(replace(request, body=body), service, receive)
            unread = not terms.takes_body and _has_body(request)
            await self._send(request, _closing(reply) if unread else reply, file, receive, send, unread)
        except _Refused as refusal:
            trouble = refusal.trouble
            reply = service.refuse(request, trouble) if isinstance(service, Refuses) else _plain(trouble.status, trouble.value)
            await self._send(request, _closing(reply), None, receive, send, unread=trouble is not Trouble.BODY_TOO_SLOW)
        except ClientGone:
            log.info("a client hung up in the middle of a request")
        finally:
            if body.path:
                body.path.unlink(missing_ok=True)

    async def _read(self, request: Request, terms: Terms, receive: Receive) -> Body:
        """Raises _Refused and ClientGone."""
        if trouble := self._trouble(request, terms):
            raise _Refused(trouble)
        if not terms.takes_body:
            return Body()
        try:
            return await self._intake.read(receive, terms)
        except TooLarge as error:
            raise _Refused(Trouble.BODY_TOO_LARGE) from error
        except TooSlow as error:
            raise _Refused(Trouble.BODY_TOO_SLOW) from error

    def _trouble(self, request: Request, terms: Terms) -> Trouble | None:
        """What is wrong with a request before its body is read."""
        headers = request.headers
        if "content-length" in headers and "transfer-encoding" in headers:
            return Trouble.TWO_LENGTHS
        if len(request.target) + sum(len(name) + len(value) for name, value in headers.items()) > LONGEST_HEAD:
            return Trouble.HEAD_TOO_LARGE
        if self._server and len(self._server.server_state.connections) > self._patience.connections:
            return Trouble.TOO_MANY_CONNECTIONS
        # h11 has seen to it that this is a number.
        return Trouble.BODY_TOO_LARGE if int(headers.get("content-length", 0)) > terms.longest else None

    async def _send(self, request: Request, reply: Reply, file: BinaryIO | None, receive: Receive, send: Send, unread: bool) -> None:
        """`unread` tells that the client may be sending still: it is let, for a moment, so that it comes to read the reply."""
        drain = partial(self._intake.drain, receive, REFUSED_BYTES, REFUSED_SECONDS) if unread else None
        await send_reply(request.method, reply, file, receive, send, before_end=drain)

    async def _answer(self, request: Request, service: Service, receive: Receive) -> tuple[Reply, BinaryIO | None]:
        answer: Callable[[], Reply | Later] = partial(service.serve, request)
        while True:
            reply, file = await asyncio.get_running_loop().run_in_executor(self._workers, _guarded, request, answer)
            if isinstance(reply, Reply):
                return reply, file
            await _ready(reply.ready, receive)
            answer = reply.reply


class _Refused(Exception):
    """The request can't be handed over."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class _Nobody:
    """Answers what no service claims."""

    def claims(self, request: Request) -> bool:  # noqa: ARG002 - the port's signature
        return True

    def serve(self, request: Request) -> Reply:  # noqa: ARG002
        return _plain(404, "No service of the laptop cloud takes this request.")


def _closing(reply: Reply) -> Reply:
    # What follows on the connection could be a body that nobody read, or the next request.
    return replace(reply, headers={**reply.headers, "Connection": "close"})


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _plain(status: int, text: str) -> Reply:
    return Reply(status, {"Content-Type": "text/plain; charset=utf-8"}, f"{text}\n".encode())


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
        return _plain(500, "The laptop cloud failed; its log says why."), None


async def _ready(ready: Future[Any], receive: Receive) -> None:
    """Return once `ready` is done, well or badly; raise ClientGone, and cancel it, if the client hangs up before."""
    waiting, gone = asyncio.wrap_future(ready), asyncio.ensure_future(hang_up(receive))
    try:
        await asyncio.wait([waiting, gone], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ClientGone
        if not waiting.cancelled():
            waiting.exception()  # seen; whoever makes the reply tells it
    finally:
        waiting.cancel()
        gone.cancel()


def _request(scope: Scope) -> Request:
    """The request without its body."""
    target = scope["raw_path"].decode("ascii")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("ascii")
    # Header bytes beyond ASCII pass through unchanged as Latin-1 (RFC 9110, 5.5), and back out the same way.
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    if not target.startswith(("/", "*")):
        target, pairs = _from_absolute_form(target, pairs)
    return Request(scope["method"], target, Headers(pairs), client=scope["client"][0] if scope["client"] else "")


def _from_absolute_form(target: str, pairs: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """What a proxy's client sends, `GET http://host/path`: its host replaces the Host header (RFC 9112, 3.2.2)."""
    form = _ABSOLUTE_FORM.match(target)
    if form is None:
        return f"/{target}", pairs
    host, origin = form.groups()
    if not origin.startswith("/"):
        origin = "/" + origin
    return origin, [(name, value) for name, value in pairs if name.lower() != "host"] + [("host", host)]

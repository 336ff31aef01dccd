"""A service on a port of this machine whose answers a test makes up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """`target` is path and query as they came."""

    method: str
    target: str
    headers: Message

    @property
    def action(self) -> str:
        """Of a call of the OpenAPI gateway."""
        return self.headers.get("x-acs-action", "")


@dataclass(frozen=True)
class Told:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@contextmanager
def answering(answer: Callable[[Asked], Told]) -> Iterator[str]:
    """Its endpoint, such as `http://127.0.0.1:40961`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            told = answer(Asked(self.command, self.path, self.headers))
            self.rfile.read(int(self.headers.get("content-length", "0")))
            self.send_response(told.status)
            for name, value in (*told.headers, ("Content-Length", str(len(told.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST = _serve

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

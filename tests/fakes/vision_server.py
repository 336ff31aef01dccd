"""A server on this machine that speaks the chat/completions protocol, with the refusals that the vendors document."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = {
    "title": "A red box on a table",
    "brief": "A red box stands on a table.",
    "caption": "A red box stands on a grey table; a label reads “FRAGILE”.",
    "events": ["a box appears"],
    "objects": ["box", "table"],
    "actions": [],
    "human": False,
    "vehicle": False,
    "pet": True,
    "package": True,
    "moments": [{"start": 0.5, "end": 1.5, "text": "a box appears"}],
}


@dataclass(frozen=True)
class Answered:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


Behaviour = Callable[[dict[str, Any]], Answered]
"""From the request's JSON to the answer."""


def says(text: str | None) -> Answered:
    """A completion, as OpenAI's API reference shows it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Answered(200, json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice]}).encode())


def refuses(status: int, message: str, headers: dict[str, str] | None = None) -> Answered:
    return Answered(status, json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode(), headers or {})


def in_turn(*answers: Answered) -> Behaviour:
    """The answers one after the other; the last one again and again."""
    left = list(answers)
    return lambda _request: left.pop(0) if len(left) > 1 else left[0]


class VisionServer:
    """`requests` are the bodies that came, `authorizations` their keys. A behaviour that waits for `release` makes a server that hangs."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = in_turn(says(json.dumps(GOOD)))
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.paths: list[str] = []
        self.release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def formats(self) -> list[str | None]:
        return [request["response_format"]["type"] if "response_format" in request else None for request in self.requests]

    def stop(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.paths.append(self.path)
                server.authorizations.append(self.headers["Authorization"])
                server.requests.append(request)
                answer = server.behaviour(request)
                # A client that has given up is no fault of the server's.
                with suppress(ConnectionError):
                    self.send_response(answer.status)
                    for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        return Handler

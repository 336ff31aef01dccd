"""An S3 that moto plays, and a way there on which things happen: to the process that reads, or to the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import boto3
import httpx
from moto.server import ThreadedMotoServer

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "the-secret-of-testing", "AWS_REGION": "us-east-1"}
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-encoding", "server", "date"}

Happening = Callable[[int, str], "tuple[int, str] | None"]
"""Hears the number of each request, from 1, and its line: `GET /bucket/key`. What it returns, a status and a code
or a page, is sent instead of the answer."""


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def client_of(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=KEYS["AWS_REGION"],
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )


@contextmanager
def way_to(endpoint: str, happening: Happening) -> Iterator[str]:
    """The address of a way to `endpoint`."""
    lock, count = Lock(), iter(range(1, 10**9))

    class Way(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                instead = happening(next(count), f"{self.command} {self.path}")
            if instead is not None:
                status, code = instead
                error = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>told so</Message></Error>"
                body = (code if code.startswith("<") else error).encode()
                self._answer(status, {"Content-Type": "application/xml"}, body, len(body))
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            with httpx.stream(self.command, endpoint + self.path, headers=headers, timeout=30, trust_env=False) as answer:
                body = b"".join(answer.iter_raw())
                own = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP | {"content-length"}}
                self._answer(answer.status_code, own, body, int(answer.headers.get("content-length", len(body))))

        do_HEAD = do_GET

        def _answer(self, status: int, headers: dict[str, str], body: bytes, length: int) -> None:
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(length)}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Tests are quiet."""

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked was killed
                super().handle()

    with ThreadingHTTPServer(("127.0.0.1", 0), Way) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
